// "logs of checkout": the pod is picked by code (a failing one first), and the choice is said.
import type { Offer } from '../../../core/answer.ts'
import { NotFoundError, NotPermittedError, UsageError } from '../../../core/errors.ts'
import { type ObjectRef, refText } from '../../../core/ref.ts'
import { type Container, containersOf, isReady } from '../../../diagnose/look/pods.ts'
import type { KubeObject } from '../../../objects/object.ts'
import type { Place } from '../place.ts'
import { minutesBack } from '../since.ts'
import { podsOf } from './pods.ts'
import { about, plural, type Reply, whereText } from './reply.ts'

const TAIL = 60
const IN_MESSAGE = 25
/** lines in which something is looked for */
const LOOKED_THROUGH = 5000
const ERROR = /\b(err(or)?|fatal|panic|crit(ical)?|severe|emerg|exception|traceback|fail(ed|ure)?)\b/i
const LIMIT = 512 * 1024

export const logsReply: Reply<'logs'> = async ({ ask, place, context, request }) => {
  const base = about(place)
  const [named] = place.objects
  if (!named) {
    const missing = place.unknown[0]
    const text = missing
      ? `There is no ${missing} in ${whereText(place)} that I can find logs of.`
      : 'Logs of what? Name a pod or a workload, as in "logs of checkout".'
    return { ...base, tone: 'ask', text }
  }
  context.progress(`Reading logs of ${refText(named)}`)
  const pods = await podsOf(place, context.signal)
  const pod = pickPod(pods)
  if (!pod) return { ...base, tone: 'ask', text: `${refText(named)} has no pods, so there are no logs.` }
  const container = pickContainer(pod, ask.container)
  if (typeof container === 'string') return { ...base, tone: 'ask', text: container }
  const previous = ask.previous || (container.waiting?.reason === 'CrashLoopBackOff' && container.restarts > 0)
  const since = Math.ceil(minutesBack(ask.sinceMinutes ?? 0, context.now()) * 60)
  const result = await readLogs(
    place,
    pod,
    container.name,
    previous,
    ask.only ? (since > 0 ? undefined : LOOKED_THROUGH) : (ask.tail ?? (since > 0 ? undefined : TAIL)),
    since,
    context.signal,
  )
  if ('reason' in result)
    return { ...base, tone: 'ask', text: result.reason, offers: [diagnoseOffer(place, named, pod)] }
  const all = result.text.trimEnd().split('\n')
  const found = ask.only === undefined ? all : all.filter(lookingFor(ask.only))
  const lines = ask.only !== undefined && ask.tail ? found.slice(-ask.tail) : found
  const what = `${result.previous ? 'previous ' : ''}log of ${pod.metadata.namespace}/${pod.metadata.name}, container ${container.name}`
  if (result.text.trim() === '')
    return { ...base, text: `The ${what} is empty${request.ask.kind === 'logs' && since ? ' for that time' : ''}.` }
  if (lines.length === 0)
    return {
      ...base,
      text: `No line of the ${what} ${ask.only === 'errors' ? 'looks like an error' : `contains "${ask.only}"`} (${plural(all.length, 'line')} looked at).`,
    }
  const shown = lines.slice(-IN_MESSAGE)
  const note = [
    ask.only === undefined ? '' : `of ${plural(all.length, 'line')} looked at`,
    pods.length > 1 ? `one of ${plural(pods.length, 'pod')}` : '',
    lines.length > shown.length ? `the last ${shown.length} of ${lines.length} lines; all of them in the file` : '',
    result.cut ? 'cut at 512 KiB' : '',
    othersOf(pod, container),
  ].filter(Boolean)
  return {
    ...base,
    text: `${sentence(what, lines.length)}\n${lines.join('\n')}`,
    blocks: [
      { kind: 'text', text: sentence(what, lines.length) },
      { kind: 'code', text: shown.join('\n') },
      ...(note.length > 0 ? [{ kind: 'note' as const, text: note.join(' · ') }] : []),
    ],
    attachments:
      lines.length > shown.length
        ? [{ name: `${pod.metadata.name}-${container.name}.log`, title: what, data: lines.join('\n') }]
        : [],
    evidence: [{ source: 'log', object: refOfPod(pod), text: shown.slice(-5).join('\n') }],
    offers: [...(result.previous ? [] : [diagnoseOffer(place, named, pod)]), ...otherContainers(place, pod, container)],
  }
}

