// The work queue under every controller: keys, each at most once, on the world's clock. One timer per controller however many keys wait.
import { StatusError } from '../status.ts'
import type { Change, Controller, World } from '../world.ts'

export interface Reconciler {
  /** The keys that a change concerns. Called for every write of the world, so it must be cheap. */
  concerns(change: Change): Iterable<string>
  /** The keys to look at when the practice cluster starts. */
  initial(): Iterable<string>
  /** Looks, acts, writes status; says in how many ms to look again, if at all. A StatusError thrown is tried again later. */
  // biome-ignore lint/suspicious/noConfusingVoidType: most reconcilers have nothing to say about when
  reconcile(key: string): number | undefined | void
}

export interface Queue {
  /** Looks at the key after `ms`; an earlier appointment stands. */
  add(key: string, ms?: number): void
}

// the client-go defaults: retries after 5 ms, doubling up to 1000 s
const FIRST_RETRY = 5
const LAST_RETRY = 1_000_000
// keys handled before other work of the process, requests above all, gets its turn; a count, not a time, so that runs can be repeated
const BURST = 2

/** How long news about one of `count` pods may wait for more of the same: a round over many pods costs more than one over few. */
export function gather(count: number): number {
  return count < 20 ? 0 : Math.min(1000, count)
}

/** A controller whose work is keyed; `setUp` builds it for one world. */
export function keyedController(name: string, setUp: (world: World, queue: Queue) => Reconciler): Controller {
  return {
    name,
    start(world) {
      const agenda = createAgenda<string>(world, run, BURST)
      const failures = new Map<string, number>()
      const reconciler = setUp(world, { add: (key, ms = 0) => agenda.add(key, ms) })

      function run(key: string): void {
        try {
          const again = reconciler.reconcile(key)
          failures.delete(key)
          if (typeof again === 'number') agenda.add(key, again)
        } catch (error) {
          const failed = (failures.get(key) ?? 0) + 1
          failures.set(key, failed)
          agenda.add(key, Math.min(LAST_RETRY, FIRST_RETRY * 2 ** Math.min(failed - 1, 30)))
          // a refusal by the API is part of life; anything else is a mistake in a controller and goes to the clock's owner
          if (!(error instanceof StatusError)) throw error
        }
      }

      const unsubscribe = world.subscribe((change) => {
        for (const key of reconciler.concerns(change)) agenda.add(key, 0)
      })
      for (const key of reconciler.initial()) agenda.add(key, 0)
      return () => {
        unsubscribe()
        agenda.stop()
      }
    },
  }
}

export interface Agenda<K> {
  add(key: K, ms: number): void
  delete(key: K): void
  stop(): void
}

interface Entry<K> {
  key: K
  at: number
  order: number
}

/** Appointments by key, the earliest of each kept, in a binary heap behind a single timer. */
export function createAgenda<K>(world: World, run: (key: K) => void, burst = Number.POSITIVE_INFINITY): Agenda<K> {
  const heap: Entry<K>[] = []
  const current = new Map<K, Entry<K>>()
  let order = 0
  let armedFor = Number.POSITIVE_INFINITY
  let cancel: (() => void) | undefined
  let stopped = false

  function arm(): void {
    while (heap[0] && current.get(heap[0].key) !== heap[0]) pop(heap)
    const next = heap[0]
    if (!next || stopped) return
    if (cancel && armedFor <= next.at) return
    cancel?.()
    armedFor = next.at
    cancel = world.clock.after(next.at - world.clock.now(), fire)
  }

  function fire(): void {
    cancel = undefined
    armedFor = Number.POSITIVE_INFINITY
    try {
      for (let done = 0; done < burst && !stopped; done++) {
        const next = heap[0]
        if (!next || next.at > world.clock.now()) break
        pop(heap)
        if (current.get(next.key) !== next) continue
        current.delete(next.key)
        run(next.key)
      }
    } finally {
      arm()
    }
  }

  return {
    add(key, ms) {
      const at = world.clock.now() + Math.max(0, ms)
      const known = current.get(key)
      if (known && known.at <= at) return
      const entry = { key, at, order: order++ }
      current.set(key, entry)
      push(heap, entry)
      arm()
    },
    delete: (key) => void current.delete(key),
    stop() {
      stopped = true
      cancel?.()
      current.clear()
      heap.length = 0
    },
  }
}

function before<K>(a: Entry<K>, b: Entry<K>): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

function push<K>(heap: Entry<K>[], entry: Entry<K>): void {
  let index = heap.push(entry) - 1
  while (index > 0) {
    const parent = (index - 1) >> 1
    const above = heap[parent] as Entry<K>
    if (!before(entry, above)) break
    heap[index] = above
    index = parent
  }
  heap[index] = entry
}

function pop<K>(heap: Entry<K>[]): void {
  const last = heap.pop()
  if (!last || heap.length === 0) return
  let index = 0
  for (;;) {
    let child = 2 * index + 1
    if (child >= heap.length) break
    const right = heap[child + 1]
    if (right && before(right, heap[child] as Entry<K>)) child++
    const below = heap[child] as Entry<K>
    if (!before(below, last)) break
    heap[index] = below
    index = child
  }
  heap[index] = last
}

/** "namespace/name"; cluster-scoped objects are "/name". */
export function keyOf(object: { metadata: { namespace?: string; name: string } }): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`
}

export function splitKey(key: string): [namespace: string | undefined, name: string] {
  const slash = key.indexOf('/')
  return [key.slice(0, slash) || undefined, key.slice(slash + 1)]
}
