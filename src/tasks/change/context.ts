// What the tasks of a change get. Who may decide and sign is held by the bot and the executor alone; a worker has neither.

import type { Audit } from '../../audit/audit.ts'
import type { Outbox } from '../../chat/outbox.ts'
import type { Config } from '../../config.ts'
import type { Person, PersonRule } from '../../core/people.ts'
import type { Enqueue, Task } from '../../core/task.ts'
import type { Clusters } from '../../kube/clusters.ts'
import type { Logger } from '../../log.ts'
import type { Metrics } from '../../metrics.ts'
import type { Approvals } from '../../safety/approvals.ts'
import type { Policy } from '../../safety/rules.ts'
import type { Signer } from '../../safety/signature.ts'
import type { Standing } from '../../safety/standing.ts'
import type { Store } from '../../store/store.ts'

export interface ChangeContext {
  store: Store
  outbox: Outbox
  clusters: Clusters
  approvals: Approvals
  audit: Audit
  config: Config
  policy: Policy
  /** the emergency stop and the autonomy level */
  standing: Standing
  /** with the practice cluster the terminal person decides alone */
  practice: boolean
  enqueue(task: Task, options?: { delayMs?: number }): ReturnType<Enqueue>
  metrics: Metrics
  log: Logger
}

/** The bot's part: it knows people and signs what they decide. */
export interface DecideContext extends ChangeContext {
  signer: Signer
  /** Looked up now, never cached: is this person among the rules, and what is their name. */
  approver(person: Person, rules: PersonRule[]): Promise<{ listed: boolean; name: string }>
}

/** The executor's part: the writer accounts. */
export interface ExecuteContext extends ChangeContext {
  signer: Signer
  /** the clusters as the writer account sees them */
  writers: Clusters
}
