// "list pods in shop", "how many pods are not ready": counted by code from the objects themselves.
import type { AnswerInput } from '../../../core/answer.ts'
import { containersOf, isFinished, isReady } from '../../../diagnose/look/pods.ts'
import { desiredReplicas, readyReplicas, workloadOf } from '../../../diagnose/look/workloads.ts'
import type { Kind } from '../../../objects/kinds.ts'
import type { KubeObject } from '../../../objects/object.ts'
import { Snapshot } from '../../../objects/snapshot.ts'
import type { Place } from '../place.ts'
import { age, podStatus, table } from '../print.ts'
import type { Filter } from '../request.ts'
import { about, plural, type Reply, whereText } from './reply.ts'

const SHOWN = 60

export const listReply: Reply<'list'> = async ({ ask, place, context }) => {
  const parts = await Promise.all(ask.of.map((kind) => listOne(kind, ask.filter, place, context.signal, context.now())))
  const base = about(place)
  const text = parts.map((part) => part.sentence).join(' ')
  const shown = ask.count
    ? parts.filter((part) => ask.filter !== 'all' && part.count > 0)
    : parts.filter((part) => part.count > 0)
  const blocks: AnswerInput['blocks'] = [
    { kind: 'text', text },
    ...shown.map((part) => ({ kind: 'code' as const, text: part.table })),
  ]
  const cut = shown.filter((part) => part.count > SHOWN)
  return {
    ...base,
    text: shown.length > 0 ? `${text}\n${shown.map((part) => part.table).join('\n')}` : text,
    blocks:
      cut.length > 0
        ? [...blocks, { kind: 'note', text: `The first ${SHOWN} are shown; all of them are in the file.` }]
        : blocks,
    attachments: cut.map((part) => ({
      name: `${part.kind.plural}.txt`,
      title: `${part.kind.plural} in ${whereText(place)}`,
      data: part.full,
    })),
  }
}

interface Part {
  kind: Kind
  count: number
  sentence: string
  table: string
  full: string
}

async function listOne(kind: Kind, filter: Filter, place: Place, signal: AbortSignal, now: Date): Promise<Part> {
  const served = (await place.cluster.reader.kinds()).byKind(kind.kind, undefined) ?? kind
  const scope = served.namespaced && place.namespace ? { namespace: place.namespace } : {}
  const { items, cut } = await place.cluster.reader.list(served, { ...scope, signal })
  const ofNamed = place.objects.filter((ref) => ref.kind !== kind.kind)
  const owned = ofNamed.length > 0 && kind.kind === 'Pod' ? await podsOfNamed(items, place, signal) : items
  const wanted = place.objects.some((ref) => ref.kind === kind.kind)
    ? owned.filter((item) => place.objects.some((ref) => ref.name === item.metadata.name))
    : owned
  const kept = wanted.filter((item) => passes(item, filter))
  const rows = kept.map((item) => rowOf(item, now, !scope.namespace && served.namespaced))
  const head = headOf(kind, !scope.namespace && served.namespaced)
  const where = served.namespaced ? whereText(place) : place.cluster.name
  return {
    kind,
    count: kept.length,
    sentence: sentenceOf(
      kind,
      filter,
      kept.length,
      wanted.length,
      where,
      ofNamed.map((ref) => ref.name),
      cut,
    ),
    table: table([head, ...rows.slice(0, SHOWN)]),
    full: table([head, ...rows]),
  }
}

async function podsOfNamed(pods: KubeObject[], place: Place, signal: AbortSignal): Promise<KubeObject[]> {
  const owners = await Promise.all(
    place.objects.map((ref) => place.cluster.reader.read(ref, { signal }).catch(() => undefined)),
  )
  const kind = (await place.cluster.reader.kinds()).byKind('ReplicaSet')
  const sets =
    kind && owners.some((owner) => owner?.kind === 'Deployment')
      ? (await place.cluster.reader.list(kind, { ...(place.namespace ? { namespace: place.namespace } : {}), signal }))
          .items
      : []
  const present = owners.filter((owner) => owner !== undefined)
  const snapshot = new Snapshot({ objects: [...pods, ...sets, ...present], now: new Date(0) })
  const names = new Set(present.map((owner) => owner.metadata.uid))
  const served = present
    .filter((owner) => owner.kind === 'Service')
    .flatMap((service) => snapshot.podsOfService(service))
  return pods.filter((pod) => names.has(workloadOf(snapshot, pod).metadata.uid) || served.includes(pod))
}

