// list_namespaces
import { z } from 'zod'
import { ageOf, ClusterParameters, listKind, mapText, rowsOf } from './lists.ts'
import { defineTool } from './tool.ts'

export const listNamespaces = defineTool({
  name: 'list_namespaces',
  description: 'Namespaces with phase, age and labels.',
  effect: 'read',
  parameters: ClusterParameters,
  result: rowsOf({ name: z.string(), phase: z.string(), age: z.string(), labels: z.string() }),
  async run(args, context) {
    const { items, notes } = await listKind('Namespace', args, context)
    const { namespaces } = context.scope
    return {
      items: items
        .filter(({ metadata }) => namespaces?.has(metadata.name) ?? true)
        .map((item) => ({
          name: item.metadata.name,
          phase: item.metadata.deletionTimestamp ? 'Terminating' : String(item.status?.phase ?? '?'),
          age: ageOf(item, context.now()),
          labels: mapText(item.metadata.labels),
        })),
      notes,
    }
  },
})
