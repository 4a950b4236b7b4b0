// The DaemonSet controller: one pod on every node that fits.
import { messageOf } from '../../core/errors.ts'
import type { KubeObject } from '../../objects/object.ts'
import type { Controller, World } from '../world.ts'
import { scaled } from './deployment/numbers.ts'
import { currentRevision, revisionsOf, trimHistory } from './history.ts'
import { claim, MANAGER, ownerKey } from './owners.ts'
import { createPod, isAvailable, isFinished, isReady, nextAvailable } from './pods.ts'
import { keyedController, keyOf, splitKey } from './queue.ts'
import { recordEvent } from './recorder.ts'
import { matchesNode, matchesTaint } from './scheduler/filters.ts'

type Spec = KubeObject['spec']

const HASH = 'controller-revision-hash'
const GENERATION = 'pod-template-generation'
/** Daemon pods put up with nodes in trouble. */
const TOLERATIONS: Spec[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
]

export const daemonSetController: Controller = keyedController('daemonset-controller', (world) => ({
  initial: () =>
    world
      .list('DaemonSet')
      .filter((set) => !isAsDumped(world, set))
      .map(keyOf),
  concerns({ object, previous, type }) {
    if (object.kind === 'DaemonSet') return type === 'DELETED' ? [] : [keyOf(object)]
    if (object.kind === 'Node') {
      const same = previous && type === 'MODIFIED' && nodeText(previous) === nodeText(object)
      return same ? [] : world.list('DaemonSet').map(keyOf)
    }
    const owner = object.kind === 'Pod' && ownerKey(object, 'DaemonSet')
    return owner ? [owner] : []
  },
  reconcile(key) {
    const set = world.find('DaemonSet', ...splitKey(key))
    return set ? sync(world, set) : undefined
  },
}))

function nodeText({ spec, metadata }: KubeObject): string {
  return JSON.stringify([spec?.taints, spec?.unschedulable, metadata.labels])
}

function isAsDumped(world: World, set: KubeObject): boolean {
  const observed = (set.status?.observedGeneration ?? 0) >= (set.metadata.generation ?? 1)
  return observed && revisionsOf(world, set).length === 0
}

function sync(world: World, set: KubeObject): number | undefined {
  if (set.metadata.deletionTimestamp) return undefined
  const hash = hashFor(world, set)
  const error = manage(world, set, hash)
  const pods = claim(world, set, 'Pod')
  writeStatus(world, set, pods, hash)
  trimHistory(world, set, new Set([hash, ...pods.map((pod) => pod.metadata.labels?.[HASH] ?? '')]))
  if (error !== undefined) throw error
  return nextAvailable(pods, set.spec?.minReadySeconds ?? 0, world.clock.now())
}

/** The pods of a dump tell the hash of a revision that was left out of it. */
function hashFor(world: World, set: KubeObject): string {
  const [pod] = claim(world, set, 'Pod')
  const known = pod?.metadata.labels?.[HASH]
  if (known && isAsDumped(world, set)) return known
  return currentRevision(world, set).metadata.labels?.[HASH] ?? ''
}

/** Whether a daemon pod should be on the node, and may stay there if it is. */
function fits(set: KubeObject, node: KubeObject): { run: boolean; stay: boolean } {
  const template = set.spec?.template
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: '' }, spec: template?.spec ?? {} }
  if (!matchesNode(pod, node)) return { run: false, stay: false }
  const tolerations: Spec[] = [...(template?.spec?.tolerations ?? []), ...TOLERATIONS]
  const untolerated = (node.spec?.taints ?? []).filter(
    (taint: Spec) => !tolerations.some((toleration) => matchesTaint(toleration, taint)),
  )
  const driven = untolerated.some(({ effect }: Spec) => effect === 'NoExecute')
  const run = !untolerated.some(({ effect }: Spec) => effect !== 'PreferNoSchedule')
  return { run, stay: !driven }
}

/** The node a daemon pod is meant for, bound or not. */
function nodeOf(pod: KubeObject): string | undefined {
  if (pod.spec?.nodeName) return pod.spec.nodeName
  const terms: Spec[] =
    pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  return terms.flatMap(({ matchFields }) => matchFields ?? []).find(({ key }) => key === 'metadata.name')?.values?.[0]
}

function manage(world: World, set: KubeObject, hash: string): unknown {
  const byNode = new Map<string, KubeObject[]>()
  for (const pod of claim(world, set, 'Pod')) {
    const node = nodeOf(pod) ?? ''
    byNode.set(node, [...(byNode.get(node) ?? []), pod])
  }
  const missing: string[] = []
  for (const node of world.list('Node')) {
    const { name } = node.metadata
    const { run, stay } = fits(set, node)
    const pods = byNode.get(name) ?? []
    const failed = pods.filter((pod) => isFinished(pod) && !pod.metadata.deletionTimestamp)
    for (const pod of failed) {
      const message = `Found failed daemon pod ${pod.metadata.namespace}/${pod.metadata.name} on node ${name}, will try to kill it`
      say(world, set, 'Warning', 'FailedDaemonPod', message)
      remove(world, set, pod)
    }
    if (!stay)
      for (const pod of pods) if (!pod.metadata.deletionTimestamp && !failed.includes(pod)) remove(world, set, pod)
    if (run && pods.length === 0) missing.push(name)
  }
  let firstError: unknown
  for (const name of missing) {
    try {
      const pod = createPod(world, set, set.spec?.template, (draft) => pin(set, draft, name, hash))
      say(world, set, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`)
    } catch (error) {
      say(world, set, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`)
      firstError ??= error
      break
    }
  }
  rollOver(world, set, byNode, hash)
  return firstError
}

