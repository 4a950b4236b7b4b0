// Cells that many kinds print, in the words of `kubectl get`.
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

/** "2d3h", as kubectl's HumanDuration prints: coarser the longer. */
export function durationText(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  if (seconds < -1) return '<invalid>'
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`
  if (minutes < 180) return `${minutes}m`
  const hours = Math.floor(minutes / 60)
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`
  if (hours < 48) return `${hours}h`
  const days = Math.floor(hours / 24)
  if (days < 8) return hours % 24 === 0 ? `${days}d` : `${days}d${hours % 24}h`
  if (days < 365 * 2) return `${days}d`
  const years = Math.floor(days / 365)
  if (years < 8) return days % 365 === 0 ? `${years}y` : `${years}y${days % 365}d`
  return `${years}y`
}

export function ageText(time: string | undefined | null, now: number): string {
  const at = Date.parse(time ?? '')
  return Number.isNaN(at) ? '<unknown>' : durationText(now - at)
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
