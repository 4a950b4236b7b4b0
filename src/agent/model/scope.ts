// Where a question's tools may look: decided by code from the question and the findings, before any model reads a word.
import type { Answer } from '../../core/answer.ts'
import type { ObjectRef } from '../../core/ref.ts'
import type { ToolScope } from '../../tools/tool.ts'
import type { AgentContext } from '../contract.ts'

/** The question's cluster; its namespace and those that findings point to, or all of them when the question is about the whole cluster. */
export function scopeOf(plain: Answer, context: AgentContext): ToolScope {
  const cluster = context.clusters.get(plain.cluster ?? context.subject.cluster)
  const namespace = plain.namespace ?? (plain.cluster ? undefined : context.subject.namespace)
  const named = plain.findings.flatMap(({ object, evidence, explains }): ObjectRef[] => [
    object,
    ...explains,
    ...evidence.map((item) => item.object),
  ])
  if (!namespace) return { cluster, namespace: undefined, namespaces: undefined, named }
  // a cause in another namespace (a Service, a webhook's backend) was found by a check, not by a text that a model read
  return { cluster, namespace, namespaces: new Set([namespace, ...named.flatMap((ref) => ref.namespace ?? [])]), named }
}
