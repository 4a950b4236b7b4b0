// Tasks that failed for good: the last few, for `doctor` and for whoever was told an id.
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { messageOf } from '../core/errors.ts'
import { redact } from '../core/redact.ts'
import type { Task } from '../core/task.ts'
import { threadKey } from '../core/thread.ts'
import type { Store } from '../store/store.ts'

const KEPT = 200
const MAX_SENTENCE = 500

export const FailedTask = z.object({
  /** what people are told: short, the same for the same task */
  id: z.string(),
  task: z.string(),
  kind: z.string(),
  thread: z.string(),
  error: z.string(),
  at: z.string(),
})
export type FailedTask = z.infer<typeof FailedTask>

/** Eight characters a person can read out; the same task always has the same. */
export function shortTaskId(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 8)
}

const key = (store: Store) => store.key('queue:failed')

export async function recordFailed(
  store: Store,
  task: Pick<Task, 'id' | 'kind' | 'thread'>,
  error: unknown,
): Promise<void> {
  const entry: FailedTask = {
    id: shortTaskId(task.id),
    task: task.id,
    kind: task.kind,
    thread: threadKey(task.thread),
    error: redact(messageOf(error)).slice(0, MAX_SENTENCE),
    at: new Date().toISOString(),
  }
  await store.redis
    .multi()
    .lpush(key(store), JSON.stringify(entry))
    .ltrim(key(store), 0, KEPT - 1)
    .exec()
}

/** Newest first, each task once. */
export async function listFailed(store: Store): Promise<FailedTask[]> {
  const rows = await store.redis.lrange(key(store), 0, KEPT - 1)
  const entries = rows.flatMap((row) => FailedTask.safeParse(JSON.parse(row)).data ?? [])
  return entries.filter((entry, i) => entries.findIndex(({ task }) => task === entry.task) === i)
}
