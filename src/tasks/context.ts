// What every task handler gets: one small context instead of ten collaborators.
import type { Agent } from '../agent/contract.ts'
import type { Outbox } from '../chat/outbox.ts'
import type { Clusters } from '../kube/clusters.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { Store } from '../store/store.ts'

export interface TaskContext {
  store: Store
  outbox: Outbox
  clusters: Clusters
  agent: Agent
  metrics: Metrics
  log: Logger
}
