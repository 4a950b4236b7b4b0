import type { TaskHandlers } from '../queue/worker.ts'
import type { TaskContext } from '../tasks/context.ts'
import { type Parts, runRole } from './parts.ts'

/** Reads clusters and thinks; says everything through the outbox. */
export async function startWorkerRole(parts: Parts): Promise<() => Promise<void>> {
  const { change } = parts
  const [{ answer }, { propose }, { verify }, { settle }, agent, { investigate }] = await Promise.all([
    import('../tasks/answer.ts'),
    import('../tasks/propose.ts'),
    import('../tasks/verify.ts'),
    import('../tasks/settle.ts'),
    parts.agent(),
    import('../tasks/investigate.ts'),
  ])
  const context: TaskContext = { ...change, agent }
  const handlers: TaskHandlers = {
    answer: (task, { signal }) => answer(task, context, signal),
    propose: (task, { signal }) => propose(task, change, signal),
    verify: (task, { signal }) => verify(task, change, signal),
    settle: (task, { signal }) => settle(task, change, signal),
    investigate: (task, { signal }) => investigate(task, context, signal),
  }
  const worker = runRole('worker', handlers, parts.config.MAX_CONCURRENT_TASKS, parts)
  return () => worker.stop()
}
