// Table: the columns and cells that kubectl prints as they come.
import type { KubeObject } from '../../objects/object.ts'
import { customColumns } from '../custom/kind.ts'
import { AGE_COLUMN, NAME_COLUMN } from '../kinds/columns.ts'
import type { Column } from '../kinds/kind.ts'
import type { Resource } from '../registry.ts'
import { docsOf } from '../schema/schema.ts'
import type { ResourceContext } from './context.ts'

const PLAIN: Column[] = [NAME_COLUMN, { ...AGE_COLUMN, name: 'Created At', type: 'date', value: createdAt }]

function createdAt(object: KubeObject): string {
  return object.metadata.creationTimestamp ?? '<unknown>'
}

export interface ListMeta {
  resourceVersion?: string | undefined
  continue?: string
  remainingItemCount?: number
}

export function tableOf(
  { resource, accepted, request, realm }: ResourceContext,
  objects: KubeObject[],
  metadata: ListMeta,
  withColumns = true,
): object {
  const version = accepted.representation.as === 'Table' ? accepted.representation.version : 'v1'
  const columns = columnsOf(resource)
  const now = realm.world.clock.now()
  const include = request.query.get('includeObject') ?? 'Metadata'
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${version}`,
    metadata,
    columnDefinitions: withColumns ? columns.map(definition) : null,
    rows: objects.map((object) => ({
      cells: columns.map((column) => column.value(object, now)),
      object: include === 'None' ? null : include === 'Object' ? object : metadataOnly(object, version),
    })),
  }
}

function metadataOnly(object: KubeObject, version: string): object {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata }
}

function columnsOf(resource: Resource): Column[] {
  if (resource.custom) return customColumns(resource)
  return resource.rules.columns ?? PLAIN
}

function definition({ name, type, format, description, wide }: Column): object {
  return { name, type, format: format ?? '', description: described(description), priority: wide ? 1 : 0 }
}

// "V1PodStatus.podIP" stands for the description of that field
function described(text: string): string {
  const [type = '', field = ''] = text.split('.')
  if (!/^[A-Za-z0-9]+\.[A-Za-z]+$/.test(text)) return text
  return docsOf(type)[field] ?? text
}
