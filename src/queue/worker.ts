// Takes the tasks of one role and runs their handlers: a few at once, one per thread, again after a crash, never again after its end.
import { DelayedError, type Job, Queue, UnrecoverableError, Worker } from 'bullmq'
import {
  ConflictError,
  messageOf,
  NotFoundError,
  NotPermittedError,
  SettingsError,
  UnavailableError,
  UsageError,
} from '../core/errors.ts'
import { Task, type TaskKind, type TaskOf } from '../core/task.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { Store } from '../store/store.ts'
import { recordFailed, shortTaskId } from './failed.ts'
import { KINDS, type TaskRole } from './kinds.ts'
import { createLedger, GRACE_MS, type Turn } from './ledger.ts'
import { bullPrefix, CANCEL_CHANNEL, promote } from './queue.ts'

export interface RunContext {
  /** aborted when the task is canceled, lost to another worker, or has to end because the process does */
  signal: AbortSignal
  /** counts from 1 */
  attempt: number
  log: Logger
}

export type TaskHandlers = { [K in TaskKind]?: (task: TaskOf<K>, context: RunContext) => Promise<void> }

export interface WorkerOptions {
  store: Store
  role: TaskRole
  handlers: TaskHandlers
  /** tasks at the same time in this process */
  concurrency: number
  log: Logger
  /**
   * Says in the thread that the task failed for good; `id` is short and found again in `failedTasks`. May be called again for the same task
   * after a crash or when it rejects, so what it says must be keyed by the task.
   */
  onFailed: (task: Task, error: unknown, id: string) => Promise<void>
  metrics?: Metrics
}

export interface TaskWorker {
  /** ids of the tasks that run in this process */
  running(): string[]
  /** Takes nothing more, waits for what runs, and aborts what still runs after `limitMs` (default 20 s); what may be repeated is left to others. */
  stop(limitMs?: number): Promise<void>
}

// A killed worker's task is free when its lock has run out (7 s after the last renewal at the latest) and the next check finds it.
// BullMQ renews every LOCK_RENEW_MS while the event loop turns.
const LOCK_MS = 7_000
const LOCK_RENEW_MS = 2_000
const STALLED_CHECK_MS = 1_000
/** A crash is less often the task's fault than an error is; a task that kills every worker still ends. */
const MAX_TAKEOVERS = 4
const SWEEP_MS = 30_000
const ABORT_PATIENCE_MS = 2_000
const MAX_BACKOFF_MS = 600_000

class Canceled extends Error {
  override name = 'Canceled'
}
class Lost extends Error {
  override name = 'Lost'
}
class Stopping extends Error {
  override name = 'Stopping'
}

