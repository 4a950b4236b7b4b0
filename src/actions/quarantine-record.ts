// Reads what a quarantine wrote on a workload. Annotations are data: anybody may have written them.
import { z } from 'zod'
import { QUARANTINE_MARK } from '../core/marks.ts'
import type { ObjectRef } from '../core/ref.ts'
import { type KubeObject, refOf } from '../objects/object.ts'

const Mark = z.object({
  replicas: z.int().min(1).max(100_000),
  reason: z.string().default(''),
  at: z.string().default(''),
})
export type QuarantineRecord = z.infer<typeof Mark>

/** Undefined when the object is in no quarantine, or its record cannot be read. */
export function quarantineOf(object: KubeObject): QuarantineRecord | undefined {
  const text = object.metadata.annotations?.[QUARANTINE_MARK]
  if (text === undefined || text.length > 4096) return undefined
  try {
    const result = Mark.safeParse(JSON.parse(text))
    return result.success ? result.data : undefined
  } catch {
    return undefined
  }
}

/** What is in quarantine, for the list. */
export function quarantined(objects: readonly KubeObject[]): { object: ObjectRef; record: QuarantineRecord }[] {
  return objects.flatMap((object) => {
    const record = quarantineOf(object)
    return record ? [{ object: refOf(object), record }] : []
  })
}
