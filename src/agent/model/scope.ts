// Where a question's tools may look: decided by code from the question and the findings, before any model reads a word.
import type { Answer } from '../../core/answer.ts'
import type { ObjectRef } from '../../core/ref.ts'
import type { Cluster } from '../../kube/clusters.ts'
import type { ToolScope } from '../../tools/tool.ts'
import type { Place } from '../plain/place.ts'

/** The question's cluster; its namespaces and those that findings point to, or all of them when the question is about the whole cluster. */
export function scopeOf(cluster: Cluster, places: readonly Place[], { findings }: Pick<Answer, 'findings'>): ToolScope {
  const found = findings.flatMap(({ object, evidence, explains }): ObjectRef[] => [
    object,
    ...explains,
    ...evidence.map((item) => item.object),
  ])
  const named = [...places.flatMap(({ objects }) => objects), ...found]
  const asked = new Set(places.map(({ namespace }) => namespace))
  const [first] = asked
  if (asked.has(undefined) || asked.size === 0) return { cluster, namespace: undefined, namespaces: undefined, named }
  // a cause in another namespace (a Service, a webhook's backend) was found by a check, not by a text that a model read
  const namespaces = new Set([...asked, ...named.map((ref) => ref.namespace)].filter((name) => name !== undefined))
  return { cluster, namespace: asked.size === 1 ? first : undefined, namespaces, named }
}
