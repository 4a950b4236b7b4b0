import { messageOf } from '../core/errors.ts'
import type { TaskHandlers } from '../queue/worker.ts'
import { createSigner, loadSigningKey } from '../safety/signature.ts'
import { createStanding, standingFile } from '../safety/standing.ts'
import type { ExecuteContext } from '../tasks/change/context.ts'
import { type Parts, runRole } from './parts.ts'

const SWEEP_MS = 5000

/** The only holder of the writer account: no model, no chat token. It runs what is approved, and the sweeper. */
export async function startExecutorRole(parts: Parts): Promise<() => Promise<void>> {
  const { change, config, log } = parts
  const [{ preview }, { execute }, { sweep }, key] = await Promise.all([
    import('../tasks/preview.ts'),
    import('../tasks/execute.ts'),
    import('../tasks/sweep.ts'),
    loadSigningKey(config),
  ])
  const signer = createSigner(key)
  const context: ExecuteContext = {
    ...change,
    signer,
    standing: createStanding({
      store: change.store,
      level: config.AUTONOMY_LEVEL,
      signer,
      file: standingFile(config),
    }),
    writers: parts.writers ?? parts.clusters,
  }
  const handlers: TaskHandlers = {
    preview: (task, { signal }) => preview(task, context, signal),
    execute: (task, { signal }) => execute(task, context, signal),
  }
  const worker = runRole('executor', handlers, config.MAX_CONCURRENT_TASKS, parts)
  const sweeper = setInterval(
    () =>
      void sweep(change).catch((error: unknown) =>
        log.warn({ error: messageOf(error) }, 'the sweeper could not look at the approvals'),
      ),
    SWEEP_MS,
  )
  return async () => {
    clearInterval(sweeper)
    await worker.stop()
  }
}
