// The logs of a snapshot: those of failing containers and, where a question leaves room for it, of workloads that run.
import { messageOf, NotPermittedError, UnavailableError } from '../core/errors.ts'
import type { PodLog } from '../objects/files.ts'
import { failingContainers, type LogWanted, readyContainers } from './failing.ts'
import { inParallel } from './pool.ts'
import type { Reading } from './reading.ts'

const WIDTH = 8
/** always worth it, whatever a question may cost */
export const FEW_LOGS = 4
/** of workloads that run */
const READY_LOGS = 8
/** requests that are kept for what logs point at */
const KEPT_REQUESTS = 3
const LOG_LINES = 100
const LOG_BYTES = 64 * 1024

export async function readLogs(
  reading: Reading,
  now: Date,
  namespaces = reading.options.namespaces,
): Promise<PodLog[]> {
  const { budget, options } = reading
  if (options.logs === 'none') return []
  const pods = reading.objects.filter(
    ({ kind, metadata }) => kind === 'Pod' && (namespaces?.includes(metadata.namespace ?? '') ?? true),
  )
  // a question about a namespace keeps to its number of requests; a few logs are always worth it
  const asked = options.namespaces?.length ?? 0
  const left = asked === 0 ? budget.logs : Math.max(budget.requests * asked - reading.requests, FEW_LOGS)
  const wanted = failingContainers(pods, now, Math.min(left, budget.logs))
  if (options.logs === 'some' && asked > 0) {
    const free = budget.requests * asked - reading.requests - wanted.length - KEPT_REQUESTS
    wanted.push(...readyContainers(pods, Math.min(free, READY_LOGS, budget.logs - wanted.length)))
  }
  const logs: PodLog[] = []
  await inParallel(wanted, WIDTH, async (run) => {
    const text = await readLog(reading, run)
    if (text !== undefined) logs.push({ ...run, text })
  })
  options.signal?.throwIfAborted()
  return logs
}

async function readLog(reading: Reading, run: LogWanted): Promise<string | undefined> {
  const left = reading.until - Date.now()
  if (left <= 0) {
    reading.partial.add('too slow: some logs were left out')
    return undefined
  }
  reading.requests++
  try {
    const options = {
      ...run,
      tailLines: LOG_LINES,
      limitBytes: LOG_BYTES,
      timeoutMs: left,
      signal: reading.options.signal,
    }
    return (await reading.reader.logs(options)).text
  } catch (error) {
    reading.options.signal?.throwIfAborted()
    // 400 and 404: this run has no log (any more), which says nothing
    if (error instanceof NotPermittedError) reading.partial.add(`not permitted: read logs in ${run.namespace}`)
    else if (error instanceof UnavailableError)
      reading.partial.add(`not available: some logs in ${run.namespace}: ${messageOf(error)}`)
    return undefined
  }
}
