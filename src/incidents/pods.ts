// The state of pods and nodes, watched: what is wrong with each of them now, since when, and which thresholds of the watchdog it has passed.
import { type ObjectRef, refKey } from '../core/ref.ts'
import type { NodeState, PodState, Trouble } from './pod-state.ts'
import type { IncidentSettings } from './settings.ts'
import type { Signal } from './signal.ts'

export { type NodeState, type PodState, projectNode, projectPod } from './pod-state.ts'

interface Watched extends PodState {
  /** when this trouble was first seen, by our clock */
  since: number
  /** the reason that was last told, and at how many restarts */
  told?: string
  toldRestarts: number
  /** restarts when the present window of restarts began */
  windowRestarts: number
  windowAt: number
}

/** How an owner stands: told from its pods, or from itself when it is a node. */
export interface Standing {
  known: boolean
  /** pods with a trouble, whether or not it was told */
  sick: number
  ready: number
  total: number
  /** marks of how it stands, without numbers that grow by themselves: a crash loop that goes on has those it had */
  marks: Set<string>
}

const PATIENCE: Record<Trouble['kind'], keyof IncidentSettings> = {
  waiting: 'WATCHDOG_WAITING',
  crash: 'WATCHDOG_WAITING',
  pending: 'WATCHDOG_PENDING',
  unready: 'WATCHDOG_UNREADY',
  failed: 'WATCHDOG_WAITING',
}

export interface Fleet {
  owners: Map<string, ObjectRef>
  shared: Map<string, string>
  pod(uid: string, namespace: string, name: string, state: PodState | undefined, now: number): void
  node(name: string, state: NodeState | undefined, now: number): void
  ownerOf(ref: ObjectRef): ObjectRef | undefined
  /** the signs whose patience has run out by now */
  due(now: number): Omit<Signal, 'cluster'>[]
  standing(owner: ObjectRef): Standing
  /** restarts of an owner's pods */
  restarts(owner: ObjectRef): number
  size(): number
}

