// What every role is given, and how a role takes its tasks.
import type { Agent } from '../agent/contract.ts'
import type { Adapter, AdapterContext } from '../chat/contract.ts'
import type { Outbox } from '../chat/outbox.ts'
import type { Config } from '../config.ts'
import type { IncidentSettings } from '../incidents/settings.ts'
import type { Clusters } from '../kube/clusters.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { TaskQueue } from '../queue/queue.ts'
import { startWorker, type TaskHandlers, type TaskWorker } from '../queue/worker.ts'
import type { Store } from '../store/store.ts'
import type { ChangeContext } from '../tasks/change/context.ts'
import { sayFailed } from '../tasks/failed.ts'

export const ROLES = ['bot', 'worker', 'executor', 'watcher'] as const
export type Role = (typeof ROLES)[number]

export interface AppOptions {
  config: Config
  roles: readonly Role[]
  clusters: Clusters
  /** the same clusters as the writer account sees them; default: as `clusters` (a single account) */
  writers?: Clusters
  /** the practice cluster: its terminal person may approve alone */
  practice?: boolean
  log: Logger
  /** adapters that the command brings itself: the terminal owns its window */
  adapters?: (context: AdapterContext) => Adapter[]
  /** false: no port is opened (chat, demo, tests) */
  health?: boolean
  /** loaded when a worker starts */
  agent(): Promise<Agent>
  /** when trouble becomes an incident; default: as the environment says */
  incidents?: IncidentSettings
}

/** The options, and the collaborators that all roles of a process share. */
export interface Parts extends AppOptions {
  store: Store
  metrics: Metrics
  outbox: Outbox
  queue: TaskQueue
  change: ChangeContext
}

export function runRole(
  role: 'worker' | 'bot' | 'executor',
  handlers: TaskHandlers,
  concurrency: number,
  parts: Parts,
): TaskWorker {
  const { store, log, metrics, outbox } = parts
  return startWorker({
    store,
    role,
    handlers,
    concurrency,
    log,
    metrics,
    onFailed: (task, error, id) => sayFailed(task, error, id, { outbox }),
  })
}
