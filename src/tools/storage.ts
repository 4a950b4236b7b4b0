// get_pvcs and get_resource_quotas: what is claimed, and what may be.
import { z } from 'zod'
import { ageOf, ListParameters, listKind, rowsOf } from './lists.ts'
import { defineTool } from './tool.ts'

export const getPvcs = defineTool({
  name: 'get_pvcs',
  description: 'PersistentVolumeClaims: phase, size asked and given, class, volume, access modes.',
  effect: 'read',
  parameters: ListParameters,
  result: rowsOf({
    namespace: z.string(),
    name: z.string(),
    phase: z.string(),
    asked: z.string(),
    given: z.string(),
    class: z.string(),
    volume: z.string(),
    modes: z.string(),
    age: z.string(),
  }),
  async run(args, context) {
    const { items, notes } = await listKind('PersistentVolumeClaim', args, context)
    return {
      items: items.map((claim) => ({
        namespace: claim.metadata.namespace ?? '',
        name: claim.metadata.name,
        phase: claim.metadata.deletionTimestamp ? 'Terminating' : String(claim.status?.phase ?? '?'),
        asked: String(claim.spec?.resources?.requests?.storage ?? ''),
        given: String(claim.status?.capacity?.storage ?? ''),
        class: String(claim.spec?.storageClassName ?? '(default)'),
        volume: String(claim.spec?.volumeName ?? ''),
        modes: ((claim.spec?.accessModes ?? []) as string[]).join(' '),
        age: ageOf(claim, context.now()),
      })),
      notes,
    }
  },
})

export const getResourceQuotas = defineTool({
  name: 'get_resource_quotas',
  description: 'ResourceQuotas: used of hard per resource.',
  effect: 'read',
  parameters: ListParameters,
  result: rowsOf({ namespace: z.string(), name: z.string(), resource: z.string(), used: z.string(), hard: z.string() }),
  async run(args, context) {
    const { items, notes } = await listKind('ResourceQuota', args, context)
    return {
      items: items.flatMap((quota) =>
        Object.entries((quota.status?.hard ?? quota.spec?.hard ?? {}) as Record<string, string>).map(
          ([resource, hard]) => ({
            namespace: quota.metadata.namespace ?? '',
            name: quota.metadata.name,
            resource,
            used: String(new Map(Object.entries(quota.status?.used ?? {})).get(resource) ?? '0'),
            hard: String(hard),
          }),
        ),
      ),
      notes,
    }
  },
})