export function createFleet(settings: IncidentSettings): Fleet {
  const owners = new Map<string, ObjectRef>()
  const shared = new Map<string, string>()
  const pods = new Map<string, Watched>()
  const byOwner = new Map<string, Set<string>>()
  const names = new Map<string, string>()
  const nodes = new Map<string, NodeState & { since: number; told: boolean }>()
  // only these are looked at every second
  const suspects = new Set<string>()
  const kills = new Map<string, { count: number; at: number; last: string }>()

  function drop(uid: string): void {
    const old = pods.get(uid)
    if (!old) return
    pods.delete(uid)
    suspects.delete(uid)
    const siblings = byOwner.get(old.owner)
    siblings?.delete(uid)
    if (siblings?.size === 0) {
      byOwner.delete(old.owner)
      owners.delete(old.owner)
      shared.delete(old.owner)
      kills.delete(old.owner)
    }
  }

  function pod(uid: string, namespace: string, name: string, state: PodState | undefined, now: number): void {
    const path = `${namespace}/${name}`
    if (!state) {
      if (names.get(path) === uid) names.delete(path)
      return drop(uid)
    }
    const old = pods.get(uid)
    const same = old?.trouble !== undefined && old.trouble.kind === state.trouble?.kind
    const inWindow = old !== undefined && now - old.windowAt < settings.WATCHDOG_RESTART_WINDOW
    const watched: Watched = {
      ...state,
      since: same ? old.since : now,
      ...(same && old.told ? { told: old.told } : {}),
      toldRestarts: old?.toldRestarts ?? state.restarts,
      windowRestarts: inWindow ? old.windowRestarts : state.restarts,
      windowAt: inWindow ? old.windowAt : now,
    }
    if (
      state.oomAt &&
      state.oomAt !== old?.oomAt &&
      (old !== undefined || isRecent(state.oomAt, now, settings.WATCHDOG_RESTART_WINDOW))
    )
      killed(state.owner, state.oomAt, now)
    pods.set(uid, watched)
    names.set(path, uid)
    const siblings = byOwner.get(state.owner)
    if (siblings) siblings.add(uid)
    else byOwner.set(state.owner, new Set([uid]))
    if (state.trouble || watched.restarts > watched.windowRestarts) suspects.add(uid)
    else suspects.delete(uid)
  }

  function killed(owner: string, at: string, now: number): void {
    const before = kills.get(owner)
    const count = before && now - before.at < settings.WATCHDOG_RESTART_WINDOW ? before.count + 1 : 1
    kills.set(owner, { count, at: count === 1 ? now : (before?.at ?? now), last: at })
  }

  function node(name: string, state: NodeState | undefined, now: number): void {
    if (!state) {
      nodes.delete(name)
      return
    }
    const old = nodes.get(name)
    const same = old !== undefined && !old.ready && !state.ready
    nodes.set(name, { ...state, since: same ? old.since : now, told: same && old.told })
  }

  function* duePods(now: number): Generator<Omit<Signal, 'cluster'>> {
    for (const uid of suspects) {
      const one = pods.get(uid)
      const owner = one && owners.get(one.owner)
      if (!one || !owner) continue
      const grown = one.restarts - one.windowRestarts
      if (grown >= settings.WATCHDOG_RESTARTS && one.restarts > one.toldRestarts) {
        const count = one.restarts - one.toldRestarts
        one.toldRestarts = one.restarts
        one.told ??= 'Restarts'
        yield sign(
          owner,
          'Restarts',
          `restarted ${grown} times within ${Math.round(settings.WATCHDOG_RESTART_WINDOW / 60_000)} min`,
          count,
        )
      }
      if (!one.trouble) continue
      const patience = settings[PATIENCE[one.trouble.kind]] as number
      if (now - one.since < patience) continue
      if (one.told === undefined) {
        one.told = one.trouble.reason
        one.toldRestarts = one.restarts
        yield sign(owner, one.trouble.reason, one.trouble.text, 1)
      } else if (one.restarts > one.toldRestarts) {
        const count = one.restarts - one.toldRestarts
        one.toldRestarts = one.restarts
        yield sign(owner, one.trouble.reason, one.trouble.text, count)
      }
    }
  }

  function* dueKills(): Generator<Omit<Signal, 'cluster'>> {
    for (const [key, kill] of kills) {
      const owner = owners.get(key)
      if (kill.count < settings.WATCHDOG_OOM_KILLS || !owner) continue
      kills.delete(key)
      yield sign(owner, 'OOMKilled', 'a container was killed for memory', kill.count)
    }
  }

  function* dueNodes(now: number): Generator<Omit<Signal, 'cluster'>> {
    for (const [name, one] of nodes) {
      if (one.ready || one.told || now - one.since < settings.WATCHDOG_NODE) continue
      one.told = true
      yield { ...sign({ kind: 'Node', name }, one.reason, one.text, 1), severity: 'critical' }
    }
  }

  return {
    owners,
    shared,
    pod,
    node,
    ownerOf(ref) {
      if (ref.kind !== 'Pod') return undefined
      const uid = names.get(`${ref.namespace ?? ''}/${ref.name}`)
      const one = uid === undefined ? undefined : pods.get(uid)
      return one && owners.get(one.owner)
    },
    due: (now) => [...duePods(now), ...dueKills(), ...dueNodes(now)],
    standing(owner) {
      if (owner.kind === 'Node') {
        const one = nodes.get(owner.name)
        return {
          known: one !== undefined,
          sick: one && !one.ready ? 1 : 0,
          ready: one?.ready ? 1 : 0,
          total: one ? 1 : 0,
          marks: new Set(one ? [one.ready ? 'well' : one.reason] : []),
        }
      }
      const standing: Standing = { known: false, sick: 0, ready: 0, total: 0, marks: new Set() }
      for (const uid of byOwner.get(refKey(owner)) ?? []) {
        const one = pods.get(uid)
        if (!one) continue
        standing.known = true
        standing.total++
        if (one.ready) standing.ready++
        if (one.trouble) standing.sick++
        standing.marks.add(markOf(one))
      }
      standing.marks.add(`${standing.total} pods`)
      if (standing.ready === standing.total) standing.marks.add('well')
      return standing
    },
    restarts(owner) {
      let sum = 0
      for (const uid of byOwner.get(refKey(owner)) ?? []) sum += pods.get(uid)?.restarts ?? 0
      return sum
    },
    size: () => pods.size,
  }
}

/** Phases of a crash loop are one mark, and a pod that is well for a while between two crashes another. */
function markOf({ template = '', trouble, ready }: PodState): string {
  const how = trouble ? (trouble.kind === 'crash' ? 'crash' : trouble.reason) : ready ? 'ready' : 'runs'
  return `${template}:${how}`
}

function sign(owner: ObjectRef, reason: string, text: string, count: number): Omit<Signal, 'cluster'> {
  return {
    source: 'state',
    severity: 'warning',
    reason,
    text,
    owner,
    count,
    labels: {},
    immediate: true,
    resolved: false,
  }
}

function isRecent(time: string, now: number, withinMs: number): boolean {
  const at = Date.parse(time)
  return !Number.isNaN(at) && Math.abs(now - at) < withinMs
}
