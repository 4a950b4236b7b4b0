// Watches kinds of objects for as long as the process lives: resumes where it was, relists when it must, and never replays what was seen.
import { messageOf, NotPermittedError, UnavailableError } from '../core/errors.ts'
import type { KubeObject } from '../objects/object.ts'
import { ExpiredError } from './errors.ts'
import type { Reader } from './reader.ts'
import { createSeen, type Seen } from './seen.ts'

export interface Watch<T> {
  kind: string
  apiVersion?: string
  /** absent: all namespaces */
  namespace?: string
  labelSelector?: string
  fieldSelector?: string
  /**
   * `now`: what is already there is not delivered, and after a gap only what is newer (events);
   * `all`: what is there is delivered first, and after a gap every difference (state).
   */
  from: 'now' | 'all'
  /** continue a watch of an earlier process: nothing since that resource version is missed */
  resourceVersion?: string
  /** all that is kept of an object; undefined: not of interest */
  project(object: KubeObject): T | undefined
}

export interface Change<T> {
  type: 'added' | 'modified' | 'deleted'
  kind: string
  namespace: string | undefined
  name: string
  uid: string
  /** absent for an object that vanished while nobody watched */
  object: T | undefined
}

export interface WatchState {
  kind: string
  state: 'listing' | 'watching' | 'waiting'
  /** why it waits, as a sentence */
  reason?: string
}

export interface WatchHandlers<T> {
  /** Awaited: a slow handler slows the watch down. A failing one gets the same change again. */
  onChange(change: Change<T>): void | Promise<void>
  onState?(state: WatchState): void
  /** everything up to here has been handled; keep it to resume after a restart */
  onProgress?(kind: string, resourceVersion: string): void
}

export interface WatchTiming {
  /** first and longest pause between tries */
  minPauseMs: number
  maxPauseMs: number
  /** a watch that says nothing for that long, not even a bookmark, is opened again */
  inactivityMs: number
  /** the server ends the watch after that long */
  lifetimeSeconds: number
}

const TIMING: WatchTiming = { minPauseMs: 500, maxPauseMs: 10_000, inactivityMs: 120_000, lifetimeSeconds: 290 }
const REFUSED_PAUSE_MS = 60_000
// a stream that lived this long was healthy, whatever ended it
const HEALTHY_MS = 5000

/** Runs until the signal aborts; never rejects for what a cluster does. */
export async function watchKinds<T>(
  reader: Reader,
  watches: Watch<T>[],
  handlers: WatchHandlers<T>,
  options: { signal: AbortSignal; timing?: Partial<WatchTiming> },
): Promise<void> {
  const timing = { ...TIMING, ...options.timing }
  await Promise.all(
    watches.map((watch) =>
      watchOne({ reader, watch, handlers, signal: options.signal, timing, seen: createSeen(watch.from) }),
    ),
  )
}

/**
 * The server gave an error inside the stream. The same version may bring the same error for ever (an event whose predecessor was compacted
 * away does), so what is there now is read instead.
 */
class EndedError extends UnavailableError {
  override name = 'EndedError'
}

interface Watching<T> {
  reader: Reader
  watch: Watch<T>
  handlers: WatchHandlers<T>
  signal: AbortSignal
  timing: WatchTiming
  seen: Seen
}

async function watchOne<T>(watching: Watching<T>): Promise<void> {
  const { watch, handlers, signal, timing, seen } = watching
  // an earlier process has seen everything up to here
  seen.resume(watch.resourceVersion)
  let failures = 0
  while (!signal.aborted) {
    const began = Date.now()
    try {
      if (seen.mustList) {
        handlers.onState?.({ kind: watch.kind, state: 'listing' })
        await relist(watching)
      }
      handlers.onState?.({ kind: watch.kind, state: 'watching' })
      await follow(watching)
      // the server ended the watch: go on at once, unless it does so all the time
      if (Date.now() - began > HEALTHY_MS) failures = 0
      else await pause(jitter(timing.minPauseMs), signal)
    } catch (error) {
      if (signal.aborted) return
      // an answer that history has ended is a sign of life: what is there now is read soon
      const expired = error instanceof ExpiredError
      if (expired || error instanceof EndedError) seen.expire()
      failures = expired || Date.now() - began > HEALTHY_MS ? 1 : failures + 1
      handlers.onState?.({ kind: watch.kind, state: 'waiting', reason: messageOf(error) })
      await pause(pauseAfter(error, failures, timing), signal)
    }
  }
}

