// What the queue remembers beside BullMQ: which tasks it has seen, and whose turn it is in each thread.
//
// `task:<id>` is a hash that outlives the job by a day, because BullMQ forgets the ids of jobs it removed:
//   by        who was told "accepted": the mark of one enqueue call
//   ran       a worker has had it
//   end       completed, failed or canceled: never run again
//   reported  its failure was said
//
// Why nothing is lost and nothing runs twice. `enqueue` takes a place in the thread, adds the job, then writes `by`; only then does the
// platform hear "received". A crash before the job is added leaves a place that nobody fills: it is dropped after GRACE_MS, and the platform
// delivers again. A crash after the job is added, before `by`: the second delivery adds a job of the same id, which BullMQ ignores while the job
// exists, and a job cannot finish, hence be removed, before its worker has written `ran`. A crash after `by`: the second delivery finds it.
// A worker writes `end` and leaves the place in one script before the job is completed, so a crash between the two runs nothing again.
//
// `thread:<key>` is a sorted set of task ids by arrival: the first one may run, whatever order BullMQ hands jobs out in. It keeps
// its place while it waits for a retry or is taken over from a killed worker.
import { randomUUID } from 'node:crypto'
import type { Task } from '../core/task.ts'
import { threadKey } from '../core/thread.ts'
import type { Redis } from '../store/store.ts'
import { KINDS } from './kinds.ts'

export const SEEN_MS = 24 * 3600_000
/** failed jobs stay for a week; what was said about them must be remembered for longer */
const REPORTED_MS = 8 * 24 * 3600_000
const THREAD_MS = 7 * 24 * 3600_000
/** A place in a thread whose job does not exist is held this long for an `enqueue` that is still at it. */
export const GRACE_MS = 10_000

const TAKE_PLACE = `
local function takePlace(key, id)
  if redis.call('ZSCORE', key, id) then return end
  local t = redis.call('TIME')
  local score = t[1] * 1000000 + t[2]
  local last = redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')
  if last[2] and tonumber(last[2]) >= score then score = tonumber(last[2]) + 1 end
  redis.call('ZADD', key, string.format('%.0f', score), id)
  redis.call('PEXPIRE', key, ${THREAD_MS})
end
`

const ADMIT = `${TAKE_PLACE}
if redis.call('HEXISTS', KEYS[1], 'by') == 1 or redis.call('HEXISTS', KEYS[1], 'ran') == 1 or redis.call('HEXISTS', KEYS[1], 'end') == 1 then return 0 end
if ARGV[2] == '1' then takePlace(KEYS[2], ARGV[1]) end
return 1`

const CONFIRM = `
redis.call('HSETNX', KEYS[1], 'by', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ${SEEN_MS})
return redis.call('HGET', KEYS[1], 'by') == ARGV[1] and 1 or 0`

const START = `${TAKE_PLACE}
local ended = redis.call('HGET', KEYS[1], 'end')
if ended then return {'ended'} end
redis.call('HSET', KEYS[1], 'ran', 1)
redis.call('PEXPIRE', KEYS[1], ${SEEN_MS})
if ARGV[2] ~= '1' then return {'run'} end
takePlace(KEYS[2], ARGV[1])
local rank = redis.call('ZRANK', KEYS[2], ARGV[1])
if rank == 0 then return {'run'} end
local head = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
local t = redis.call('TIME')
return {'wait', rank, head[1], math.floor((t[1] * 1000000 + t[2] - tonumber(head[2])) / 1000)}`

const END = `
redis.call('HSETNX', KEYS[1], 'end', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('ZRANGE', KEYS[2], 0, 0)[1] or ''`

export type Turn =
  | { turn: 'run' }
  /** completed or canceled before; there is nothing to do */
  | { turn: 'ended' }
  /** `ahead` tasks come first; the first of them took its place `headAgeMs` ago */
  | { turn: 'wait'; ahead: number; head: string; headAgeMs: number }

export type TaskEnd = 'completed' | 'failed' | 'canceled'

export interface Ledger {
  /** false: seen before */
  admit(task: Task, options?: { place?: boolean }): Promise<boolean>
  /** false: somebody else's delivery of the same task was first */
  confirm(task: Task, mark: string): Promise<boolean>
  start(task: Task): Promise<Turn>
  /** Resolves the task whose turn it is now in the same thread, if any. */
  end(task: Task, how: TaskEnd): Promise<string | undefined>
  isFirst(task: Task): Promise<boolean>
  dropPlace(task: Task, id: string): Promise<void>
  isReported(id: string): Promise<boolean>
  markReported(id: string): Promise<void>
  isEnded(id: string): Promise<boolean>
}

export function createLedger(redis: Redis, prefix: string): Ledger {
  const seen = (id: string) => `${prefix}queue:task:${id}`
  const thread = (task: Task) => `${prefix}queue:thread:${threadKey(task.thread)}`
  const locked = (task: Task) => (KINDS[task.kind].threadLock ? '1' : '0')

  return {
    async admit(task, { place = true } = {}) {
      return (await redis.eval(ADMIT, 2, seen(task.id), thread(task), task.id, place ? locked(task) : '0')) === 1
    },
    async confirm(task, mark) {
      return (await redis.eval(CONFIRM, 1, seen(task.id), mark)) === 1
    },
    async start(task) {
      const [turn, ahead, head, age] = (await redis.eval(
        START,
        2,
        seen(task.id),
        thread(task),
        task.id,
        locked(task),
      )) as [Turn['turn'], number, string, number]
      return turn === 'wait' ? { turn, ahead, head, headAgeMs: age } : { turn }
    },
    async end(task, how) {
      const ttl = how === 'failed' ? REPORTED_MS : SEEN_MS
      return String(await redis.eval(END, 2, seen(task.id), thread(task), task.id, how, ttl)) || undefined
    },
    async isFirst(task) {
      return (await redis.zrank(thread(task), task.id)) === 0
    },
    async dropPlace(task, id) {
      await redis.zrem(thread(task), id)
    },
    async isReported(id) {
      return (await redis.hexists(seen(id), 'reported')) === 1
    },
    async markReported(id) {
      await redis.multi().hset(seen(id), 'reported', 1).pexpire(seen(id), REPORTED_MS).exec()
    },
    async isEnded(id) {
      return (await redis.hexists(seen(id), 'end')) === 1
    },
  }
}

export function newMark(): string {
  return randomUUID()
}
