// Everything that arrives is enqueued here, once, and is safe from then on.
import { Queue } from 'bullmq'
import { messageOf, UnavailableError, UsageError } from '../core/errors.ts'
import { Task } from '../core/task.ts'
import type { Logger } from '../log.ts'
import { isConnectionError } from '../store/redis.ts'
import type { Store } from '../store/store.ts'
import { type FailedTask, listFailed } from './failed.ts'
import { KINDS, TASK_ROLES, type TaskRole } from './kinds.ts'
import { createLedger, newMark } from './ledger.ts'

export interface QueueStats {
  waiting: number
  active: number
  /** waiting for a moment: a retry, a deadline, or their turn in a thread */
  delayed: number
  failed: number
}

export interface TaskQueue {
  /**
   * Stored when it resolves. `accepted: false`: this task was seen before, and is or was taken care of. `delayMs`: not before then (such a
   * task takes its place in the thread when its time comes). Rejects with UnavailableError within two seconds when Redis is away,
   * with UsageError when it is no task.
   */
  enqueue(task: Task, options?: { delayMs?: number }): Promise<{ accepted: boolean }>
  /** Stops a task that waits or runs, wherever it runs. Resolves false when there is nothing left to stop. */
  cancel(taskId: string): Promise<boolean>
  stats(): Promise<Record<TaskRole, QueueStats>>
  /** What failed for good, newest first. */
  failedTasks(): Promise<FailedTask[]>
  close(): Promise<void>
}

/** A chat message is a few KB; nothing that is a task is near this. */
const MAX_TASK_BYTES = 256 * 1024
/** A short absence of Redis is waited out: Slack hears "received" within three seconds or delivers again. */
const PATIENCE_MS = 1_500
const DONE_KEPT = { age: 3600, count: 5_000 }
const FAILED_KEPT = { age: 7 * 24 * 3600, count: 500 }

export const CANCEL_CHANNEL = 'queue:cancel'

export function bullPrefix(store: Store): string {
  return `${store.prefix}queue`
}

export function createQueue(store: Store, { log }: { log: Logger }): TaskQueue {
  const connection = store.newConnection('producer')
  const ledger = createLedger(connection, store.prefix)
  const queues = Object.fromEntries(TASK_ROLES.map((role) => [role, openQueue(role)])) as Record<TaskRole, Queue<Task>>

  function openQueue(role: TaskRole): Queue<Task> {
    const queue = new Queue<Task>(role, { connection, prefix: bullPrefix(store) })
    queue.on('error', (error) => log.debug({ role, error: messageOf(error) }, 'queue connection error'))
    return queue
  }

  async function add(task: Task, delayMs: number, mark: string): Promise<boolean> {
    const { role, attempts } = KINDS[task.kind]
    if (!(await ledger.admit(task, { place: delayMs === 0 }))) return false
    await queues[role].add(task.kind, task, {
      jobId: task.id,
      attempts,
      backoff: { type: 'custom' },
      removeOnComplete: DONE_KEPT,
      removeOnFail: FAILED_KEPT,
      ...(delayMs > 0 ? { delay: delayMs } : {}),
    })
    return ledger.confirm(task, mark)
  }

  async function cancelWaiting(role: TaskRole, id: string): Promise<boolean> {
    const job = await queues[role].getJob(id)
    if (!job || (await job.isCompleted()) || (await job.isFailed())) return false
    const next = await ledger.end(job.data, 'canceled')
    // a running task cannot be removed; whoever runs it hears of it
    await job.remove().catch(() => undefined)
    await store.publish(CANCEL_CHANNEL, id)
    if (next) await promote(queues[role], next)
    return true
  }

  return {
    async enqueue(input, { delayMs = 0 } = {}) {
      const task = checkTask(input)
      const mark = newMark()
      const accepted = await patiently(() => add(task, Math.max(0, Math.ceil(delayMs)), mark))
      log.debug({ task: task.id, kind: task.kind, accepted }, 'task enqueued')
      return { accepted }
    },
    async cancel(taskId) {
      for (const role of TASK_ROLES) if (await cancelWaiting(role, taskId)) return true
      return false
    },
    async stats() {
      const rows = await Promise.all(
        TASK_ROLES.map(async (role) => {
          const counts = await queues[role].getJobCounts('waiting', 'active', 'delayed', 'failed')
          const { waiting = 0, active = 0, delayed = 0, failed = 0 } = counts
          return [role, { waiting, active, delayed, failed }] as const
        }),
      )
      return Object.fromEntries(rows) as Record<TaskRole, QueueStats>
    },
    failedTasks: () => listFailed(store),
    async close() {
      await Promise.all(Object.values(queues).map((queue) => queue.close().catch(() => undefined)))
      connection.disconnect()
    },
  }
}

/** Its turn has come: do not wait for its next look. It may be running or gone already. */
export async function promote(queue: Queue<Task>, id: string): Promise<void> {
  try {
    const job = await queue.getJob(id)
    await job?.promote()
  } catch {}
}

function checkTask(input: Task): Task {
  const parsed = Task.safeParse(input)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new UsageError(`This is not a task: ${issue?.path.join('.') || 'it'} ${issue?.message ?? 'is wrong'}.`)
  }
  const bytes = Buffer.byteLength(JSON.stringify(parsed.data))
  if (bytes > MAX_TASK_BYTES) {
    throw new UsageError(
      `This is too long: ${Math.ceil(bytes / 1024)} KB, and ${MAX_TASK_BYTES / 1024} KB are allowed.`,
    )
  }
  return parsed.data
}

/** Repeating is safe: the same mark, place and job id are found again. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isConnectionError(error)) throw error
      if (performance.now() > deadline) {
        throw new UnavailableError(
          'This could not be stored, because Redis cannot be reached; try again in a moment.',
          {
            retryAfterMs: 2_000,
            cause: error,
          },
        )
      }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
