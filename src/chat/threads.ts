// Which threads the bot takes part in, and threads that have a name before the platform gives them one.
import { type Person, personKey } from '../core/people.ts'
import { Thread, threadKey } from '../core/thread.ts'
import type { Store } from '../store/store.ts'

const KNOWN_TTL_MS = 30 * 24 * 3600_000
/** threads remembered per person */
const PERSON_THREADS = 10

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

/** A thread that somebody has with us; `title` is what they asked first there, `at` when they last asked (ms). */
export interface PersonThread {
  thread: Thread
  title: string
  at: number
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
  /** somebody asked there */
  asked(person: Person, thread: Thread, title: string): Promise<void>
  /** who asked there last */
  asker(thread: Thread): Promise<Person | undefined>
  /** where somebody asked lately, newest first */
  of(person: Person): Promise<PersonThread[]>
}

export function createThreads(store: Store): Threads {
  const { redis } = store
  const key = (what: string, thread: Thread) => `${store.prefix}chat:${what}:${threadKey(thread)}`
  const personal = (what: string, person: Person) =>
    `${store.prefix}chat:${what}:${person.workspace}/${personKey(person)}`
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
    async asked(person, thread, title) {
      const [times, titles] = [personal('asked-in', person), personal('asked-what', person)]
      const name = threadKey(thread)
      await redis
        .multi()
        .zadd(times, Date.now(), name)
        .hsetnx(titles, name, JSON.stringify({ thread, title }))
        .set(key('asker', thread), JSON.stringify(person), 'PX', KNOWN_TTL_MS)
        .pexpire(times, KNOWN_TTL_MS)
        .pexpire(titles, KNOWN_TTL_MS)
        .exec()
      const old = await redis.zrange(times, 0, String(-PERSON_THREADS - 1))
      if (old.length > 0)
        await redis
          .multi()
          .zrem(times, ...old)
          .hdel(titles, ...old)
          .exec()
    },
    async asker(thread) {
      const found = await redis.get(key('asker', thread))
      return found ? (JSON.parse(found) as Person) : undefined
    },
    async of(person) {
      const rows = await redis.zrevrange(personal('asked-in', person), 0, PERSON_THREADS - 1, 'WITHSCORES')
      const names = rows.filter((_, index) => index % 2 === 0)
      if (names.length === 0) return []
      const titles = await redis.hmget(personal('asked-what', person), ...names)
      return names.flatMap((_, index) => {
        const found = titles[index]
        const at = Number(rows[index * 2 + 1])
        return found ? [{ ...(JSON.parse(found) as Omit<PersonThread, 'at'>), at }] : []
      })
    },
  }
}

/** The thread of a key, as far as the key tells: not whether it is direct. */
export function parseThreadKey(key: string): Thread {
  const [platform, workspace = '', channel = '', ...thread] = key.split('/')
  return Thread.parse({ platform, workspace, channel, thread: thread.join('/') })
}
