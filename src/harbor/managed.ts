// metadata.managedFields of ordinary writes: who wrote which field last.
import type { KubeObject } from '../objects/object.ts'
import type { Clock } from './clock.ts'
import { same } from './plain.ts'
import type { VerbOptions } from './realm.ts'
import type { Resource } from './registry.ts'

export function trackUpdate(
  _draft: KubeObject,
  _old: KubeObject | undefined,
  _resource: Resource,
  _options: VerbOptions,
  _clock: Clock,
): void {}

export function sameButManaged(draft: KubeObject, old: KubeObject): boolean {
  const { managedFields: _a, resourceVersion: _b, ...left } = draft.metadata
  const { managedFields: _c, resourceVersion: _d, ...right } = old.metadata
  return same({ ...draft, metadata: left }, { ...old, metadata: right })
}
