// POLICY_FILE: rules as data, with conditions in CEL, checked when the file is loaded. Rules only ever make things stricter.
import { Environment } from '@marcbachmann/cel-js'
import { LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { messageOf, SettingsError } from '../core/errors.ts'
import { type PersonRule, parsePersonRule } from '../core/people.ts'
import { Level } from '../core/plan.ts'

const Name = z.string().min(1).max(120)
/** `*` stands for any characters */
const Patterns = z.array(z.string().min(1).max(300)).min(1).max(200)
const base = {
  name: Name,
  /** CEL; absent: always. A condition that fails while it is evaluated counts as true. */
  when: z.string().min(1).max(2000).optional(),
}
const People = z.array(z.string()).min(1).max(100)

const RuleText = z.discriminatedUnion('rule', [
  z.strictObject({ ...base, rule: z.literal('deny') }),
  z.strictObject({ ...base, rule: z.literal('require-approval') }),
  z.strictObject({ ...base, rule: z.literal('max-replicas'), max: z.int().min(0) }),
  z.strictObject({ ...base, rule: z.literal('allowed-namespaces'), namespaces: Patterns }),
  z.strictObject({ ...base, rule: z.literal('blocked-images'), images: Patterns }),
  z.strictObject({ ...base, rule: z.literal('dry-run-only') }),
  z.strictObject({
    ...base,
    rule: z.literal('extra-approvers'),
    approvers: People,
    needed: z.int().min(1).max(10).default(1),
  }),
])
type RuleText = z.infer<typeof RuleText>

const PolicyText = z.strictObject({
  rules: z.array(RuleText).max(500).default([]),
  /** namespace → its own level */
  levels: z.record(z.string(), Level).default({}),
  budgets: z
    .strictObject({
      perPerson: z.int().min(0).optional(),
      perThread: z.int().min(0).optional(),
      perHour: z.int().min(0).optional(),
    })
    .default({}),
  /** read by incidents/ */
  routing: z.unknown().optional(),
})

export type Rule = RuleText & {
  holds(facts: RuleFacts): boolean
  people: PersonRule[]
}

export interface Policy {
  rules: Rule[]
  levels: ReadonlyMap<string, Level>
  budgets: { perPerson?: number | undefined; perThread?: number | undefined; perHour?: number | undefined }
  routing: unknown
}

export const NO_POLICY: Policy = { rules: [], levels: new Map(), budgets: {}, routing: undefined }

/** What a condition may speak of: one step, and the plan it belongs to. */
export interface RuleFacts {
  step: {
    /** create, change, delete, evict, other */
    does: string
    method: string
    kind: string
    namespace: string
    name: string
    labels: Record<string, string>
    /** dotted paths of the fields that get another value */
    fields: string[]
    images: string[]
    /** the count that is set, or -1 */
    replicas: number
    tier: number
  }
  plan: { cluster: string; tier: number; steps: number; author: string }
  /** as personKey spells it */
  asker: string
  now: Date
}

// declared, so that a misspelled field is found when the file is loaded and not when a plan is judged
function createEnvironment(): Environment {
  return new Environment({ limits: { maxAstNodes: 2000, maxDepth: 60 } })
    .registerVariable({
      name: 'step',
      schema: {
        does: 'string',
        method: 'string',
        kind: 'string',
        namespace: 'string',
        name: 'string',
        labels: 'map<string, string>',
        fields: 'list<string>',
        images: 'list<string>',
        replicas: 'int',
        tier: 'int',
      },
    })
    .registerVariable({ name: 'plan', schema: { cluster: 'string', tier: 'int', steps: 'int', author: 'string' } })
    .registerVariable('asker', 'string')
    .registerVariable('now', 'google.protobuf.Timestamp')
}

/** Throws a SettingsError of one sentence per mistake, each with file and line. */
export function parsePolicy(text: string, file: string): Policy {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, version: '1.2' })
  const lineAt = (path: readonly PropertyKey[]): number => {
    for (let length = path.length; length >= 0; length--) {
      const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
      const range = (node as { range?: [number, number, number] } | undefined)?.range
      if (range) return lines.linePos(range[0]).line
    }
    return 1
  }
  const [broken] = document.errors
  if (broken)
    throw new SettingsError(
      `${file}:${lines.linePos(broken.pos[0]).line}: is no valid YAML: ${broken.message.split('\n')[0]}`,
    )
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: 50 }) ?? {}
  } catch (error) {
    throw new SettingsError(`${file}:1: is refused: ${messageOf(error)}`)
  }
  const parsed = PolicyText.safeParse(value)
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${file}:${lineAt(issue.path)}: ${issue.path.join('.') || 'the file'}: ${issue.message}`,
    )
    throw new SettingsError(problems.join('\n'))
  }
  const problems: string[] = []
  const rules = parsed.data.rules.map((rule, index) =>
    compileRule(rule, (field, problem) =>
      problems.push(`${file}:${lineAt(['rules', index, field])}: rule "${rule.name}": ${problem}`),
    ),
  )
  if (problems.length > 0) throw new SettingsError(problems.join('\n'))
  const { levels, budgets, routing } = parsed.data
  return { rules, levels: new Map(Object.entries(levels)), budgets, routing }
}

function compileRule(rule: RuleText, problem: (field: string, text: string) => void): Rule {
  const people = rule.rule === 'extra-approvers' ? readPeople(rule.approvers, problem) : []
  if (rule.when === undefined) return { ...rule, people, holds: () => true }
  const environment = createEnvironment()
  const checked = environment.check(rule.when)
  if (!checked.valid) {
    problem('when', `the condition is no CEL: ${(checked.error?.message ?? 'unreadable').split('\n')[0]}`)
    return { ...rule, people, holds: () => true }
  }
  if (checked.type !== 'bool' && checked.type !== 'dyn') {
    problem('when', `the condition gives ${checked.type}, and must give true or false`)
  }
  const evaluate = environment.parse(rule.when)
  return { ...rule, people, holds: (facts) => holds(evaluate, facts) }
}

function readPeople(texts: string[], problem: (field: string, text: string) => void): PersonRule[] {
  return texts.flatMap((text) => {
    const person = parsePersonRule(text)
    if (person) return [person]
    problem(
      'approvers',
      `"${text}" is nobody; allowed are slack:U…, slack-group:S…, discord:…, discord-role:…, terminal:NAME and api:NAME`,
    )
    return []
  })
}

function holds(
  evaluate: (context: Record<string, unknown>) => unknown,
  { step, plan, asker, now }: RuleFacts,
): boolean {
  try {
    // CEL integers are BigInts
    const value = evaluate({
      step: { ...step, replicas: BigInt(step.replicas), tier: BigInt(step.tier) },
      plan: { ...plan, tier: BigInt(plan.tier), steps: BigInt(plan.steps) },
      asker,
      now,
    })
    return value !== false
  } catch {
    // a rule that cannot be evaluated is not a rule that may be skipped
    return true
  }
}

/** Linear: the parts between the stars are found from left to right. */
export function matchesPattern(pattern: string, text: string): boolean {
  const parts = pattern.split('*')
  const first = parts[0] ?? ''
  const last = parts.at(-1) ?? ''
  if (parts.length === 1) return pattern === text
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false
  let at = first.length
  const end = text.length - last.length
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at)
    if (found < 0 || found + part.length > end) return false
    at = found + part.length
  }
  return true
}
