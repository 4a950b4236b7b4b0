// Node conditions as taints, and the pods that a NoExecute taint drives away.
import type { KubeObject } from '../../objects/object.ts'
import type { Controller, World } from '../world.ts'
import { withCondition } from './conditions.ts'
import { MANAGER } from './owners.ts'
import { isFinished } from './pods.ts'
import { keyedController } from './queue.ts'
import { recordEvent } from './recorder.ts'
import { matchesTaint } from './scheduler/filters.ts'

type Spec = KubeObject['spec']

interface Taint {
  key: string
  value?: string
  effect: string
  timeAdded?: string
}

/** Condition type and status → the key of the taint that stands for it. */
const TAINTS: Record<string, Record<string, string>> = {
  Ready: { False: 'node.kubernetes.io/not-ready', Unknown: 'node.kubernetes.io/unreachable' },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
}
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable'
const READY_KEYS = new Set(Object.values(TAINTS.Ready ?? {}))
const OWN = new Set([...Object.values(TAINTS).flatMap((row) => Object.values(row)), UNSCHEDULABLE])
// what admission gives every pod, and dumps often leave out
const DEFAULT_SECONDS = 300

export const taintController: Controller = keyedController('node-lifecycle-controller', (world, queue) => {
  const since = world.clock.now()

  return {
    // a loaded node in trouble already shows what the trouble has led to
    initial: () =>
      world
        .list('Node')
        .filter(isReadyNode)
        .map(({ metadata }) => `node ${metadata.name}`),
    concerns({ object, previous, type }) {
      if (object.kind === 'Node') {
        const changed = !previous || text(previous) !== text(object)
        return type !== 'DELETED' && changed ? [`node ${object.metadata.name}`] : []
      }
      const bound = object.kind === 'Pod' && object.spec?.nodeName && !previous?.spec?.nodeName && type !== 'DELETED'
      const node = bound && world.find('Node', undefined, object.spec.nodeName)
      return node && evicting(node, since).length > 0 ? [`pod ${object.metadata.uid}`] : []
    },
    reconcile(key) {
      const name = key.slice(key.indexOf(' ') + 1)
      if (key.startsWith('pod ')) return evictWhenDue(world, name, since)
      const node = world.find('Node', undefined, name)
      if (!node) return undefined
      const tainted = taint(world, labelled(world, node))
      markPods(world, tainted)
      if (evicting(tainted, since).length === 0) return undefined
      for (const pod of podsOn(world, name)) queue.add(`pod ${pod.metadata.uid}`)
      return undefined
    },
  }
})

function isReadyNode({ status }: KubeObject): boolean {
  return (status?.conditions ?? []).some(({ type, status: is }: Spec) => type === 'Ready' && is === 'True')
}

function text({ spec, status, metadata }: KubeObject): string {
  const conditions = (status?.conditions ?? []).map(({ type, status: is }: Spec) => `${type}=${is}`)
  const labels = [metadata.labels?.['kubernetes.io/os'], metadata.labels?.['kubernetes.io/arch']]
  return JSON.stringify([spec?.taints, spec?.unschedulable, conditions, labels])
}

function podsOn(world: World, node: string): KubeObject[] {
  return world.list('Pod').filter((pod) => pod.spec?.nodeName === node)
}

/** The beta labels follow the stable ones. */
function labelled(world: World, node: KubeObject): KubeObject {
  const labels = node.metadata.labels ?? {}
  const pairs = ['os', 'arch'].flatMap((name): [string, string][] => {
    const value = labels[`kubernetes.io/${name}`]
    const beta = `beta.kubernetes.io/${name}`
    return value !== undefined && labels[beta] !== value ? [[beta, value]] : []
  })
  if (pairs.length === 0) return node
  const more = Object.fromEntries(pairs)
  const options = { manager: MANAGER }
  return (
    world.modify(
      'Node',
      undefined,
      node.metadata.name,
      (draft) => void (draft.metadata.labels = { ...labels, ...more }),
      options,
    ) ?? node
  )
}

