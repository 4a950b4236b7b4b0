// State facts that a tier relied on, read the same way when the plan is made and before it is sent.
import { controllerOf, type KubeObject } from './object.ts'

export type Fact = string | number | boolean | null

/** By name, so that a plan can say which facts must still hold. */
const FACTS: Record<string, (object: KubeObject) => Fact> = {
  /** the API leaves the field out when it is zero */
  readyReplicas: (object) => Number(object.status?.readyReplicas ?? 0),
  /** a pod that has ended: its Job does not replace it */
  finished: (object) => ['Succeeded', 'Failed'].includes(object.status?.phase),
  controller: (object) => controllerOf(object)?.uid ?? null,
  unschedulable: (object) => object.spec?.unschedulable === true,
}
export type FactName = 'readyReplicas' | 'finished' | 'controller' | 'unschedulable'

export function factsOf(object: KubeObject, names: readonly FactName[]): Record<string, Fact> {
  return Object.fromEntries(names.map((name) => [name, FACTS[name]?.(object) ?? null]))
}
