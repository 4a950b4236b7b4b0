// The contract of a reader: every way to look at a live cluster.
import type { ObjectRef } from '../core/ref.ts'
import type { Kind } from '../objects/kinds.ts'
import type { KubeObject } from '../objects/object.ts'
import type { Kinds } from './discovery.ts'

interface ReadOptions {
  signal?: AbortSignal
  /** for the whole answer; default 15 s */
  timeoutMs?: number
}

interface GetOptions extends ReadOptions {
  accept?: string
  query?: Record<string, string | number | boolean | undefined>
  /** the most that is read of an answer; default 64 MiB */
  maxBytes?: number
}

export interface ListOptions extends ReadOptions {
  /** absent: all namespaces */
  namespace?: string
  labelSelector?: string
  fieldSelector?: string
  /** the most objects to return; default 20,000 */
  limit?: number
  /** kept instead of each object, while pages arrive; undefined drops it */
  project?: (object: KubeObject) => KubeObject | undefined
}

export interface Listed {
  items: KubeObject[]
  resourceVersion: string
  /** there were more objects than `limit`, or than memory allows */
  cut: boolean
}

export interface TableColumn {
  name: string
  type: string
  /** 0: always shown, more: only with -o wide */
  priority: number
}

export interface Table {
  columns: TableColumn[]
  rows: { cells: unknown[]; object: KubeObject | undefined }[]
  cut: boolean
}

export interface TableOptions extends Omit<ListOptions, 'project'> {
  name?: string
  /** rows carry whole objects, not only their metadata */
  whole?: boolean
}

interface LogOptions extends ReadOptions {
  namespace: string
  pod: string
  container?: string
  previous?: boolean
  tailLines?: number
  sinceSeconds?: number
  sinceTime?: string
  timestamps?: boolean
  /** default 1 MiB */
  limitBytes?: number
}

interface Review {
  verb: string
  /** `pods`, `pods/log`, `deployments` */
  resource?: string
  group?: string
  namespace?: string
  name?: string
  /** instead of a resource: `/metrics` */
  path?: string
}

interface WatchStream {
  /** one parsed watch event per line */
  events: AsyncIterable<{ type: string; object: KubeObject }>
  close(): void
}

export interface Reader {
  /** the name of the cluster, for sentences */
  cluster: string
  /** JSON of any path, or text where the API serves text (logs, health). Secret values are masked. */
  get(path: string, options?: GetOptions): Promise<unknown>
  list(kind: Kind, options?: ListOptions): Promise<Listed>
  read(ref: ObjectRef, options?: ReadOptions & { managers?: boolean }): Promise<KubeObject>
  /** the rows that `kubectl get` prints; with `name`, the row of one object */
  table(kind: Kind, options?: TableOptions): Promise<Table>
  logs(options: LogOptions): Promise<{ text: string; cut: boolean }>
  watch(kind: Kind, options: WatchOptions): Promise<WatchStream>
  /** what the cluster serves; read again when older than five minutes or when `fresh` */
  kinds(fresh?: boolean): Promise<Kinds>
  can(review: Review, options?: ReadOptions): Promise<{ allowed: boolean; reason: string }>
  /** one of the other review APIs, by its resource name */
  review(resource: ReviewResource, spec: Record<string, unknown>, options?: ReadOptions): Promise<KubeObject>
}

export type ReviewResource =
  | 'selfsubjectaccessreviews'
  | 'selfsubjectrulesreviews'
  | 'subjectaccessreviews'
  | 'selfsubjectreviews'

interface WatchOptions extends Omit<ListOptions, 'limit'> {
  resourceVersion: string
  /** the server closes the watch after this long; default 290 s */
  timeoutSeconds?: number
}
