// What filling a snapshot is asked for, what it may cost, and how far it has come.
import type { KubeObject } from '../objects/object.ts'
import type { Reader } from './reader.ts'

export interface SnapshotBudget {
  /** for everything; what has not answered by then is left out and named */
  timeoutMs: number
  /** API requests for one namespace; logs get what the lists leave */
  requests: number
  /** objects of one kind */
  objects: number
  /** containers' runs whose logs are read */
  logs: number
}

export interface SnapshotOptions {
  /** absent: the whole cluster */
  namespaces?: string[]
  /** by `kind`, the most important first */
  kinds: string[]
  /** `some`: those of failing containers and, within what a question about namespaces may cost, of workloads that run */
  logs?: 'failing' | 'some' | 'none'
  budget?: Partial<SnapshotBudget>
  signal?: AbortSignal
  now?: Date
}

export interface Reading {
  reader: Reader
  options: SnapshotOptions
  budget: SnapshotBudget
  until: number
  requests: number
  objects: KubeObject[]
  partial: Set<string>
  unread: Set<string>
  failures: Error[]
}
