// The tier of an effect: a function of what is done and of the live object, of nothing else. Unknown counts as the worse.

import { QUARANTINE_MARK } from '../core/marks.ts'
import type { Risk, Tier } from '../core/plan.ts'
import { controllerOf, type KubeObject } from '../objects/object.ts'
import { parseQuantity } from '../objects/quantity.ts'
import { sameJson } from '../objects/same.ts'
import { type Change, type Effect, type Target, targetText, type World } from './effects.ts'
import { deploysOthers, isScalable, isSensitive, isWorkload, replacesPods } from './kinds.ts'
import { isActedOn, isSelectedBy } from './marks.ts'
import { gainIn, gainOf, insidePodSpec, podSpecPath } from './pod-spec.ts'
import { isProtected, protectedBy } from './protect.ts'

export interface Tiered {
  tier: Tier
  /** hard: no level and no person allows it */
  denied: boolean
  reason: string
}

const NAMES: Record<Tier, string> = { 0: 'observe', 5: 'remediate', 6: 'quarantine', 7: 'restart', 9: 'destructive' }
const RISKS: Record<Tier, Risk> = { 0: 'LOW', 5: 'MEDIUM', 6: 'MEDIUM', 7: 'HIGH', 9: 'CRITICAL' }

export function tierName(tier: Tier): string {
  return NAMES[tier]
}

export function riskOf(tier: Tier): Risk {
  return RISKS[tier]
}

/** `protectedNames` as `protectedNamespaces()` gives them; `world` for what an effect depends on beside its own object. */
export function tierOf(effect: Effect, protectedNames: ReadonlySet<string>, world?: World): Tiered {
  if (effect.does === 'read') return at(0, 'only reads')
  if (effect.target) {
    const name = protectedBy(effect.target, protectedNames)
    if (name !== undefined) return denied(`the namespace ${name} is protected: nothing in it is changed`)
  }
  switch (effect.does) {
    case 'denied':
      return denied(effect.words)
    case 'named':
      return at(effect.tier, effect.words)
    case 'create':
      return tierOfCreate(effect.target, effect.body)
    case 'delete':
      return tierOfDelete(effect.target, effect.force, world)
    case 'evict':
      return replaced(effect.target, world, 'evicts')
    case 'change':
      return tierOfChanges(effect, protectedNames)
  }
}

export function worst(tiers: readonly Tiered[]): Tiered {
  return tiers.reduce((a, b) => (b.denied && !a.denied ? b : !a.denied && b.tier > a.tier ? b : a))
}

function at(tier: Tier, reason: string): Tiered {
  return { tier, denied: false, reason }
}

function denied(reason: string): Tiered {
  return { tier: 9, denied: true, reason }
}

// ---- creating

function tierOfCreate(target: Target, body: Record<string, unknown> | undefined): Tiered {
  const what = targetText(target)
  if (target.kind === '') return at(9, 'creates an object of an unknown type')
  if (isSensitive(target.kind) || !target.namespaced) return at(9, `creates ${what}`)
  if (body && isWorkload(target.kind, target.group)) {
    const gain = gainIn(
      podSpecPath(target.kind).reduce<unknown>((value, key) => (value as KubeObject | undefined)?.[key], body),
    )
    if (gain) return at(9, `creates ${what}, which ${gain}`)
  }
  if (deploysOthers(target.group) && !isWorkload(target.kind, target.group))
    return at(9, `creates ${what}, and what that deploys is not known`)
  if (target.kind === 'HorizontalPodAutoscaler') return at(5, `creates ${what}`)
  return at(7, `creates ${what}`)
}

// ---- deleting

function tierOfDelete(target: Target, force: boolean, world: World | undefined): Tiered {
  if (target.kind === 'Node') return denied('nodes are not deleted')
  if (force) return at(9, `deletes ${targetText(target)} by force`)
  if (target.kind === 'HorizontalPodAutoscaler') return at(7, `deletes ${targetText(target)}`)
  if (target.kind === 'Pod' && target.group === '') return replaced(target, world, 'deletes')
  return at(9, `deletes ${targetText(target)}`)
}

