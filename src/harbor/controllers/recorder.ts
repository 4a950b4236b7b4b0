// Events as client-go's recorders write them: repeated ones counted, similar ones combined, floods held back.
import type { KubeObject } from '../../objects/object.ts'
import { StatusError } from '../status.ts'
import type { World } from '../world.ts'
import { createAgenda } from './queue.ts'

export interface EventWords {
  type: 'Normal' | 'Warning'
  reason: string
  message: string
}
export interface EventSource {
  component: string
  host?: string
  /** `spec.containers{app}` */
  fieldPath?: string
}

// client-go's correlator: 10 similar events in 10 minutes are combined, 25 in a row per object, then one per 5 minutes
const SIMILAR_MAX = 10
const SIMILAR_WINDOW = 600_000
const BURST = 25
const REFILL = 300_000
// the API server's --event-ttl
const TTL = 3_600_000
// the scheduler's recorder writes a series again only this often
const SERIES_EVERY = 6 * 60_000

interface Known {
  namespace: string
  name: string
}
interface Similar {
  messages: Set<string>
  since: number
}
interface Bucket {
  tokens: number
  at: number
}

interface Recorder {
  event(object: KubeObject, source: EventSource, words: EventWords): void
  /** in events.k8s.io form, as the scheduler writes them */
  series(object: KubeObject, component: string, action: string, words: EventWords): void
}

const recorders = new WeakMap<World, Recorder>()

/** Records an event about an object. An event that cannot be written (its namespace is going) is dropped, as in a cluster. */
export function recordEvent(world: World, object: KubeObject, source: EventSource, words: EventWords): void {
  recorderOf(world).event(object, source, words)
}

export function recordSeries(
  world: World,
  object: KubeObject,
  component: string,
  action: string,
  words: EventWords,
): void {
  recorderOf(world).series(object, component, action, words)
}

function recorderOf(world: World): Recorder {
  const known = recorders.get(world)
  if (known) return known
  const recorder = createRecorder(world)
  recorders.set(world, recorder)
  return recorder
}

