// A task that failed for good says so in its thread, once, with an id to look up.
import { messageOf, SettingsError, UnavailableError } from '../core/errors.ts'
import type { Task } from '../core/task.ts'
import { failureCard } from './cards.ts'
import type { TaskContext } from './context.ts'

// their record tells what became of them, and the sweeper sees to it
const TOLD_BY_RECORD = new Set<Task['kind']>(['execute', 'settle', 'expire'])

export async function sayFailed(
  task: Task,
  error: unknown,
  id: string,
  context: Pick<TaskContext, 'outbox'>,
): Promise<void> {
  if (TOLD_BY_RECORD.has(task.kind)) return
  await context.outbox.put({
    kind: 'post',
    key: `${task.kind}-${task.id}`,
    thread: task.thread,
    card: failureCard(sentenceOf(error), id),
    attachments: [],
    root: false,
  })
  if (task.kind === 'answer' && task.message) {
    await context.outbox.put({ kind: 'react', key: `end-${task.id}`, on: task.message, sign: 'failed' })
  }
}

/** Our own errors are sentences for people; any other is for the log only. */
function sentenceOf(error: unknown): string {
  if (error instanceof UnavailableError || error instanceof SettingsError) return messageOf(error)
  return 'Something went wrong inside; it is logged.'
}
