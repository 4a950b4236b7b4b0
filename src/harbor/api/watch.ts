// The verb watch: initial events, replay from a revision, live changes, bookmarks, and a clean end.
import type { KubeObject } from '../../objects/object.ts'
import { FieldErrors, invalid } from '../invalid.ts'
import { badRequest, StatusError } from '../status.ts'
import type { StoredChange } from '../store.ts'
import type { ResourceContext } from './context.ts'
import { integer, revisionIn } from './query.ts'
import { jsonOf, partial } from './represent.ts'
import { flag } from './request.ts'
import { type Selection, selectionOf } from './selectors.ts'
import { tableOf } from './table.ts'

type EventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'

const DEFAULT_SECONDS = 1800
// longer ones do not fit into a timer
const MAX_SECONDS = 86_400
const BOOKMARK_EVERY_MS = 60_000
// a client that does not read is cut off rather than buffered without end
const MAX_BUFFERED = 64 * 1024 * 1024

export async function watch(context: ResourceContext): Promise<void> {
  const { realm, resource, path, request, response } = context
  const { query } = request
  const selection = selectionOf(query, resource)
  const asked = integer(query, 'timeoutSeconds') ?? 0
  const seconds = asked > 0 ? Math.min(asked, MAX_SECONDS) : DEFAULT_SECONDS
  checkWatchOptions(query)
  // 0: with everything there is
  const from = revisionIn(query, badRequest) ?? 0
  if (path.watch && path.name !== undefined) query.set('fieldSelector', `metadata.name=${path.name}`)
  const chosen = path.watch && path.name !== undefined ? selectionOf(query, resource) : selection

  response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, private' })
  response.flushHeaders()
  const stream = createStream(context, chosen)
  const initial = query.get('sendInitialEvents') === 'true'
  if (initial || from === 0) {
    for (const object of realm.store.list(resource.id, path.namespace)) stream.offer('ADDED', object)
    if (initial && flag(query, 'allowWatchBookmarks')) stream.bookmark(true)
  } else {
    const missed = realm.store.changesAfter(resource.id, from)
    // a revision of the future is one of another world: the client has to list anew
    const foreign = from > realm.store.revision()
    if (!missed || foreign) return stream.fail(tooOld(from, realm.store.compacted(resource.id)))
    for (const change of missed) stream.change(change)
  }
  await follow(context, stream, seconds)
}

function follow(context: ResourceContext, stream: Stream, seconds: number): Promise<void> {
  const { realm, resource, request, response } = context
  return new Promise((resolve) => {
    const bookmarks = flag(request.query, 'allowWatchBookmarks')
    const stops = [
      realm.store.subscribe((change) => {
        if (change.resource === resource.id) stream.change(change)
      }),
      context.onClose(end),
    ]
    const timers = [setTimeout(end, seconds * 1000)]
    if (bookmarks) {
      timers.push(setInterval(() => stream.bookmark(false), BOOKMARK_EVERY_MS))
      if (seconds > 2) timers.push(setTimeout(() => stream.bookmark(false), (seconds - 2) * 1000))
    }
    function end(): void {
      for (const timer of timers) clearTimeout(timer)
      for (const stop of stops) stop()
      response.end()
      resolve()
    }
    response.on('close', end)
  })
}

interface Stream {
  /** an object as it is, if the selection has it */
  offer(type: EventType, object: KubeObject): void
  /** a change as this selection sees it: entering is ADDED, leaving is DELETED */
  change(change: StoredChange): void
  bookmark(initialEnd: boolean): void
  fail(error: StatusError): void
}

function createStream(context: ResourceContext, selection: Selection): Stream {
  const { realm, resource, path, response } = context
  const print = printerOf(context)

  function write(type: EventType, text: string): void {
    if (response.writableEnded || response.destroyed) return
    if (response.writableLength > MAX_BUFFERED) {
      response.destroy()
      return
    }
    response.write(`{"type":"${type}","object":${text}}\n`)
  }
  const matches = (object: KubeObject) => !selection.filtered || selection.matches(resource.fromStored(object))

  return {
    offer(type, object) {
      if (matches(object)) write(type, print(object))
    },
    change({ type, object, previous, revision }) {
      if (path.namespace !== undefined && object.metadata.namespace !== path.namespace) return
      const before = type !== 'ADDED' && previous !== undefined && matches(previous)
      const after = type !== 'DELETED' && matches(object)
      if (type === 'DELETED' ? before : before && after) write(type, print(object))
      else if (after) write('ADDED', print(object))
      else if (before) write('DELETED', print(atRevision(previous, revision)))
    },
    bookmark(initialEnd) {
      const { kind, apiVersion } = resource
      const annotations = initialEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}
      const metadata = { resourceVersion: String(realm.store.revision()), ...annotations }
      write('BOOKMARK', JSON.stringify({ kind, apiVersion, metadata }))
    },
    fail(error) {
      write('ERROR', JSON.stringify(error.body))
      response.end()
    },
  }
}

const left = new WeakMap<KubeObject, KubeObject>()

// the last state a selection saw, with the revision at which it went out of sight
function atRevision(object: KubeObject, revision: number): KubeObject {
  const known = left.get(object)
  if (known?.metadata.resourceVersion === String(revision)) return known
  const copy = { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } }
  left.set(object, copy)
  return copy
}

function printerOf(context: ResourceContext): (object: KubeObject) => string {
  const { resource, accepted } = context
  const { representation } = accepted
  let first = true
  return (object) => {
    const shown = resource.fromStored(object)
    if (representation.as === 'Table') {
      const table = tableOf(context, [shown], { resourceVersion: shown.metadata.resourceVersion }, first)
      first = false
      return JSON.stringify(table)
    }
    if (representation.as !== 'object') return JSON.stringify(partial(shown, representation.version))
    return jsonOf(shown)
  }
}

function tooOld(asked: number, oldest: number): StatusError {
  return new StatusError(410, 'Expired', `too old resource version: ${asked} (${oldest})`)
}

function checkWatchOptions(query: URLSearchParams): void {
  const errors = new FieldErrors()
  const match = query.get('resourceVersionMatch')
  const initial = query.has('sendInitialEvents')
  if (query.get('continue')) {
    errors.forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided')
  } else if (initial && match !== 'NotOlderThan') {
    const why = 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'
    errors.forbidden('resourceVersionMatch', why)
    if (match) errors.notSupported('resourceVersionMatch', match, ['NotOlderThan'])
  } else if (!initial && match) {
    const why = 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'
    errors.forbidden('resourceVersionMatch', why)
  }
  if (errors.list.length > 0) throw invalid('ListOptions', 'meta.k8s.io', '', errors)
  if (query.get('sendInitialEvents') && !/^(true|false)$/.test(query.get('sendInitialEvents') ?? '')) {
    throw badRequest('sendInitialEvents must be true or false')
  }
}
