// kubectl logs: of a pod, of the pods of a workload, or of a selector; last runs, several containers; always bounded, newest lines first to keep.
import { messageOf, NotFoundError, UsageError } from '../../core/errors.ts'
import type { KubeObject } from '../../objects/object.ts'
import { selectorText } from '../../objects/selector.ts'
import { objectPath } from '../paths.ts'
import { inParallel } from '../pool.ts'
import { flag, isSet, type ReadContext } from './command.ts'
import { builtinKind, selectors } from './resources.ts'

const MAX_STREAMS = 20
const DEFAULT_TAIL = 500
// what kubectl shows of each pod of a selector
const SELECTOR_TAIL = 10
const MAX_BYTES = 1024 * 1024

interface Wanted {
  pod: string
  container: string
}

export async function logs(context: ReadContext): Promise<string> {
  const { command } = context
  if (context.namespace === undefined) throw new UsageError('Logs are read in one namespace: leave out -A and use -n.')
  const selector = flag(command, 'selector')
  if (selector && command.args.length > 0)
    throw new UsageError('Logs are read of a name or of a selector, not of both.')
  const notes: string[] = []
  const pods = selector ? await podsOfSelector(context) : await podsOfArgument(context, context.namespace, notes)
  if (pods.length === 0) return `No resources found in ${context.namespace} namespace.`
  const wanted = pods.flatMap((pod) => containersOf(context, pod, notes))
  if (wanted.length > MAX_STREAMS) notes.push(`(${wanted.length} containers match; the first ${MAX_STREAMS} are shown)`)
  const shown = wanted.slice(0, MAX_STREAMS)
  return [...notes, await readAll(context, context.namespace, shown)].join('\n')
}

async function readAll(context: ReadContext, namespace: string, wanted: Wanted[]): Promise<string> {
  const { command, reader, signal } = context
  const options = logOptions(context)
  const texts = new Map<Wanted, string>()
  const failures: unknown[] = []
  await inParallel(wanted, 8, async (run) => {
    try {
      const { text } = await reader.logs({
        ...run,
        ...options,
        namespace,
        previous: isSet(command, 'previous'),
        signal,
      })
      texts.set(run, text)
    } catch (error) {
      signal?.throwIfAborted()
      failures.push(error)
      texts.set(run, `(${messageOf(error)})`)
    }
  })
  if (failures.length === wanted.length) throw failures[0]
  const prefix = isSet(command, 'prefix') || wanted.length > 1
  const pieces = wanted.map((run) => {
    const text = (texts.get(run) ?? '').trimEnd()
    return prefix ? text.replace(/^/gm, `[pod/${run.pod}/${run.container}] `) : text
  })
  const cut = options.tailDefault && pieces.some((text) => text.split('\n').length >= DEFAULT_TAIL)
  return cut ? `${pieces.join('\n')}\n(the last ${DEFAULT_TAIL} lines; --tail=N shows more)` : pieces.join('\n')
}

function logOptions({ command }: ReadContext) {
  const tail = flag(command, 'tail')
  const lines = tail === undefined ? undefined : Number(tail)
  if (lines !== undefined && !Number.isInteger(lines)) throw new UsageError('--tail takes a number of lines.')
  const since = flag(command, 'since')
  const sinceTime = flag(command, 'since-time')
  if (sinceTime !== undefined && Number.isNaN(Date.parse(sinceTime)))
    throw new UsageError('--since-time takes a time such as 2026-01-31T12:00:00Z.')
  const bySelector = flag(command, 'selector') !== undefined
  const bytes = Number(flag(command, 'limit-bytes') ?? MAX_BYTES)
  return {
    // -1 is kubectl's "all"
    tailLines:
      lines !== undefined && lines >= 0 ? lines : lines === undefined && bySelector ? SELECTOR_TAIL : DEFAULT_TAIL,
    tailDefault: (lines === undefined && !bySelector) || (lines ?? 0) < 0,
    sinceSeconds: since === undefined ? undefined : durationSeconds(since),
    sinceTime,
    timestamps: isSet(command, 'timestamps'),
    limitBytes: Number.isInteger(bytes) && bytes > 0 ? Math.min(bytes, MAX_BYTES) : MAX_BYTES,
  }
}

/** Go durations: `90s`, `10m`, `1h30m`. At least one second, as the API wants. */
function durationSeconds(text: string): number {
  const parts = [...text.matchAll(/(\d{1,9}(?:\.\d{1,3})?)(ms|h|m|s)/gy)]
  const length = parts.reduce((sum, [part]) => sum + part.length, 0)
  if (parts.length === 0 || length !== text.length)
    throw new UsageError(`"${text.slice(0, 40)}" is no duration: allowed are 90s, 10m, 1h30m.`)
  const unit: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600 }
  const seconds = parts.reduce((sum, [, number, name = 's']) => sum + Number(number) * (unit[name] ?? 0), 0)
  return Math.max(1, Math.ceil(seconds))
}

