// What a request or a command does to one object: the one thing that tiers are about.
import type { ObjectRef } from '../core/ref.ts'
import type { KubeObject } from '../objects/object.ts'

/** What is known of the cluster while judging. A `Snapshot` is one; without any, every state is unknown. */
export interface World {
  find(ref: ObjectRef): KubeObject | undefined
  list(kind: string, namespace?: string): readonly KubeObject[]
}

export interface Target {
  /** '' when the type is not known */
  kind: string
  group: string
  namespaced: boolean
  namespace?: string
  /** absent: unknown objects of this kind */
  name?: string
  live?: KubeObject
}

/** One field that gets another value. Array elements are named by their `name` where they have one, else by index. */
export interface Change {
  path: string[]
  /** undefined: removed, or not there before */
  before: unknown
  after: unknown
  /** the value cannot be told from the request alone */
  unclear?: boolean
}

export type Effect =
  | { does: 'read' }
  | { does: 'create'; target: Target; body?: Record<string, unknown>; words?: string }
  | { does: 'change'; target: Target; changes: Change[]; subresource?: string; how: 'patch' | 'apply' | 'replace' }
  | { does: 'delete'; target: Target; force: boolean }
  | { does: 'evict'; target: Target }
  /** an effect that the table names as such (exec, helm upgrade, rollout undo) or that is in no row: tier 9 */
  | { does: 'named'; tier: 5 | 6 | 7 | 9; words: string; target?: Target }
  | { does: 'denied'; words: string; target?: Target }

export function targetText(target: Target): string {
  const kind = target.kind || 'object of an unknown type'
  if (target.name === undefined) return target.namespace ? `${plural(kind)} in ${target.namespace}` : plural(kind)
  return `${kind} ${target.namespace ? `${target.namespace}/` : ''}${target.name}`
}

function plural(kind: string): string {
  if (kind.endsWith('ss')) return `${kind}es`
  if (/[^aeiou]y$/.test(kind)) return `${kind.slice(0, -1)}ies`
  return kind.endsWith('s') ? kind : `${kind}s`
}
