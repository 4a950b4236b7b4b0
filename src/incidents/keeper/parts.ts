// What the parts of a keeper share: the rooms around it and the incidents that are not closed.
import type { Enqueue } from '../../core/task.ts'
import type { Reader } from '../../kube/reader.ts'
import type { Logger } from '../../log.ts'
import type { Metrics } from '../../metrics.ts'
import type { Desk } from '../desk.ts'
import type { Homes } from '../homes.ts'
import type { Gathered, Incident } from '../incident.ts'
import type { Investigating } from '../investigating.ts'
import type { Fleet } from '../pods.ts'
import type { Routing } from '../routing.ts'
import type { IncidentSettings } from '../settings.ts'

export interface KeeperParts {
  cluster: string
  reader: Reader
  desk: Desk
  fleet: Fleet
  routing: Routing
  homes: Homes
  investigating: Investigating
  settings: IncidentSettings
  /** puts the incident's messages as its record stands; harmless when repeated. Resolves false when some of it has to wait: show it again. */
  show(incident: Incident): Promise<boolean>
  enqueue: Enqueue
  log: Logger
  metrics: Metrics
  /** the leader's token */
  fence: number
  signal: AbortSignal
}

/** What the leader remembers of an incident that is not closed. */
export interface Held {
  incident: Incident
  /** by owner, since the last batch */
  gathered: Map<string, Gathered>
  /** the batch that is on its way to the record: tried again under the same mark until it is there, so it counts once */
  batch?: { mark: string; gathered: Map<string, Gathered> }
  /** what people see is older than the record */
  unshown: boolean
  /** its diagnosis has been put below its root */
  diagnosed: boolean
  /** only its numbers are older: they may wait */
  stale: boolean
  shownAt: number
  calmSince: number
  /** when the checks look again while it lasts: ever later, until the watch sees something new of it */
  lookAt: number
  lookEveryMs: number
  lookedAt: number
  /** the marks that the watch has seen on it */
  marks: Set<string>
  /** how many looks there were at other places than its first object's */
  elsewhere: number
  /** a look is under way */
  looking: boolean
  /** when the checks look whether a calm one is well; not before 0 = at once */
  recoverAt: number
  recoverEveryMs: number
}