function taint(world: World, node: KubeObject): KubeObject {
  const conditions: Spec[] = node.status?.conditions ?? []
  // a node nobody has reported on keeps the taint that admission gave it
  if (conditions.length === 0 && !node.spec?.unschedulable) return node
  const keys = conditions.flatMap(({ type, status }) =>
    Object.hasOwn(TAINTS, type) ? (TAINTS[type]?.[status] ?? []) : [],
  )
  const wanted: Taint[] = keys.map((key) => ({ key, effect: 'NoSchedule' }))
  for (const key of keys) if (READY_KEYS.has(key)) wanted.push({ key, effect: 'NoExecute' })
  if (node.spec?.unschedulable) wanted.push({ key: UNSCHEDULABLE, effect: 'NoSchedule' })
  const present: Taint[] = node.spec?.taints ?? []
  const same = (a: Taint, b: Taint) => a.key === b.key && a.effect === b.effect
  const kept = present.filter((item) => !OWN.has(item.key) || wanted.some((other) => same(item, other)))
  const added = wanted.filter((item) => !present.some((other) => same(item, other)))
  if (added.length === 0 && kept.length === present.length) return node
  const timeAdded = world.clock.iso()
  const taints = [...kept, ...added.map((item) => ({ ...item, timeAdded }))]
  const written = world.modify(
    'Node',
    undefined,
    node.metadata.name,
    (draft) => {
      if (taints.length > 0) draft.spec = { ...draft.spec, taints }
      else delete draft.spec.taints
    },
    { manager: MANAGER },
  )
  return written ?? node
}

/** Pods of a node that is not ready do not count as ready. */
function markPods(world: World, node: KubeObject): void {
  const ready = (node.status?.conditions ?? []).find(({ type }: Spec) => type === 'Ready')
  if (!ready || ready.status === 'True') return
  for (const pod of podsOn(world, node.metadata.name)) {
    if (
      isFinished(pod) ||
      !(pod.status?.conditions ?? []).some(({ type, status }: Spec) => type === 'Ready' && status === 'True')
    )
      continue
    world.modify(
      'Pod',
      pod.metadata.namespace,
      pod.metadata.name,
      (draft) => {
        const lost = {
          type: 'Ready',
          status: 'False',
          lastProbeTime: null,
          reason: 'NodeNotReady',
          message: 'Node is not ready',
        }
        draft.status.conditions = withCondition(draft.status.conditions, lost, world.clock.iso())
      },
      { manager: MANAGER, subresource: 'status' },
    )
    recordEvent(
      world,
      pod,
      { component: 'node-controller' },
      { type: 'Warning', reason: 'NodeNotReady', message: 'Node is not ready' },
    )
  }
}

/** NoExecute taints put on since the practice cluster runs: what a snapshot shows has had its effect. */
function evicting(node: KubeObject, since: number): Taint[] {
  return (node.spec?.taints ?? []).filter(({ effect, timeAdded }: Taint) => {
    const at = Date.parse(timeAdded ?? '')
    // times are in whole seconds
    return effect === 'NoExecute' && (Number.isNaN(at) || at + 1000 > since)
  })
}

function evictWhenDue(world: World, uid: string, since: number): number | undefined {
  const pod = world.byUid(uid)
  if (pod?.kind !== 'Pod' || pod.metadata.deletionTimestamp) return undefined
  const node = world.find('Node', undefined, pod.spec?.nodeName)
  const taints = node ? evicting(node, since) : []
  if (taints.length === 0) return undefined
  const now = world.clock.now()
  const due = Math.min(...taints.map((item) => dueAt(pod, item, now)))
  if (due === Number.POSITIVE_INFINITY) return undefined
  if (due > now) return due - now
  const { namespace, name } = pod.metadata
  world.modify(
    'Pod',
    namespace,
    name,
    (draft) => {
      const reason = { reason: 'DeletionByTaintManager', message: 'Taint manager: deleting due to NoExecute taint' }
      const condition = { type: 'DisruptionTarget', status: 'True', lastProbeTime: null, ...reason }
      draft.status.conditions = withCondition(draft.status.conditions, condition, world.clock.iso())
    },
    { manager: MANAGER, subresource: 'status' },
  )
  const message = `Marking for deletion Pod ${namespace}/${name}`
  recordEvent(
    world,
    pod,
    { component: 'taint-eviction-controller' },
    { type: 'Normal', reason: 'TaintManagerEviction', message },
  )
  world.delete('Pod', namespace, name, { manager: MANAGER })
  return undefined
}

function dueAt(pod: KubeObject, taint: Taint, now: number): number {
  const tolerations: Spec[] = (pod.spec?.tolerations ?? []).filter((item: Spec) => matchesTaint(item, taint))
  const from = Date.parse(taint.timeAdded ?? '') || now
  if (tolerations.length === 0) return READY_KEYS.has(taint.key) ? from + DEFAULT_SECONDS * 1000 : now
  const seconds = tolerations.flatMap(({ tolerationSeconds }) => tolerationSeconds ?? [])
  return seconds.length === 0 ? Number.POSITIVE_INFINITY : from + Math.max(0, Math.min(...seconds)) * 1000
}
