// The store: everything that must survive a restart or be agreed on by several processes, in one Redis.
import type { Redis } from 'ioredis'
import type { z } from 'zod'

export type { Redis }

/** A JSON value with the revision under which it was read; revisions count from 1. */
export interface Versioned<T> {
  revision: number
  value: T
}

export interface WriteOptions {
  /** the key vanishes after this many milliseconds; absent: it stays (and an earlier time to live is dropped) */
  ttlMs?: number
}

export interface Lock {
  /** grows with every holder of this lock: a write that carries it can be told from one of a former holder */
  readonly token: number
  /** false from the moment somebody else may hold it */
  readonly held: boolean
  /** aborted when the lock is lost: taken over, or not renewed in time. Not by `release`. */
  readonly lost: AbortSignal
  /** Renewed every third of its time by itself; call it before a step that must not run without. Resolves whether it is still ours. */
  renew(): Promise<boolean>
  /** Never throws; a lock that cannot be given back ends by its time. */
  release(): Promise<void>
}

/**
 * `producer` fails at once when Redis is away (whoever waits for an answer should hear it);
 * `worker` waits for as long as it takes, and may block in Redis.
 */
export type ConnectionRole = 'producer' | 'worker'

/**
 * Names are without the prefix (`approval:7f3a`); a name that already starts with it is taken as it is. Every method rejects with
 * an UnavailableError when Redis cannot be reached.
 */
export interface Store {
  /** The shared connection, for commands that have no method here. Rides out a restart of Redis of about three seconds, then rejects (within five, however long Redis has been away). Never block on it. */
  readonly redis: Redis
  /** begins every key and channel: `fm:` unless configured */
  readonly prefix: string
  key(name: string): string

  /** With a schema, a value that does not fit rejects with its ZodError. */
  getJson<T = unknown>(name: string, schema?: z.ZodType<T>): Promise<T | undefined>
  setJson(name: string, value: unknown, options?: WriteOptions): Promise<void>
  remove(name: string): Promise<void>

  /** A value written by `compareAndSet`. */
  read<T = unknown>(name: string, schema?: z.ZodType<T>): Promise<Versioned<T> | undefined>
  /**
   * Writes if the revision is still the one that was read (0 = does not exist yet). Resolves the new revision, or undefined when somebody was
   * first. Atomic, and safe to repeat: a command that Redis carried out but whose reply was lost counts as ours.
   */
  compareAndSet(name: string, revision: number, value: unknown, options?: WriteOptions): Promise<number | undefined>
  /** Read, change, write, again until nobody came between (bounded). `change` returning undefined leaves it as it is. Resolves what is stored then. */
  update<T>(
    name: string,
    change: (current: T | undefined) => T | undefined,
    options?: WriteOptions & { schema?: z.ZodType<T> },
  ): Promise<Versioned<T> | undefined>

  /** Takes a lock of at most `ttlMs` past the holder's last sign of life, or resolves undefined when it is held. `waitMs`: how long to try. */
  lock(name: string, ttlMs: number, options?: { waitMs?: number }): Promise<Lock | undefined>

  publish(channel: string, message: string): Promise<void>
  /** Messages are lost while Redis is away: use them to wake somebody up, never to carry work. Resolves how to stop. */
  subscribe(channel: string, listener: (message: string) => void): Promise<() => Promise<void>>

  /** A further connection, closed with the store. */
  newConnection(role: ConnectionRole): Redis
  /** Answers within a second, never rejects. */
  healthy(): Promise<boolean>
  /** Where the data is, for people: no password in it. */
  readonly where: string
  close(): Promise<void>
}
