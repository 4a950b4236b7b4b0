// Which threads the bot takes part in, and threads that have a name before the platform gives them one.
import { type Thread, threadKey } from '../core/thread.ts'
import type { Store } from '../store/store.ts'

const KNOWN_TTL_MS = 30 * 24 * 3600_000

/**
 * A thread whose root has yet to be posted. Everything for it is put under this name, the root first (`root: true`); the
 * outbox learns the platform's own id when the root is posted, and what people write there arrives under this name again.
 */
export function futureThread(where: Omit<Thread, 'thread'>, name: string): Thread {
  return { ...where, thread: `@${name}` }
}

export function isFuture(thread: Thread): boolean {
  return thread.thread.startsWith('@')
}

export interface Threads {
  /** the bot takes part from now on: follow-ups need no mention */
  join(thread: Thread): Promise<void>
  /** takes part, and is not older than 30 quiet days */
  joined(thread: Thread): Promise<boolean>
  /** a future thread got its id */
  bind(future: Thread, real: Thread): Promise<void>
  /** the platform's thread of any thread: itself, or what a future one became; undefined when its root is not posted */
  real(thread: Thread): Promise<Thread | undefined>
  /** the name under which we speak in a platform's thread: its future name if it had one */
  ours(thread: Thread): Promise<Thread>
}

export function createThreads(store: Store): Threads {
  const { redis } = store
  const key = (what: string, thread: Thread) => `${store.prefix}chat:${what}:${threadKey(thread)}`
  return {
    async join(thread) {
      await redis.set(key('joined', thread), '1', 'PX', KNOWN_TTL_MS)
    },
    async joined(thread) {
      return (await redis.pexpire(key('joined', thread), KNOWN_TTL_MS)) === 1
    },
    async bind(future, real) {
      await redis
        .multi()
        .set(key('real', future), JSON.stringify(real), 'PX', KNOWN_TTL_MS)
        .set(key('ours', real), JSON.stringify(future), 'PX', KNOWN_TTL_MS)
        .exec()
    },
    async real(thread) {
      if (!isFuture(thread)) return thread
      const found = await redis.get(key('real', thread))
      return found ? (JSON.parse(found) as Thread) : undefined
    },
    async ours(thread) {
      const found = await redis.get(key('ours', thread))
      return found ? (JSON.parse(found) as Thread) : thread
    },
  }
}