export function startWorker(options: WorkerOptions): TaskWorker {
  const { store, role, log } = options
  const connection = store.newConnection('worker')
  const ledger = createLedger(connection, store.prefix)
  const queue = new Queue<Task>(role, { connection, prefix: bullPrefix(store) })
  const runs = new Map<string, AbortController>()
  const once = Object.values(KINDS).every((kind) => kind.role !== role || kind.attempts === 1)
  let stopping: Promise<void> | undefined

  const worker = new Worker<Task>(role, take, {
    connection,
    prefix: bullPrefix(store),
    concurrency: options.concurrency,
    lockDuration: LOCK_MS,
    lockRenewTime: LOCK_RENEW_MS,
    stalledInterval: STALLED_CHECK_MS,
    maxStalledCount: once ? 0 : MAX_TAKEOVERS,
    runRetryDelay: 500,
    drainDelay: 2,
    settings: { backoffStrategy: (attempt, _type, error) => backoff(attempt, error) },
  })

  const logError = (error: Error) => log.debug({ role, error: messageOf(error) }, 'queue error')
  queue.on('error', logError)
  worker.on('error', logError)
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) runs.get(id)?.abort(new Lost('Another worker has taken this task over.'))
  })
  worker.on('stalled', (id) => log.warn({ role, task: id }, 'task taken over from a worker that is gone'))
  // a task that BullMQ itself gave up (its workers kept dying) never passed through `run`
  worker.on('failed', (job) => void (job?.finishedOn && sweep()))

  const unsubscribe = store
    .subscribe(CANCEL_CHANNEL, (id) => runs.get(id)?.abort(new Canceled('This task was canceled.')))
    .catch((error: unknown) => logError(error as Error))
  const sweeper = setInterval(() => void sweep(), SWEEP_MS)
  sweeper.unref()
  void sweep()

  async function take(job: Job<Task>, token = ''): Promise<void> {
    const parsed = Task.safeParse(job.data)
    if (!parsed.success) throw new UnrecoverableError('This is not a task of this version.')
    const task = parsed.data
    // a fetch that was under way when the worker was told to stop: somebody else's
    if (stopping) return later(job, token, 250)
    // lost for a moment and handed to us again, while the first run is still being stopped
    if (runs.has(task.id)) return later(job, token, 1_000)

    const turn = await ledger.start(task)
    if (turn.turn === 'ended') return
    if (turn.turn === 'wait') return waitForTurn(job, token, task, turn)
    await run(job, token, task)
  }

  async function waitForTurn(
    job: Job<Task>,
    token: string,
    task: Task,
    turn: Extract<Turn, { turn: 'wait' }>,
  ): Promise<void> {
    if (turn.headAgeMs > GRACE_MS && (await isGone(turn.head))) {
      log.warn({ task: turn.head }, 'dropped the place of a task that does not exist')
      await ledger.dropPlace(task, turn.head)
    }
    // the end of the first one wakes the next; this look is for the case that its worker died in between
    await job.moveToDelayed(Date.now() + Math.min(1_000 * turn.ahead, 10_000), token)
    // the turn may have come between the look and the move, when nobody could wake this job
    if (await ledger.isFirst(task)) await promote(queue, task.id)
    throw new DelayedError()
  }

  async function isGone(id: string): Promise<boolean> {
    return ['unknown', 'completed', 'failed'].includes(await queue.getJobState(id))
  }

  async function run(job: Job<Task>, token: string, task: Task): Promise<void> {
    const controller = new AbortController()
    const attempt = job.attemptsMade + 1
    const taskLog = log.child({ task: task.id, kind: task.kind, attempt })
    const started = performance.now()
    runs.set(task.id, controller)
    try {
      // an abort ends the run even when the handler does not listen: its lock is gone, or nobody wants the result
      await Promise.race([
        handle(task, { signal: controller.signal, attempt, log: taskLog }),
        aborted(controller.signal),
      ])
      await finish(task, 'completed')
    } catch (error) {
      const reason: unknown = controller.signal.aborted ? controller.signal.reason : error
      await settle(job, token, task, reason, attempt, taskLog)
    } finally {
      runs.delete(task.id)
      const seconds = (performance.now() - started) / 1000
      options.metrics?.observe('task_seconds', 'How long tasks run.', seconds, { kind: task.kind })
      taskLog.debug({ seconds }, 'task run ended')
    }
  }

  async function handle(task: Task, context: RunContext): Promise<void> {
    const handler = options.handlers[task.kind] as ((task: Task, context: RunContext) => Promise<void>) | undefined
    if (!handler) throw new UsageError(`Tasks of the kind "${task.kind}" are not done here.`)
    await handler(task, context)
  }

  async function finish(task: Task, how: 'completed' | 'failed' | 'canceled'): Promise<void> {
    const next = await ledger.end(task, how)
    options.metrics?.count('tasks_total', 'Tasks that ended.', { kind: task.kind, result: how })
    if (next) await promote(queue, next)
  }

  /** Decides what an error means: nothing more to do (returns), another try, or the end (throws what BullMQ understands). */
  async function settle(
    job: Job<Task>,
    token: string,
    task: Task,
    error: unknown,
    attempt: number,
    taskLog: Logger,
  ): Promise<void> {
    if (error instanceof Canceled || (await ledger.isEnded(task.id))) return finish(task, 'canceled')
    if (error instanceof Lost) throw error
    const { attempts } = KINDS[task.kind]
    if (error instanceof Stopping && attempts > 1) return later(job, token, 0)
    if (attempt < attempts && mayRetry(error)) {
      taskLog.warn({ error: messageOf(error) }, 'task failed and will be tried again')
      throw error
    }
    taskLog.error(
      { error: messageOf(error), stack: error instanceof Error ? error.stack : undefined },
      'task failed for good',
    )
    await giveUp(task, error)
    throw new UnrecoverableError(messageOf(error))
  }

  async function giveUp(task: Task, error: unknown): Promise<void> {
    const id = shortTaskId(task.id)
    try {
      await options.onFailed(task, error, id)
      await recordFailed(store, task, error)
      await ledger.markReported(task.id)
    } catch (problem) {
      // said by the next sweep
      log.error({ task: task.id, id, error: messageOf(problem) }, 'the failure of a task could not be reported')
    }
    await finish(task, 'failed')
  }

  /** Failures that nobody heard of: given up by BullMQ, or their worker died before it could say so. */
  async function sweep(): Promise<void> {
    try {
      for (const job of await queue.getFailed(0, 50)) {
        const id = job?.id
        if (!id || (await ledger.isReported(id))) continue
        const task = Task.safeParse(job.data).data
        if (!task) {
          await ledger.markReported(id)
          continue
        }
        const error = /stalled/.test(job.failedReason)
          ? new UnavailableError('The process that worked on this ended before it was done, too often to try again.')
          : new Error(job.failedReason)
        log.error({ task: id, kind: task.kind, error: job.failedReason }, 'task failed for good')
        await giveUp(task, error)
      }
    } catch (error) {
      logError(error as Error)
    }
  }

  async function later(job: Job<Task>, token: string, ms: number): Promise<never> {
    await job.moveToDelayed(Date.now() + ms, token)
    throw new DelayedError()
  }

  async function stop(limitMs: number): Promise<void> {
    clearInterval(sweeper)
    await worker.pause(true)
    await until(() => runs.size === 0, limitMs)
    for (const run of runs.values()) run.abort(new Stopping('The process is stopping.'))
    await until(() => runs.size === 0, ABORT_PATIENCE_MS)
    const off = await unsubscribe
    await off?.().catch(() => undefined)
    await worker.close(runs.size > 0)
    await queue.close().catch(() => undefined)
    connection.disconnect()
  }

  return {
    running: () => [...runs.keys()],
    stop(limitMs = 20_000) {
      stopping ??= stop(limitMs)
      return stopping
    },
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}

async function until(done: () => boolean, limitMs: number): Promise<void> {
  const deadline = performance.now() + limitMs
  while (!done() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20))
}

const NEVER_AGAIN = [UsageError, SettingsError, NotPermittedError, NotFoundError, ConflictError]

function mayRetry(error: unknown): boolean {
  return !NEVER_AGAIN.some((type) => error instanceof type) && !(error instanceof Error && error.name === 'ZodError')
}

function backoff(attempt: number, error: unknown): number {
  const wanted = error instanceof UnavailableError ? error.retryAfterMs : undefined
  if (wanted !== undefined && Number.isFinite(wanted)) return Math.min(Math.max(wanted, 100), MAX_BACKOFF_MS)
  return Math.round(1_000 * 4 ** (attempt - 1) * (0.8 + Math.random() * 0.4))
}