function pin(set: KubeObject, pod: KubeObject, node: string, hash: string): void {
  const generation =
    set.metadata.annotations?.['deprecated.daemonset.template.generation'] ?? String(set.metadata.generation ?? 1)
  pod.metadata.labels = { ...pod.metadata.labels, [HASH]: hash, [GENERATION]: generation }
  const affinity = pod.spec.affinity ?? {}
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: [node] }]
  const required = affinity.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  const terms: Spec[] = required?.nodeSelectorTerms?.length ? required.nodeSelectorTerms : [{}]
  pod.spec.affinity = {
    ...affinity,
    nodeAffinity: {
      ...affinity.nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: terms.map((term) => ({ ...term, matchFields })),
      },
    },
  }
  const network = pod.spec.hostNetwork
    ? [{ key: 'node.kubernetes.io/network-unavailable', operator: 'Exists', effect: 'NoSchedule' }]
    : []
  pod.spec.tolerations = [...(pod.spec.tolerations ?? []), ...TOLERATIONS, ...network]
}

/** RollingUpdate: pods of an older template go while few enough are unavailable. */
function rollOver(world: World, set: KubeObject, byNode: Map<string, KubeObject[]>, hash: string): void {
  if ((set.spec?.updateStrategy?.type ?? 'RollingUpdate') !== 'RollingUpdate') return
  const nodes = world.list('Node').filter((node) => fits(set, node).run)
  const limit = Math.max(
    1,
    scaled(set.spec?.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, nodes.length, 'up', '0%'),
  )
  const now = world.clock.now()
  const old: KubeObject[] = []
  let unavailable = 0
  for (const { metadata } of nodes) {
    const pods = (byNode.get(metadata.name) ?? []).filter(
      (pod) => !pod.metadata.deletionTimestamp && world.byUid(pod.metadata.uid ?? ''),
    )
    const serving = pods.some((pod) => isAvailable(pod, set.spec?.minReadySeconds ?? 0, now))
    const stale = pods.filter((pod) => pod.metadata.labels?.[HASH] !== hash)
    // what does not serve may go at once
    if (!serving) {
      unavailable++
      for (const pod of stale) remove(world, set, pod)
    } else old.push(...stale)
  }
  for (const pod of old.slice(0, Math.max(0, limit - unavailable))) remove(world, set, pod)
}

function remove(world: World, set: KubeObject, pod: KubeObject): void {
  world.delete('Pod', pod.metadata.namespace, pod.metadata.name, { manager: MANAGER })
  say(world, set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`)
}

function writeStatus(world: World, set: KubeObject, pods: KubeObject[], hash: string): void {
  const now = world.clock.now()
  const on = (node: KubeObject) =>
    pods.filter((pod) => nodeOf(pod) === node.metadata.name && !pod.metadata.deletionTimestamp)
  let [desired, current, misscheduled, ready, available, updated] = [0, 0, 0, 0, 0, 0]
  for (const node of world.list('Node')) {
    const here = on(node)
    if (!fits(set, node).run) {
      misscheduled += here.length > 0 ? 1 : 0
      continue
    }
    desired++
    const [pod] = here
    if (!pod) continue
    current++
    if (isReady(pod)) ready++
    if (isAvailable(pod, set.spec?.minReadySeconds ?? 0, now)) available++
    if (pod.metadata.labels?.[HASH] === hash) updated++
  }
  const { namespace, name } = set.metadata
  world.modify(
    'DaemonSet',
    namespace,
    name,
    (draft) => {
      draft.status = {
        currentNumberScheduled: current,
        numberMisscheduled: misscheduled,
        desiredNumberScheduled: desired,
        numberReady: ready,
        observedGeneration: draft.metadata.generation ?? 1,
        ...(updated > 0 ? { updatedNumberScheduled: updated } : {}),
        ...(available > 0 ? { numberAvailable: available } : {}),
        ...(desired > available ? { numberUnavailable: desired - available } : {}),
        ...(draft.status?.collisionCount ? { collisionCount: draft.status.collisionCount } : {}),
        ...(draft.status?.conditions ? { conditions: draft.status.conditions } : {}),
      }
    },
    { manager: MANAGER, subresource: 'status' },
  )
}

function say(world: World, set: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
  recordEvent(world, set, { component: 'daemonset-controller' }, { type, reason, message })
}
