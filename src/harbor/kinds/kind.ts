// What is special about a kind: data and small pure functions, one file per kind. Everything else the verbs do the same way for all kinds.
import type { KubeObject } from '../../objects/object.ts'
import type { FieldErrors } from '../invalid.ts'
import type { NameRule } from '../names.ts'
import type { World } from '../world.ts'

export type Cell = string | number | boolean | null

export interface Column {
  name: string
  type: 'string' | 'integer' | 'boolean' | 'date'
  format?: string
  /** words, or the field whose description it is: "V1PodStatus.podIP" */
  description: string
  /** shown only by `-o wide` */
  wide?: boolean
  value(object: KubeObject, nowMs: number): Cell
}

export interface KindRules {
  apiVersion: string
  kind: string
  /** how names are judged; default: subdomain */
  name?: NameRule
  /** has a status subresource: writes of the object leave status alone, writes of status all else */
  status?: boolean
  /** spec and status fields of the scale subresource, as dotted paths; `selector` is a path to a selector or its text */
  scale?: ScalePaths
  /** further subresources with their verbs, for discovery */
  subresources?: Record<string, { kind: string; group?: string; version?: string; verbs: string[] }>
  /** metadata.generation counts changes of spec (or of the whole object for kinds without one) */
  generation?: boolean
  /** a change of annotations counts too */
  generationOfAnnotations?: boolean
  /** the group that refusals name, when not the resource's own */
  invalidGroup?: string
  /** default: all eight */
  verbs?: string[]
  /** PUT of a missing object creates it */
  createOnUpdate?: boolean
  /** PUT without resourceVersion is refused (422) instead of winning */
  requireVersion?: boolean
  /** DELETE answers with the object even when it is gone at once */
  returnDeleted?: boolean
  /** dependents are orphaned unless the client says otherwise */
  orphanByDefault?: boolean
  /** every answer about this kind carries this Warning */
  deprecated?: string
  /** labels written through the status subresource count (pods, nodes) */
  statusTakesLabels?: boolean
  /** of all but status; not called when status is written, as the rest is then the stored object's, frozen */
  defaults?(draft: KubeObject): void
  /** what status always has */
  defaultStatus?(draft: KubeObject, old?: KubeObject): void
  /** On the way into storage: sets what only the server sets. */
  prepareCreate?(draft: KubeObject, world: World): void
  prepareUpdate?(draft: KubeObject, old: KubeObject, world: World): void
  /** `old`: before an update */
  validate?(object: KubeObject, errors: FieldErrors, old?: KubeObject): void
  validateUpdate?(object: KubeObject, old: KubeObject, errors: FieldErrors): void
  validateStatus?(object: KubeObject, errors: FieldErrors, old?: KubeObject): void
  /** subresources that write one part of the object */
  parts?: Readonly<Record<string, Part>>
  warnings?(object: KubeObject): string[]
  /** completes an object that came from a file */
  loaded?(object: KubeObject): void
  /** seconds that a deletion waits for somebody to stop it */
  gracePeriod?(object: KubeObject, asked: number | undefined): number
  /** a finalizer that is put on when the deletion begins */
  heldOnDelete?: string
  /** what changes besides metadata when a deletion is held up */
  markDeleted?(marked: KubeObject): void
  /** field selectors beyond metadata.name and metadata.namespace */
  fields?: Record<string, (object: KubeObject) => string>
  /** an unknown field selector is refused in this older wording */
  fieldWording?: 'label'
  columns?: Column[]
}

export interface Part {
  /** the stored object with this part of the draft */
  of(draft: KubeObject, old: KubeObject): KubeObject
  validate(object: KubeObject, old: KubeObject, errors: FieldErrors): void
}

export interface ScalePaths {
  spec: string
  status: string
  selector?: string
}

/** The same object under another version of its API. */
export interface Conversion {
  apiVersion: string
  toStored: (object: KubeObject) => KubeObject
  fromStored: (object: KubeObject) => KubeObject
  rules?: Partial<KindRules>
}