/** Reads what is there now and delivers what differs from what was seen. */
async function relist<T>(watching: Watching<T>): Promise<void> {
  const { reader, watch, handlers, signal, seen } = watching
  const kind = await servedKind(reader, watch)
  const scope = {
    namespace: watch.namespace,
    labelSelector: watch.labelSelector,
    fieldSelector: watch.fieldSelector,
    signal,
    timeoutMs: 60_000,
  }
  if (seen.skipsFirstList) {
    // the first list is only asked for where history ends
    const { resourceVersion } = await reader.list(kind, { ...scope, limit: 1 })
    seen.listed(resourceVersion)
    handlers.onProgress?.(watch.kind, resourceVersion)
    return
  }
  const round = seen.beginList()
  const fresh: { change: Change<T>; version: number }[] = []
  const { resourceVersion } = await reader.list(kind, {
    ...scope,
    limit: Number.MAX_SAFE_INTEGER,
    project(object) {
      const news = round.look(object)
      const change = news && changeOf(watch, news, object)
      if (change?.object !== undefined) fresh.push({ change, version: Number(object.metadata.resourceVersion) })
      return undefined
    },
  })
  // lists come in the order of names, news in the order they happened
  for (const { change } of fresh.sort((a, b) => a.version - b.version)) await handlers.onChange(change)
  for (const gone of round.gone())
    await handlers.onChange({ ...gone, type: 'deleted', kind: watch.kind, object: undefined })
  round.commit(resourceVersion)
  handlers.onProgress?.(watch.kind, resourceVersion)
}

/** One watch connection, until it ends. */
async function follow<T>(watching: Watching<T>): Promise<void> {
  const { reader, watch, handlers, signal, timing, seen } = watching
  const kind = await servedKind(reader, watch)
  const stream = await reader.watch(kind, {
    namespace: watch.namespace,
    labelSelector: watch.labelSelector,
    fieldSelector: watch.fieldSelector,
    resourceVersion: seen.resourceVersion,
    timeoutSeconds: Math.round(timing.lifetimeSeconds * (0.9 + Math.random() * 0.2)),
    signal,
  })
  let idle = false
  const quiet = setTimeout(() => {
    idle = true
    stream.close()
  }, timing.inactivityMs)
  try {
    for await (const { type, object } of stream.events) {
      quiet.refresh()
      if (type === 'ERROR') throw watchError(reader.cluster, object)
      const resourceVersion = object.metadata?.resourceVersion ?? ''
      const change = type === 'BOOKMARK' ? undefined : changeOf(watch, TYPES[type] ?? 'modified', object)
      if (change && (change.object !== undefined || change.type === 'deleted')) await handlers.onChange(change)
      seen.follow(type, object)
      if (resourceVersion) handlers.onProgress?.(watch.kind, resourceVersion)
    }
  } catch (error) {
    // a connection that we closed ourselves, or that broke: both go on from the last version seen
    if (!idle && !signal.aborted) throw isCut(error) ? new UnavailableError('The connection was cut.') : error
  } finally {
    clearTimeout(quiet)
    stream.close()
  }
}

const TYPES: Record<string, Change<unknown>['type']> = { ADDED: 'added', MODIFIED: 'modified', DELETED: 'deleted' }

function changeOf<T>(watch: Watch<T>, type: Change<T>['type'], object: KubeObject): Change<T> {
  const { namespace, name, uid } = object.metadata
  return { type, kind: watch.kind, namespace, name, uid: uid ?? '', object: watch.project(object) }
}

async function servedKind<T>(reader: Reader, watch: Watch<T>) {
  const kinds = await reader.kinds()
  const kind = kinds.byKind(watch.kind, watch.apiVersion)
  if (kind) return kind
  throw new NotPermittedError(`Cluster ${reader.cluster} serves no kind ${watch.kind}.`, `watch ${watch.kind}`)
}

function watchError(cluster: string, status: KubeObject): Error {
  const code = Number(status.code)
  const message = String(status.message ?? 'no reason given').slice(0, 300)
  if (code === 410) return new ExpiredError(message)
  return new EndedError(`Cluster ${cluster} ended a watch (${code || 'no code'}): ${message}`)
}

function pauseAfter(error: unknown, failures: number, timing: WatchTiming): number {
  // nothing is wrong with the connection: list at once, but never in a tight loop
  if (error instanceof ExpiredError && failures === 1) return 0
  if (error instanceof NotPermittedError) return jitter(Math.min(REFUSED_PAUSE_MS, timing.maxPauseMs * 2))
  const grown = Math.min(timing.minPauseMs * 2 ** Math.min(failures - 1, 20), timing.maxPauseMs)
  const asked = error instanceof UnavailableError ? (error.retryAfterMs ?? 0) : 0
  return Math.max(jitter(grown), asked)
}

/** Between half and all of it, so that many watchers do not come back together. */
function jitter(ms: number): number {
  return ms * (0.5 + Math.random() / 2)
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done, { once: true })
    if (signal.aborted) done()
  })
}

/** Node's word for a stream that ended in the middle is `aborted`, which tells a person nothing. */
function isCut(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ECONNRESET'
}