function createRecorder(world: World): Recorder {
  const events = new Map<string, Known>()
  const similar = new Map<string, Similar>()
  const buckets = new Map<string, Bucket>()
  let sequence = 0
  // a loaded event goes on counting instead of being doubled
  for (const event of world.list('Event')) events.set(eventKey(event), place(event))
  const expiry = createAgenda<string>(world, expire, 500)

  function expire(key: string): void {
    const known = events.get(key)
    if (!known) return
    const event = world.find('Event', known.namespace, known.name)
    const seen = Date.parse(event?.series?.lastObservedTime ?? event?.lastTimestamp ?? event?.eventTime ?? '')
    if (event && seen + TTL > world.clock.now()) return expiry.add(key, seen + TTL - world.clock.now())
    events.delete(key)
    if (event) world.delete('Event', known.namespace, known.name)
  }

  function write(key: string, object: KubeObject, body: Omit<KubeObject, 'apiVersion' | 'kind' | 'metadata'>): void {
    const namespace = object.metadata.namespace ?? 'default'
    // the name ends in the time in ns; the sequence keeps events of one ms apart
    const stamp = (BigInt(world.clock.now()) * 1_000_000n + BigInt(sequence++ % 1_000_000)).toString(16)
    const name = `${object.metadata.name.slice(0, 230)}.${stamp}`
    const { metadata } = object
    world.create({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace },
      involvedObject: {
        kind: object.kind,
        ...(metadata.namespace ? { namespace: metadata.namespace } : {}),
        name: metadata.name,
        ...(metadata.uid ? { uid: metadata.uid } : {}),
        apiVersion: object.apiVersion,
        ...(metadata.resourceVersion ? { resourceVersion: metadata.resourceVersion } : {}),
        ...body.fieldPath,
      },
      ...body.event,
    })
    events.set(key, { namespace, name })
    expiry.add(key, TTL)
  }

  function held(source: EventSource, object: KubeObject): boolean {
    const key = `${source.component}|${source.host ?? ''}|${object.metadata.uid}`
    const now = world.clock.now()
    const bucket = buckets.get(key) ?? { tokens: BURST, at: now }
    bucket.tokens = Math.min(BURST, bucket.tokens + (now - bucket.at) / REFILL)
    bucket.at = now
    bound(buckets, key, bucket)
    if (bucket.tokens < 1) return true
    bucket.tokens -= 1
    return false
  }

  function combined(source: EventSource, object: KubeObject, words: EventWords): string {
    const key = `${source.component}|${object.metadata.uid}|${words.type}|${words.reason}`
    const now = world.clock.now()
    let group = similar.get(key)
    if (!group || now - group.since > SIMILAR_WINDOW) group = { messages: new Set(), since: now }
    bound(similar, key, group)
    group.since = now
    if (group.messages.size < SIMILAR_MAX) group.messages.add(words.message)
    return group.messages.has(words.message) ? words.message : `(combined from similar events): ${words.message}`
  }

  return {
    event(object, source, words) {
      if (held(source, object)) return
      const message = combined(source, object, words)
      const isCombined = message !== words.message
      const key = keyFor(object, source.component, source.fieldPath, words, isCombined ? '(combined)' : message)
      const now = world.clock.iso()
      attempt(() => {
        const known = events.get(key)
        const counted =
          known &&
          world.modify('Event', known.namespace, known.name, (event) => {
            event.count = (event.count ?? 1) + 1
            event.message = message
            event.lastTimestamp = now
          })
        if (counted) return
        write(key, object, {
          fieldPath: source.fieldPath ? { fieldPath: source.fieldPath } : {},
          event: {
            reason: words.reason,
            message,
            source: { component: source.component, ...(source.host ? { host: source.host } : {}) },
            firstTimestamp: now,
            lastTimestamp: now,
            count: 1,
            type: words.type,
            eventTime: null,
            reportingComponent: source.component,
            reportingInstance: source.host ?? '',
          },
        })
      })
    },
    series(object, component, action, words) {
      const key = keyFor(object, component, undefined, words, words.message)
      attempt(() => {
        const known = events.get(key)
        const event = known && world.find('Event', known.namespace, known.name)
        if (known && event) {
          const last = Date.parse(event.series?.lastObservedTime ?? event.eventTime ?? '')
          if (event.series && world.clock.now() - last < SERIES_EVERY) return
          world.modify('Event', known.namespace, known.name, (draft) => {
            draft.series = { count: (draft.series?.count ?? 1) + 1, lastObservedTime: world.clock.isoMicro() }
          })
          return
        }
        write(key, object, {
          event: {
            reason: words.reason,
            message: words.message,
            source: {},
            firstTimestamp: null,
            lastTimestamp: null,
            type: words.type,
            eventTime: world.clock.isoMicro(),
            action,
            reportingComponent: component,
            reportingInstance: `${component}-practice`,
          },
        })
      })
    },
  }
}

function attempt(write: () => void): void {
  try {
    write()
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
  }
}

function keyFor(
  object: KubeObject,
  component: string,
  fieldPath: string | undefined,
  words: EventWords,
  message: string,
): string {
  return [component, object.kind, object.metadata.uid, fieldPath ?? '', words.type, words.reason, message].join('|')
}

function eventKey(event: KubeObject): string {
  const about = event.involvedObject ?? {}
  const combined = String(event.message ?? '').startsWith('(combined from similar events)')
  const component = event.source?.component || event.reportingComponent
  const message = combined ? '(combined)' : event.message
  return [component, about.kind, about.uid, about.fieldPath ?? '', event.type, event.reason, message].join('|')
}

function place(event: KubeObject): Known {
  return { namespace: event.metadata.namespace ?? 'default', name: event.metadata.name }
}

// the correlator's caches hold 4096 keys, the oldest go first
function bound<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= 4096) return
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
}
