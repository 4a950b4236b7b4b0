// "list pods in shop", "how many pods are not ready": counted by code from the objects themselves.

import type { AnswerInput } from '../../../core/answer.ts'
import { containersOf, isFinished, isReady } from '../../../diagnose/look/pods.ts'
import { desiredReplicas, readyReplicas } from '../../../diagnose/look/workloads.ts'
import type { Kind } from '../../../objects/kinds.ts'
import type { KubeObject } from '../../../objects/object.ts'
import type { Place } from '../place.ts'
import { podStatus, table } from '../print.ts'
import type { Ask, Filter } from '../request.ts'
import { columnsOf } from './columns.ts'
import { podsOf } from './pods.ts'
import { belongsTo } from './related.ts'
import { about, plural, type Reply, whereText } from './reply.ts'

const SHOWN = 60

export const listReply: Reply<'list'> = async ({ ask, place, context }) => {
  const parts = await Promise.all(ask.of.map((kind) => listOne(kind, ask, place, context.signal, context.now())))
  const base = about(place)
  // of many kinds, those that are there
  const told = parts.length > 2 && parts.some(({ count }) => count > 0) ? parts.filter(({ count }) => count > 0) : parts
  const text = told.map((part) => part.sentence).join(' ')
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

type ListAsk = Extract<Ask, { kind: 'list' }>

async function listOne(kind: Kind, ask: ListAsk, place: Place, signal: AbortSignal, now: Date): Promise<Part> {
  const { filter, nodes = false } = ask
  const served = (await place.cluster.reader.kinds()).byKind(kind.kind)
  if (!served) {
    const sentence = `${place.cluster.name} does not serve ${kind.plural} (${kind.apiVersion}).`
    return { kind, count: 0, sentence, table: '', full: '' }
  }
  const scope = served.namespaced && place.namespace ? { namespace: place.namespace } : {}
  const { items, cut } = await place.cluster.reader.list(served, { ...scope, signal })
  const ofNamed = place.objects.filter((ref) => ref.kind !== kind.kind)
  const owned = ofNamed.length > 0 ? await itemsOf(kind, items, place, signal) : items
  const wanted = place.objects.some((ref) => ref.kind === kind.kind)
    ? owned.filter((item) => place.objects.some((ref) => ref.name === item.metadata.name))
    : owned
  const kept = wanted.filter((item) => passes(item, filter))
  const { head, row } = columnsOf(kind, { spaced: !scope.namespace && served.namespaced, nodes, now })
  const rows = kept.map(row)
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

/** Those that belong to what was named. */
async function itemsOf(kind: Kind, items: KubeObject[], place: Place, signal: AbortSignal): Promise<KubeObject[]> {
  const pods = await podsOf(place, signal)
  if (kind.kind === 'Pod') return pods
  return items.filter(belongsTo(new Set(place.objects.map(({ name }) => name)), pods))
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
    case 'oom-killed':
      return containers.some(
        ({ terminated, last }) => terminated?.reason === 'OOMKilled' || last?.reason === 'OOMKilled',
      )
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
  'oom-killed': 'killed for want of memory (OOMKilled), now or in the run before',
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
