// Cells that many kinds print, in the words of `kubectl get`.
import { ageText } from '../../objects/age.ts'
import type { KubeObject } from '../../objects/object.ts'
import { selectorText } from '../../objects/selector.ts'
import type { Cell, Column } from './kind.ts'

const NAME =
  'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names'
const AGE =
  'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata'

export const NAME_COLUMN: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: NAME,
  value: (object) => object.metadata.name,
}

export const AGE_COLUMN: Column = {
  name: 'Age',
  type: 'string',
  description: AGE,
  value: (object, now) => ageText(object.metadata.creationTimestamp, now),
}

export function column(name: string, description: string, value: Column['value']): Column {
  return { name, type: 'string', description, value }
}

export function count(name: string, description: string, value: (object: KubeObject) => number | undefined): Column {
  return { name, type: 'integer', description, value: (object) => value(object) ?? 0 }
}

export function wide(column: Column): Column {
  return { ...column, wide: true }
}

export function plain(value: Cell | undefined): Cell {
  return value === undefined || value === '' ? '<none>' : value
}

const CONTAINERS = 'Names of each container in the template.'
const IMAGES = 'Images referenced by each container in the template.'

/** The two wide columns of everything with a pod template. */
export function templateColumns(template: (object: KubeObject) => KubeObject | undefined): Column[] {
  const list = (object: KubeObject, field: string) =>
    // biome-ignore lint/suspicious/noExplicitAny: containers as the API prints them
    (template(object)?.spec?.containers ?? []).map((container: any) => container[field]).join(',')
  return [
    wide(column('Containers', CONTAINERS, (object) => list(object, 'name'))),
    wide(column('Images', IMAGES, (object) => list(object, 'image'))),
  ]
}

export function selectorColumn(description: string): Column {
  return wide(column('Selector', description, (object) => selectorText(object.spec?.selector)))
}

/** "a=b,c=d" in key order, "<none>" for an empty map. */
export function mapText(map: Record<string, string> | undefined): string {
  const pairs = Object.entries(map ?? {}).map(([key, value]) => `${key}=${value}`)
  return pairs.sort().join(',') || '<none>'
}