function passes(object: KubeObject, filter: Filter): boolean {
  if (filter === 'all') return true
  if (object.kind === 'Pod') return podPasses(object, filter)
  if (object.kind === 'Node') {
    const ready =
      object.status?.conditions?.some(
        (item: { type: string; status: string }) => item.type === 'Ready' && item.status === 'True',
      ) === true
    return filter === 'ready' || filter === 'running' ? ready : !ready
  }
  if (object.kind === 'Job') {
    const done = (type: string) =>
      object.status?.conditions?.some(
        (item: { type: string; status: string }) => item.type === type && item.status === 'True',
      ) === true
    if (filter === 'failed' || filter === 'not-ready') return done('Failed')
    return filter === 'completed' ? done('Complete') : !done('Failed') && !done('Complete')
  }
  if (['PersistentVolumeClaim', 'PersistentVolume', 'Namespace'].includes(object.kind)) {
    const good = ['Bound', 'Active', 'Available'].includes(object.status?.phase)
    if (filter === 'pending') return object.status?.phase === 'Pending'
    return filter === 'ready' || filter === 'running' ? good : !good
  }
  if (object.spec?.replicas === undefined && object.status?.desiredNumberScheduled === undefined) return true
  const whole = readyReplicas(object) >= desiredReplicas(object)
  return filter === 'ready' || filter === 'running' ? whole : !whole
}

function podPasses(pod: KubeObject, filter: Filter): boolean {
  const phase = pod.status?.phase
  const containers = containersOf(pod)
  switch (filter) {
    case 'ready':
      return isReady(pod)
    case 'running':
      return phase === 'Running'
    case 'pending':
      return phase === 'Pending'
    case 'completed':
      return phase === 'Succeeded'
    case 'failed':
      return (
        phase === 'Failed' ||
        containers.some((container) => /Err|BackOff|Error/.test(podStatus(pod)) && !container.ready)
      )
    case 'crashing':
      return /CrashLoopBackOff|Error|OOMKilled/.test(podStatus(pod))
    case 'restarted':
      return containers.some((container) => container.restarts > 0)
    default:
      return !isReady(pod) && !isFinished(pod)
  }
}

const FILTER_WORDS: Record<Filter, string> = {
  all: '',
  'not-ready': 'not ready',
  ready: 'ready',
  running: 'running',
  pending: 'pending',
  failed: 'failing',
  crashing: 'crashing',
  restarted: 'restarted at least once',
  completed: 'completed',
}

function sentenceOf(
  kind: Kind,
  filter: Filter,
  count: number,
  all: number,
  where: string,
  of: string[],
  cut: boolean,
): string {
  const one = kind.singular
  const scope = `${of.length > 0 ? ` of ${[...new Set(of)].join(', ')}` : ''} in ${where}`
  const more = cut ? ' (only the first were read)' : ''
  if (filter === 'all')
    return count === 0 ? `There are no ${kind.plural}${scope}.` : `${plural(count, one, kind.plural)}${scope}${more}.`
  if (all === 0) return `There are no ${kind.plural}${scope}.`
  const verb = count === 1 ? 'is' : 'are'
  return `${count === 0 ? 'None' : count} of ${plural(all, one, kind.plural)}${scope} ${verb} ${FILTER_WORDS[filter]}${more}.`
}

function headOf(kind: Kind, spaced: boolean): string[] {
  const first = spaced ? ['NAMESPACE', 'NAME'] : ['NAME']
  if (kind.kind === 'Pod') return [...first, 'READY', 'STATUS', 'RESTARTS', 'AGE']
  if (kind.kind === 'Node') return [...first, 'STATUS', 'VERSION', 'AGE']
  if (WITH_REPLICAS.has(kind.kind)) return [...first, 'READY', 'AGE']
  if (kind.kind === 'Service') return [...first, 'TYPE', 'PORTS', 'AGE']
  if (WITH_PHASE.has(kind.kind)) return [...first, 'STATUS', 'AGE']
  return [...first, 'AGE']
}
const WITH_REPLICAS = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'])
const WITH_PHASE = new Set(['PersistentVolumeClaim', 'PersistentVolume', 'Namespace'])

function rowOf(object: KubeObject, now: Date, spaced: boolean): string[] {
  const first = spaced ? [object.metadata.namespace ?? '', object.metadata.name] : [object.metadata.name]
  const old = age(object.metadata.creationTimestamp, now)
  if (object.kind === 'Pod') {
    const containers = containersOf(object).filter((container) => container.kind === 'main')
    const restarts = containers.reduce((sum, container) => sum + container.restarts, 0)
    return [
      ...first,
      `${containers.filter((container) => container.ready).length}/${containers.length}`,
      podStatus(object),
      String(restarts),
      old,
    ]
  }
  if (object.kind === 'Node') return [...first, nodeStatus(object), object.status?.nodeInfo?.kubeletVersion ?? '', old]
  if (WITH_REPLICAS.has(object.kind)) return [...first, `${readyReplicas(object)}/${desiredReplicas(object)}`, old]
  if (object.kind === 'Service') {
    const ports = (object.spec?.ports ?? []).map(
      (port: { port: number; protocol?: string }) => `${port.port}/${port.protocol ?? 'TCP'}`,
    )
    return [...first, object.spec?.type ?? 'ClusterIP', ports.join(',') || '<none>', old]
  }
  if (WITH_PHASE.has(object.kind)) return [...first, object.status?.phase ?? '', old]
  return [...first, old]
}

function nodeStatus(node: KubeObject): string {
  const ready = node.status?.conditions?.find((item: { type: string }) => item.type === 'Ready')?.status
  const base = ready === 'True' ? 'Ready' : 'NotReady'
  return node.spec?.unschedulable ? `${base},SchedulingDisabled` : base
}
