// describe_resource: one object whole, as YAML without the noise, with the events about it.

import { stringify } from 'yaml'
import { z } from 'zod'
import { UsageError } from '../core/errors.ts'
import { checkName } from '../kube/names.ts'
import { ageText } from '../objects/age.ts'
import { kindOf } from '../objects/kinds.ts'
import type { KubeObject } from '../objects/object.ts'
import { eventCount, eventTime } from '../objects/snapshot.ts'
import { Namespace } from './lists.ts'
import { oneNamespace, outside } from './scope.ts'
import { defineTool, type ToolContext } from './tool.ts'

export const describeResource = defineTool({
  name: 'describe_resource',
  description: 'One object of any kind, custom ones too: its YAML (Secret values masked) and the events about it.',
  effect: 'read',
  parameters: z.object({
    kind: z.string().max(63).describe('e.g. Deployment, ing, certificates.cert-manager.io'),
    name: z.string().max(253),
    namespace: Namespace,
  }),
  result: z.object({ object: z.string(), yaml: z.string(), events: z.array(z.string()) }),
  async run(args, context) {
    const { scope, signal } = context
    const { reader } = scope.cluster
    const kinds = await reader.kinds()
    const kind = kinds.byKind(args.kind) ?? kinds.byName(args.kind) ?? kinds.byName(args.kind.toLowerCase())
    if (!kind) throw new UsageError(`Cluster ${reader.cluster} serves no kind ${args.kind.slice(0, 63)}.`)
    const name = checkName(args.name, kind.kind)
    // a Namespace is read as what it is the scope of
    if (kind.kind === 'Namespace' && scope.namespaces && !scope.namespaces.has(name))
      throw outside(scope, `namespace ${name}`)
    const namespace = kind.namespaced ? oneNamespace(scope, args.namespace) : undefined
    const ref = { apiVersion: kind.apiVersion, kind: kind.kind, name, ...(namespace ? { namespace } : {}) }
    const object = await reader.read(ref, { signal })
    return {
      object: `${kind.kind} ${namespace ? `${namespace}/` : ''}${name}`,
      yaml: stringify(quiet(object), { lineWidth: 0, aliasDuplicateObjects: false }),
      events: namespace ? await eventsOf(kind.kind, name, namespace, context) : [],
    }
  },
})

/** Without what only machines read. */
function quiet(object: KubeObject): KubeObject {
  const {
    managedFields: _,
    resourceVersion: __,
    selfLink: ___,
    annotations,
    ...metadata
  } = object.metadata as KubeObject['metadata'] & { selfLink?: string }
  const { 'kubectl.kubernetes.io/last-applied-configuration': ____, ...kept } = annotations ?? {}
  return { ...object, metadata: { ...metadata, ...(Object.keys(kept).length > 0 ? { annotations: kept } : {}) } }
}

async function eventsOf(
  kind: string,
  name: string,
  namespace: string,
  { scope, now, signal }: ToolContext,
): Promise<string[]> {
  const served = kindOf('Event')
  if (!served) return []
  try {
    const fieldSelector = `involvedObject.kind=${kind},involvedObject.name=${name}`
    const { items } = await scope.cluster.reader.list(served, { namespace, fieldSelector, limit: 200, signal })
    return items
      .filter((event) => event.involvedObject?.name === name && event.involvedObject?.kind === kind)
      .sort((a, b) => eventTime(b) - eventTime(a))
      .slice(0, 15)
      .map(
        (event) =>
          `${ageText(new Date(eventTime(event)).toISOString(), now())} ago ×${eventCount(event)} ${event.type} ${event.reason}: ${String(event.message ?? '').slice(0, 300)}`,
      )
  } catch (error) {
    signal.throwIfAborted()
    // the object is the answer; who may not list events still sees it
    return [`events could not be read: ${error instanceof Error ? error.message.slice(0, 200) : 'unknown'}`]
  }
}