function replaced(target: Target, world: World | undefined, verb: string): Tiered {
  const what = targetText(target)
  const live = target.live
  if (!live) return at(9, `${verb} ${what}, which is not known: nothing says that a controller replaces it`)
  const owner = controllerOf(live)
  if (!owner || !replacesPods(owner.kind)) return at(9, `${verb} ${what}, which no controller replaces`)
  const phase = live.status?.phase
  if (owner.kind === 'Job' && (phase === 'Succeeded' || phase === 'Failed')) {
    return at(9, `${verb} ${what}, a finished pod that its Job does not replace`)
  }
  const controller = world?.find({ kind: owner.kind, namespace: live.metadata.namespace, name: owner.name })
  if (controller && (controller.metadata.deletionTimestamp || controller.spec?.replicas === 0)) {
    return at(9, `${verb} ${what}, which its ${owner.kind} ${owner.name} does not replace`)
  }
  return at(7, `${verb} ${what}, which its ${owner.kind} replaces`)
}

// ---- changing

type ChangeEffect = Extract<Effect, { does: 'change' }>

function tierOfChanges(effect: ChangeEffect, protectedNames: ReadonlySet<string>): Tiered {
  const { target, subresource, how } = effect
  const what = targetText(target)
  if (target.kind === '') return at(9, 'changes an object of an unknown type')
  if (subresource !== undefined && !['scale', 'resize'].includes(subresource)) {
    return at(9, `changes ${subresource} of ${what}`)
  }
  const real = effect.changes.filter(({ path }) => !IDENTITY.has(path.join('.')))
  const others = real.filter(
    ({ before, after, unclear }) => unclear || before === undefined || !sameJson(before, after),
  )
  const tiers = (others.length > 0 ? others : real).map((change) =>
    tierOfChange(target, change, protectedNames, subresource),
  )
  if (tiers.length === 0) tiers.push(at(isWorkload(target.kind, target.group) ? 7 : 9, `patches ${what}`))
  // what apply or a replacement leaves out may be removed as well
  if (how !== 'patch') {
    const mild = isWorkload(target.kind, target.group) ? 7 : target.kind === 'HorizontalPodAutoscaler' ? 5 : 9
    tiers.push(at(mild, `${how === 'apply' ? 'applies' : 'replaces'} ${what}`))
  }
  return worst(tiers)
}
// these say which object is meant, they change nothing
const IDENTITY = new Set(['apiVersion', 'kind', 'metadata.name', 'metadata.uid', 'metadata.resourceVersion'])

function tierOfChange(
  target: Target,
  change: Change,
  protectedNames: ReadonlySet<string>,
  subresource: string | undefined,
): Tiered {
  const what = targetText(target)
  const path = change.path
  const [top, second] = path
  const field = path.join('.')
  if (top === 'status') return at(9, `changes the status of ${what}`)
  if (field === 'metadata.namespace') {
    const after = typeof change.after === 'string' ? change.after : ''
    if (isProtected(after, protectedNames)) return denied(`names the protected namespace ${after}`)
    return change.after === target.namespace
      ? at(0, 'names its own namespace')
      : at(9, `moves ${what} to another namespace`)
  }
  const cordon = target.kind === 'Node' && field === 'spec.unschedulable' && !change.unclear
  if (cordon) return at(7, change.after === true ? `cordons ${what}` : `uncordons ${what}`)
  if (isSensitive(target.kind)) return at(9, `changes ${what}`)
  if (top === 'metadata') {
    if (second === 'labels' || second === 'annotations') return tierOfMark(target, change)
    return at(9, second === 'finalizers' ? `changes the finalizers of ${what}` : `changes ${field} of ${what}`)
  }
  if (path.length <= 1 && (change.after === undefined || change.unclear))
    return at(9, `removes ${field || 'all'} of ${what}`)
  if (target.kind === 'HorizontalPodAutoscaler') return at(5, `changes ${what}`)
  if (target.kind === 'PersistentVolumeClaim') return tierOfClaim(target, change)
  if (isWorkload(target.kind, target.group)) return tierOfWorkload(target, change, subresource)
  return at(9, `changes ${field} of ${what}, which is no workload`)
}

function tierOfMark(target: Target, change: Change): Tiered {
  const kind = change.path[1] === 'labels' ? 'label' : 'annotation'
  const key = change.path.slice(2).join('/')
  const what = targetText(target)
  if (change.path.length === 2) return at(change.after === undefined ? 7 : 5, `changes the ${kind}s of ${what}`)
  if (key === QUARANTINE_MARK) return at(6, `changes the quarantine record of ${what}`)
  // an account's annotations choose what it may do in the cloud; a pod's labels choose who serves and owns it
  if (target.kind === 'ServiceAccount') return at(7, `changes an account: ${what}`)
  if (kind === 'label' && target.kind === 'Pod' && isSelectedBy(target.live, key)) {
    return at(7, `changes the label ${key} of ${what}, by which it is selected`)
  }
  if (isActedOn(key)) return at(7, `changes ${key.slice(0, 80)} of ${what}, on which controllers act`)
  return at(5, `sets the ${kind} ${key.slice(0, 80)} of ${what}`)
}

