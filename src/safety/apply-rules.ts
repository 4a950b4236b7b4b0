// The rules of the policy file, held against one plan.
import type { PersonRule } from '../core/people.ts'
import type { Plan } from '../core/plan.ts'
import { isObject } from './changes.ts'
import type { Effect } from './effects.ts'
import { podSpecPath } from './pod-spec.ts'
import { matchesPattern, type Policy, type Rule, type RuleFacts } from './rules.ts'

export interface JudgedStep {
  method: string
  effects: Effect[]
  tier: number
}

export interface RuleOutcome {
  denials: string[]
  asks: string[]
  /** people who may decide beside the usual ones; empty: nobody more */
  approvers: PersonRule[]
  /** how many must */
  needed: number
}

export function applyRules(
  policy: Policy,
  plan: Plan,
  steps: readonly JudgedStep[],
  about: { tier: number; author: string; asker: string; now: Date },
): RuleOutcome {
  const outcome: RuleOutcome = { denials: [], asks: [], approvers: [], needed: 1 }
  for (const step of steps) {
    const facts = factsOf(step, plan, steps.length, about)
    for (const rule of policy.rules) if (rule.holds(facts)) applyRule(rule, facts, step, outcome)
  }
  return { ...outcome, denials: [...new Set(outcome.denials)], asks: [...new Set(outcome.asks)] }
}

function applyRule(rule: Rule, facts: RuleFacts, step: JudgedStep, outcome: RuleOutcome): void {
  const because = `rule "${rule.name}"`
  switch (rule.rule) {
    case 'deny':
      outcome.denials.push(`${because} denies it`)
      break
    case 'require-approval':
      outcome.asks.push(`${because} requires approval`)
      break
    case 'dry-run-only':
      outcome.denials.push(`${because} allows only a dry run`)
      break
    case 'max-replicas':
      if (facts.step.replicas > rule.max)
        outcome.denials.push(`${because}: ${facts.step.replicas} replicas are more than ${rule.max}`)
      break
    case 'allowed-namespaces': {
      const outside = namespacesOf(step).find(
        (name) => !rule.namespaces.some((pattern) => matchesPattern(pattern, name)),
      )
      if (outside !== undefined)
        outcome.denials.push(`${because}: the namespace ${outside} is not among the allowed ones`)
      break
    }
    case 'blocked-images': {
      const blocked = facts.step.images.find((image) =>
        rule.images.some((pattern) => spellings(image).some((text) => matchesPattern(pattern, text))),
      )
      if (blocked !== undefined) outcome.denials.push(`${because}: the image ${blocked.slice(0, 200)} is blocked`)
      break
    }
    case 'extra-approvers':
      outcome.asks.push(`${because} asks further people`)
      outcome.approvers.push(...rule.people)
      outcome.needed = Math.max(outcome.needed, rule.needed)
      break
  }
}

/** The namespaces a step reaches; a Namespace object is its own, any other cluster-scoped object counts as ''. */
function namespacesOf({ effects }: JudgedStep): string[] {
  return effects.flatMap((effect) => {
    if (effect.does === 'read' || !effect.target) return []
    const { kind, name, namespace } = effect.target
    return [namespace ?? (kind === 'Namespace' ? (name ?? '') : '')]
  })
}

function factsOf(
  step: JudgedStep,
  plan: Plan,
  count: number,
  { tier, author, asker, now }: { tier: number; author: string; asker: string; now: Date },
): RuleFacts {
  const effect = step.effects[0]
  const target = effect && effect.does !== 'read' ? effect.target : undefined
  const labels = Object.entries(target?.live?.metadata.labels ?? {}).filter(([, value]) => typeof value === 'string')
  return {
    step: {
      does: effect?.does === 'named' || effect?.does === 'denied' || !effect ? 'other' : effect.does,
      method: step.method,
      kind: target?.kind ?? '',
      namespace: target?.namespace ?? '',
      name: target?.name ?? '',
      labels: Object.fromEntries(labels),
      fields: step.effects.flatMap((one) =>
        one.does === 'change' ? one.changes.map(({ path }) => path.join('.')) : [],
      ),
      images: step.effects.flatMap(imagesOf),
      replicas: Math.max(-1, ...step.effects.flatMap(replicasOf)),
      tier: step.tier,
    },
    plan: { cluster: plan.cluster, tier, steps: count, author },
    asker,
    now,
  }
}

function imagesOf(effect: Effect): string[] {
  if (effect.does === 'change') {
    return effect.changes.flatMap(({ path, after }) =>
      path.at(-1) === 'image' && typeof after === 'string' ? [after] : [],
    )
  }
  if (effect.does !== 'create' || !effect.body) return []
  const spec = podSpecPath(effect.target.kind).reduce<unknown>(
    (value, key) => (isObject(value) ? value[key] : undefined),
    effect.body,
  )
  if (!isObject(spec)) return []
  return ['containers', 'initContainers', 'ephemeralContainers'].flatMap((list) => {
    const containers = spec[list]
    if (!Array.isArray(containers)) return []
    return containers.flatMap((container) =>
      isObject(container) && typeof container.image === 'string' ? [container.image] : [],
    )
  })
}

/** spec.replicas of a workload, spec.maxReplicas of an autoscaler: what it may grow to. */
function replicasOf(effect: Effect): number[] {
  if (effect.does === 'change') {
    return effect.changes.flatMap(({ path, after }) =>
      ['spec.replicas', 'spec.maxReplicas'].includes(path.join('.')) && typeof after === 'number' ? [after] : [],
    )
  }
  if (effect.does !== 'create' || !isObject(effect.body?.spec)) return []
  return [effect.body.spec.replicas, effect.body.spec.maxReplicas].filter((count) => typeof count === 'number')
}

/** A reference without a tag means `:latest`, one without a registry means Docker Hub. */
function spellings(image: string): string[] {
  const tagged = /(:[^/]*|@[^/]*)$/.test(image.slice(image.lastIndexOf('/') + 1)) ? image : `${image}:latest`
  const first = tagged.split('/')[0] ?? ''
  const hasRegistry = tagged.includes('/') && /[.:]|^localhost$/.test(first)
  const full = hasRegistry ? tagged : `docker.io/${tagged.includes('/') ? tagged : `library/${tagged}`}`
  return [image, tagged, full]
}
