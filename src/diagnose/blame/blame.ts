// The contract of blame: from the line in a log that says what is wrong to why it is so in this cluster.
import type { Action } from '../../core/action.ts'
import type { Evidence } from '../../core/finding.ts'
import type { ObjectRef } from '../../core/ref.ts'
import type { KubeObject } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { LogReason } from '../look/logs.ts'
import type { Container } from '../look/pods.ts'
import type { RecentChange } from '../look/revisions.ts'

export interface Suspect {
  snapshot: Snapshot
  workload: KubeObject
  pod: KubeObject
  container: Container
  reason: LogReason
  change: RecentChange | undefined
}

export interface Blame {
  cause: string
  remedy: string
  evidence?: Evidence[]
  dueTo?: ObjectRef[]
  /** the object to mend, when it is another than the workload and that is certain */
  object?: ObjectRef
  action?: Action
  /** the recent change cannot be what broke it: the trouble lies outside the pod template */
  outside?: boolean
}
