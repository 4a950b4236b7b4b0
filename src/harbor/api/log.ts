// The log subresource of pods: which container, which lines, follow.
import type { KubeObject } from '../../objects/object.ts'
import { FieldErrors, invalid } from '../invalid.ts'
import { allContainers } from '../kinds/pod-spec.ts'
import type { LogLine } from '../logs.ts'
import type { Json } from '../plain.ts'
import { badRequest, notFound } from '../status.ts'
import type { ResourceContext } from './context.ts'
import { integer } from './query.ts'
import { flag } from './request.ts'
import type { Answer } from './respond.ts'

const MAX_BUFFERED = 16 * 1024 * 1024

interface LogOptions {
  container: string
  previous: boolean
  follow: boolean
  timestamps: boolean
  tail: number | undefined
  limit: number | undefined
  since: number | undefined
}

export function podLog(context: ResourceContext): Promise<undefined> | Answer {
  const { realm, path, request, resource } = context
  const pod = realm.store.get(resource.id, path.namespace ?? '', path.name ?? '')
  if (!pod) throw notFound(resource, path.name ?? '')
  const options = readOptions(request.query, pod, realm.world.clock.now())
  if (!pod.spec.nodeName) return { code: 204 }
  const status = statusOf(pod, options.container)
  const ref = { namespace: path.namespace ?? '', pod: pod.metadata.name, container: options.container }
  const lines = realm.world.logs.read(ref, options.previous)
  if (options.previous && !status?.lastState?.terminated && !lines) {
    throw badRequest(`previous terminated container "${options.container}" in pod "${pod.metadata.name}" not found`)
  }
  const waiting = status ? status.state?.waiting?.reason : 'ContainerCreating'
  // a container in back-off still has the log of its last run
  const current = lines ?? (waiting === 'CrashLoopBackOff' ? realm.world.logs.read(ref, true) : undefined)
  const started = status?.state?.running || status?.state?.terminated || status?.lastState?.terminated
  if (!options.previous && !started && !current?.length) {
    throw badRequest(
      `container "${options.container}" in pod "${pod.metadata.name}" is waiting to start: ${waiting ?? 'ContainerCreating'}`,
    )
  }
  const shown = current?.length || options.previous ? (current ?? []) : lastRun(realm, ref, waiting, current)
  return writeLog(context, ref, shown, options, Boolean(status?.state?.running))
}

type Ref = Parameters<ResourceContext['realm']['world']['logs']['read']>[0]

function lastRun(
  { world }: ResourceContext['realm'],
  ref: Ref,
  waiting: string | undefined,
  current: readonly LogLine[] | undefined,
) {
  return waiting ? (world.logs.read(ref, true) ?? []) : (current ?? [])
}

function writeLog(
  context: ResourceContext,
  ref: Ref,
  lines: readonly LogLine[],
  options: LogOptions,
  running: boolean,
): Promise<undefined> {
  const { response, realm } = context
  const { since, limit, timestamps } = options
  const inTime = since === undefined ? lines : lines.filter((line) => line.at >= since)
  const chosen = options.tail === undefined ? inTime : options.tail === 0 ? [] : inTime.slice(-options.tail)
  let left = limit ?? Number.POSITIVE_INFINITY
  response.writeHead(200, { 'Content-Type': 'text/plain' })
  response.flushHeaders()

  return new Promise((resolve) => {
    let stops: (() => void)[] = []
    function end(): void {
      for (const stop of stops) stop()
      stops = []
      response.end()
      resolve(undefined)
    }
    function write(text: string): boolean {
      const bytes = Buffer.from(text)
      const cut = bytes.length > left ? bytes.subarray(0, left) : bytes
      left -= cut.length
      if (cut.length > 0 && !response.writableEnded) response.write(cut)
      // a client that does not read is cut off rather than buffered without end
      if (response.writableLength > MAX_BUFFERED) response.destroy()
      return left > 0
    }
    const text = chosen.map((line) => print(line, timestamps)).join('')
    const more = write(text)
    if (!options.follow || !running || !more) return end()
    stops = [realm.world.logs.follow(ref, (line) => write(print(line, timestamps)) || end(), end), context.onClose(end)]
    response.on('close', end)
  })
}

function print({ at, text }: LogLine, timestamps: boolean): string {
  return timestamps ? `${new Date(at).toISOString().slice(0, 23)}000000Z ${text}\n` : `${text}\n`
}

function readOptions(query: URLSearchParams, pod: KubeObject, now: number): LogOptions {
  const tail = integer(query, 'tailLines')
  const limit = integer(query, 'limitBytes')
  const sinceSeconds = integer(query, 'sinceSeconds')
  const sinceTime = query.get('sinceTime') || undefined
  const sinceAt = sinceTime === undefined ? undefined : readTime(sinceTime)
  const errors = new FieldErrors()
  if (tail !== undefined && tail < 0) errors.invalid('tailLines', tail, 'must be greater than or equal to 0')
  if (limit !== undefined && limit < 1) errors.invalid('limitBytes', limit, 'must be greater than 0')
  if (sinceSeconds !== undefined && sinceAt !== undefined) {
    errors.forbidden('[]', 'at most one of `sinceTime` or `sinceSeconds` may be specified')
  } else if (sinceSeconds !== undefined && sinceSeconds < 1) {
    errors.invalid('sinceSeconds', sinceSeconds, 'must be greater than 0')
  }
  if (errors.list.length > 0) throw invalid('PodLogOptions', '', pod.metadata.name, errors)
  return {
    container: containerOf(query.get('container') ?? '', pod),
    previous: flag(query, 'previous'),
    follow: flag(query, 'follow'),
    timestamps: flag(query, 'timestamps'),
    tail,
    limit,
    since: sinceSeconds === undefined ? sinceAt : now - sinceSeconds * 1000,
  }
}

function readTime(text: string): number {
  const at = Date.parse(text)
  if (/^\d{4}-/.test(text) && !Number.isNaN(at)) return at
  const quoted = JSON.stringify(text)
  throw badRequest(`parsing time ${quoted} as "2006-01-02T15:04:05Z07:00": cannot parse ${quoted} as "2006"`)
}

function containerOf(asked: string, pod: KubeObject): string {
  const names: string[] = allContainers(pod.spec).map((container) => container.name)
  const { name } = pod.metadata
  if (asked !== '') {
    if (names.includes(asked)) return asked
    throw badRequest(`container ${asked} is not valid for pod ${name}`)
  }
  if (names.length === 1) return names[0] ?? ''
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`)
}

function statusOf(pod: KubeObject, container: string): Json {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {}
  return [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses].find(
    (status) => status.name === container,
  )
}