function tierOfClaim(target: Target, change: Change): Tiered {
  const what = targetText(target)
  if (change.path.join('.') !== 'spec.resources.requests.storage' || change.unclear) return at(9, `changes ${what}`)
  const now = parseQuantity(target.live?.spec?.resources?.requests?.storage)
  const then = parseQuantity(change.after as string)
  if (then === undefined) return at(9, `changes ${what} to something that is no quantity`)
  if (now === undefined) return at(9, `changes the size of ${what}, which is not known`)
  return then > now ? at(5, `grows ${what}`) : at(9, `changes ${what} without growing it`)
}

function tierOfWorkload(target: Target, change: Change, subresource: string | undefined): Tiered {
  const what = targetText(target)
  const field = change.path.join('.')
  const { after } = change
  const gain = gainOf(target.kind, change)
  if (gain) return at(9, `${what} ${gain}`)
  if (field === 'spec.replicas') {
    if (!isScalable(target.kind, target.group)) return at(9, `changes replicas of ${what}`)
    return change.unclear
      ? at(9, `changes the replicas of ${what} to a count that cannot be told`)
      : tierOfScale(target, after)
  }
  if (field === 'spec.paused') return after === true ? at(7, `pauses ${what}`) : resumed(change, what)
  if (field === 'spec.suspend' && (target.kind === 'CronJob' || target.kind === 'Job')) {
    return change.unclear
      ? at(9, `changes suspend of ${what}`)
      : at(6, `${after === true ? 'suspends' : 'resumes'} ${what}`)
  }
  if (field === 'spec.parallelism' && after === 0) return at(9, `stops the pods of ${what}`)
  if (field === 'spec.activeDeadlineSeconds' && target.kind === 'Pod') return at(9, `ends ${what} after a time`)
  const inside = insidePodSpec(target.kind, change.path)
  // switched off on purpose, or not known: the pods would speak to the API after all
  const off = change.before === false || !target.live
  if (inside?.[0] === 'automountServiceAccountToken' && after !== false && off) {
    return at(9, `${what} gets the token of its service account`)
  }
  // its pods on nodes that fit no more go at once, all of them; a Deployment keeps the old ones until new ones are ready
  const places = inside?.[0] === 'nodeSelector' || inside?.[0] === 'affinity'
  if (target.kind === 'DaemonSet' && places && after !== undefined && target.live?.status?.numberReady !== 0) {
    return at(9, `takes the pods of ${what} from every node that does not fit ${inside?.[0]}`)
  }
  if (inside && isResourceField(inside) && !change.unclear) {
    if (target.kind === 'Pod' && subresource !== 'resize') return at(7, `changes resources of ${what} in place`)
    return at(5, `changes requests or limits of ${what}`)
  }
  return at(7, `patches ${field.slice(0, 120)} of ${what}`)
}

function resumed(change: Change, what: string): Tiered {
  return change.unclear ? at(7, `changes paused of ${what}`) : at(5, `resumes the rollout of ${what}`)
}

function isResourceField(path: readonly string[]): boolean {
  const [list, , resources, part] = path
  return (list === 'containers' || list === 'initContainers') && resources === 'resources' && part !== 'claims'
}

/** n > 0 is a remedy; to zero depends on whether a ready replica is lost. */
function tierOfScale(target: Target, replicas: unknown): Tiered {
  const what = targetText(target)
  // a removed count is whatever the server or an autoscaler then says
  if (replicas === undefined) return at(9, `removes the replica count of ${what}`)
  if (typeof replicas !== 'number' || !Number.isInteger(replicas) || replicas < 0) {
    return at(9, `sets the replicas of ${what} to something that is no count`)
  }
  if (replicas > 0) return at(5, `scales ${what} to ${replicas}`)
  const ready = readyReplicas(target.live)
  if (ready === undefined) return at(9, `takes ${what} to zero; its ready replicas are not known`)
  return ready > 0
    ? at(9, `takes ${ready} ready ${ready === 1 ? 'replica' : 'replicas'} of ${what} to zero`)
    : at(6, `takes ${what}, which has no ready replica, to zero`)
}

/** Undefined when nothing is known: no object, or an object without any status. */
function readyReplicas(live: KubeObject | undefined): number | undefined {
  if (!live || typeof live.status !== 'object' || live.status === null) return undefined
  const ready = live.status.readyReplicas ?? 0
  return typeof ready === 'number' ? ready : undefined
}
