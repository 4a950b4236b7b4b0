// What of an object is worth keeping in memory for checks: everything but a few fields that are large and say nothing about trouble.
import type { KubeObject } from '../objects/object.ts'

const MAX_VALUE = 32 * 1024

/** Cuts in place; the object is ours alone. */
export function trimmed(object: KubeObject): KubeObject {
  delete object.metadata.managedFields
  if (object.kind === 'ConfigMap') trimConfigMap(object)
  if (object.kind === 'CustomResourceDefinition') {
    // schemas are most of a definition's size
    for (const version of array(object.spec?.versions)) delete version.schema
  }
  // a node lists every image on its disk
  if (object.kind === 'Node' && object.status) delete object.status.images
  return object
}

function trimConfigMap(object: KubeObject): void {
  const data: unknown = object.data
  if (data && typeof data === 'object') {
    const short = Object.entries(data).map(([key, value]) => [key, shortened(value)] as const)
    object.data = Object.fromEntries(short)
  }
  if (object.binaryData && typeof object.binaryData === 'object') {
    object.binaryData = Object.fromEntries(Object.keys(object.binaryData as object).map((key) => [key, '']))
  }
}

function shortened(value: unknown): unknown {
  return typeof value === 'string' && value.length > MAX_VALUE ? `${value.slice(0, MAX_VALUE)}\n(cut)` : value
}

function array(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? (value as Record<string, unknown>[]) : []
}