/** Plain text, whatever the case; `errors` are lines that say so themselves. */
function lookingFor(only: string): (line: string) => boolean {
  if (only === 'errors') return (line) => ERROR.test(line)
  const wanted = only.toLowerCase()
  return (line) => line.toLowerCase().includes(wanted)
}

function diagnoseOffer(place: Place, named: ObjectRef, pod: KubeObject): Offer {
  const question = `diagnose ${named.kind.toLowerCase()} ${named.name} -n ${pod.metadata.namespace}`
  return { label: 'Diagnose', intent: { kind: 'ask', cluster: place.cluster.name, question } }
}

function sentence(what: string, lines: number): string {
  return `${what[0]?.toUpperCase()}${what.slice(1)} (${plural(lines, 'line')}):`
}

function pickPod(pods: KubeObject[]): KubeObject | undefined {
  const sick = (pod: KubeObject) => !isReady(pod) && pod.status?.phase !== 'Succeeded'
  const restarts = (pod: KubeObject) => containersOf(pod).reduce((sum, container) => sum + container.restarts, 0)
  return pods.toSorted(
    (a, b) =>
      Number(sick(b)) - Number(sick(a)) || restarts(b) - restarts(a) || a.metadata.name.localeCompare(b.metadata.name),
  )[0]
}

function pickContainer(pod: KubeObject, wanted: string | undefined): Container | string {
  const containers = containersOf(pod)
  const names = containers.map((container) => container.name)
  if (wanted !== undefined) {
    const found = containers.find((container) => container.name === wanted)
    return found ?? `Pod ${pod.metadata.name} has no container ${wanted}; it has ${names.join(', ')}.`
  }
  const annotated = pod.metadata.annotations?.['kubectl.kubernetes.io/default-container']
  const sick = containers.find(
    (container) =>
      !container.ready &&
      (container.waiting?.reason?.includes('BackOff') || (container.terminated?.exitCode ?? 0) !== 0),
  )
  const chosen =
    sick ??
    containers.find((container) => container.name === annotated) ??
    containers.find((container) => container.kind === 'main')
  return chosen ?? `Pod ${pod.metadata.name} has no containers.`
}

function othersOf(pod: KubeObject, container: Container): string {
  const others = containersOf(pod).filter((other) => other.name !== container.name)
  return others.length > 0 ? `other containers: ${others.map((other) => other.name).join(', ')}` : ''
}

function otherContainers(place: Place, pod: KubeObject, container: Container): Offer[] {
  const object = refOfPod(pod)
  return containersOf(pod)
    .filter((other) => other.name !== container.name)
    .map(({ name }) => ({
      label: name,
      pick: 'Pick a container',
      intent: { kind: 'logs', cluster: place.cluster.name, object, container: name, previous: false },
    }))
}

type LogResult = { text: string; previous: boolean; cut: boolean } | { reason: string }

async function readLogs(
  place: Place,
  pod: KubeObject,
  container: string,
  previous: boolean,
  tail: number | undefined,
  since: number,
  signal: AbortSignal,
): Promise<LogResult> {
  const options = {
    namespace: pod.metadata.namespace ?? 'default',
    pod: pod.metadata.name,
    container,
    limitBytes: LIMIT,
    signal,
    ...(tail === undefined ? {} : { tailLines: tail }),
    ...(since > 0 ? { sinceSeconds: Math.ceil(since) } : {}),
  }
  try {
    return { ...(await place.cluster.reader.logs({ ...options, previous })), previous }
  } catch (error) {
    if (previous) {
      // no earlier run is kept: the current one is the next best
      const current = await place.cluster.reader.logs(options).catch(() => undefined)
      if (current) return { ...current, previous: false }
    }
    if (error instanceof NotFoundError || error instanceof UsageError || error instanceof NotPermittedError)
      return { reason: error.message }
    throw error
  }
}

function refOfPod(pod: KubeObject): ObjectRef {
  return { apiVersion: 'v1', kind: 'Pod', namespace: pod.metadata.namespace, name: pod.metadata.name }
}