async function podsOfSelector(context: ReadContext): Promise<KubeObject[]> {
  const { items } = await context.reader.list(builtinKind('Pod'), {
    ...selectors(context),
    namespace: context.namespace,
    limit: 200,
    signal: context.signal,
  })
  return items
}

async function podsOfArgument(context: ReadContext, namespace: string, notes: string[]): Promise<KubeObject[]> {
  const { command, reader, signal } = context
  const [argument] = command.args
  if (argument === undefined)
    throw new UsageError(
      'Whose logs? For example: kubectl logs POD, kubectl logs deployment/NAME or kubectl logs -l app=NAME.',
    )
  const slash = argument.indexOf('/')
  const [type, name] = slash < 0 ? ['pods', argument] : [argument.slice(0, slash), argument.slice(slash + 1)]
  const kind = (await reader.kinds()).byName(type)
  if (!kind) throw new UsageError(`The cluster has no resource type "${type.slice(0, 60)}".`)
  const object = (await reader.get(objectPath(kind, namespace, name), { signal })) as KubeObject
  if (kind.kind === 'Pod') return [object]
  const pods = await podsOfWorkload(context, namespace, object)
  if (pods.length === 0) throw new NotFoundError(`${kind.kind} ${name} has no pods.`)
  if (isSet(command, 'all-pods')) return pods
  // the last run is asked of a pod that had one
  const weight = isSet(command, 'previous') ? restarts : activity
  const [first] = pods.sort((a, b) => weight(b) - weight(a))
  if (pods.length > 1 && first) notes.push(`Found ${pods.length} pods, using pod/${first.metadata.name}`)
  return first ? [first] : []
}

async function podsOfWorkload(context: ReadContext, namespace: string, object: KubeObject): Promise<KubeObject[]> {
  const { reader, signal } = context
  if (object.kind === 'CronJob') {
    const job = (await reader.kinds()).byKind('Job')
    const { items } = job ? await reader.list(job, { namespace, limit: 500, signal }) : { items: [] }
    const own = items.filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === object.metadata.uid))
    const newest = own
      .sort((a, b) => (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? ''))
      .at(-1)
    return newest ? podsOfWorkload(context, namespace, newest) : []
  }
  const selector =
    object.kind === 'Service' || object.kind === 'ReplicationController'
      ? { matchLabels: object.spec?.selector }
      : object.spec?.selector
  const labelSelector = selectorText(selector)
  if (!selector || labelSelector === '<none>')
    throw new UsageError(`${object.kind} ${object.metadata.name} selects no pods, so it has no logs.`)
  return (await reader.list(builtinKind('Pod'), { namespace, labelSelector, limit: 500, signal })).items
}

/** kubectl prefers pods that run and are ready. */
function activity(pod: KubeObject): number {
  const ready = pod.status?.conditions?.some(
    (condition: { type?: string; status?: string }) => condition.type === 'Ready' && condition.status === 'True',
  )
  return (pod.spec?.nodeName ? 1 : 0) + (pod.status?.phase === 'Running' ? 2 : 0) + (ready ? 4 : 0)
}

function restarts(pod: KubeObject): number {
  const statuses = (pod.status?.containerStatuses ?? []) as { restartCount?: number }[]
  return statuses.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0)
}

function containersOf(context: ReadContext, pod: KubeObject, notes: string[]): Wanted[] {
  const { command } = context
  const names = (list: unknown) =>
    Array.isArray(list) ? (list as { name?: string }[]).flatMap(({ name }) => name ?? []) : []
  const main = names(pod.spec?.containers)
  const all = [...names(pod.spec?.initContainers), ...main, ...names(pod.spec?.ephemeralContainers)]
  const chosen = flag(command, 'container') ?? command.args[1]
  if (chosen !== undefined) {
    if (all.includes(chosen)) return [{ pod: pod.metadata.name, container: chosen }]
    throw new UsageError(
      `Container ${chosen.slice(0, 63)} is not valid for pod ${pod.metadata.name}: it has ${all.join(', ')}.`,
    )
  }
  if (isSet(command, 'all-containers')) return all.map((container) => ({ pod: pod.metadata.name, container }))
  const marked = pod.metadata.annotations?.['kubectl.kubernetes.io/default-container']
  const container = marked && all.includes(marked) ? marked : main[0]
  if (container === undefined) return []
  if (all.length > 1) notes.push(`Defaulted container "${container}" out of: ${all.join(', ')}`)
  return [{ pod: pod.metadata.name, container }]
}
