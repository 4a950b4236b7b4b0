// `routing` of POLICY_FILE: which signs count at all, and which channels hear of them. The first rule that fits decides.
import { z } from 'zod'
import { SettingsError } from '../core/errors.ts'
import { Severity } from '../core/finding.ts'
import type { ObjectRef } from '../core/ref.ts'

export interface Channel {
  platform: 'slack' | 'discord'
  channel: string
}

/** `*` stands for any characters */
const Patterns = z.array(z.string().min(1).max(200)).min(1).max(100)

const Rule = z
  .strictObject({
    clusters: Patterns.optional(),
    namespaces: Patterns.optional(),
    reasons: Patterns.optional(),
    severities: z.array(Severity).min(1).optional(),
    labels: z.record(z.string().max(100), z.string().max(200)).optional(),
    channels: z
      .array(z.string().regex(/^(slack|discord):[A-Za-z0-9]+$/, 'must be slack:C… or discord:…'))
      .min(1)
      .max(10)
      .optional(),
    ignore: z.literal(true).optional(),
  })
  .refine(
    (rule) => (rule.channels === undefined) !== (rule.ignore === undefined),
    'must say either channels or ignore: true',
  )
const Rules = z.array(Rule).max(200)

export interface Facts {
  cluster: string
  owner: ObjectRef
  reason: string
  severity: Severity
  labels: Readonly<Record<string, string>>
}

export interface Routing {
  /** the channels that hear of it; undefined: nobody wants to */
  channels(facts: Facts): Channel[] | undefined
  /** every channel that may ever be used */
  all: Channel[]
}

/** Throws a SettingsError of one sentence. */
export async function parseRouting(routing: unknown, standard: readonly Channel[]): Promise<Routing> {
  if (routing === undefined) return { channels: () => [...standard], all: [...standard] }
  const parsed = Rules.safeParse(routing)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new SettingsError(
      `POLICY_FILE: routing.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is wrong'}; each rule has clusters, namespaces, reasons, severities or labels to match, and channels: [slack:C…] or ignore: true.`,
    )
  }
  // the language of rules comes with it, and is loaded only where there are rules
  const { matchesPattern } = await import('../safety/rules.ts')
  const rules = parsed.data.map((rule) => ({ rule, channels: rule.channels?.map(channelOf) }))
  return {
    channels(facts) {
      const found = rules.find(({ rule }) => fits(rule, facts, matchesPattern))
      return found ? found.channels : [...standard]
    },
    all: [...standard, ...rules.flatMap(({ channels }) => channels ?? [])],
  }
}

function fits(rule: z.infer<typeof Rule>, facts: Facts, matches: (pattern: string, text: string) => boolean): boolean {
  const { owner } = facts
  const namespace = owner.kind === 'Namespace' ? owner.name : (owner.namespace ?? '')
  const any = (patterns: string[] | undefined, text: string) =>
    !patterns || patterns.some((pattern) => matches(pattern, text))
  return (
    any(rule.clusters, facts.cluster) &&
    any(rule.namespaces, namespace) &&
    any(rule.reasons, facts.reason) &&
    (!rule.severities || rule.severities.includes(facts.severity)) &&
    Object.entries(rule.labels ?? {}).every(
      ([name, value]) => Object.hasOwn(facts.labels, name) && facts.labels[name] === value,
    )
  )
}

function channelOf(text: string): Channel {
  const colon = text.indexOf(':')
  return { platform: text.slice(0, colon) as Channel['platform'], channel: text.slice(colon + 1) }
}
