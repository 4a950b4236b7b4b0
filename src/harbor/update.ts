// The verb update, once for all kinds and for patches too: concurrency, what must stay, generation, validation, storage.
import type { KubeObject } from '../objects/object.ts'
import { PLUGINS } from './admission/index.ts'
import type { Admission } from './admission/plugin.ts'
import { FieldErrors, invalid } from './invalid.ts'
import type { KindRules, Part } from './kinds/kind.ts'
import { draftOf, sameButManaged, statusDraftOf, trackUpdate } from './managed.ts'
import { checkMetadata, checkMetadataUpdate, keepMetadata } from './metadata.ts'
import { copy, same } from './plain.ts'
import type { Realm, VerbOptions } from './realm.ts'
import type { Resource } from './registry.ts'
import { badRequest, conflict, notFound } from './status.ts'

const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again'

// subresources through which the control plane writes what clients may not: a pod's node, a namespace's finalizers
const WHOLE = new Set(['binding', 'finalize'])

export interface Updated {
  object: KubeObject
  /** the last finalizer went, and the object with it */
  removed: boolean
}

/**
 * `change` gets the stored object (frozen, in the stored version) and returns the whole new one, in the same version.
 * Throws 404, 409, 422 and what admission refuses with.
 */
export function updateObject(
  realm: Realm,
  resource: Resource,
  namespace: string | undefined,
  name: string,
  change: (old: KubeObject) => KubeObject,
  options: VerbOptions = {},
): Updated {
  const { store, world } = realm
  const old = store.get(resource.id, namespace ?? '', name)
  if (!old) throw notFound(resource, name)
  const { rules } = resource
  const isStatusWrite = writesStatus(resource, options.subresource)
  const part = rules.parts?.[options.subresource ?? '']
  const changed = change(old)
  const draft = isStatusWrite ? statusDraftOf(changed) : draftOf(part ? partOf(part, changed, old) : changed)
  checkPreconditions(draft, old, resource, options)
  delete draft.metadata.resourceVersion
  keepMetadata(draft, old)
  const whole = WHOLE.has(options.subresource ?? '')
  if (!whole) keepOtherPart(draft, old, resource, options.subresource)
  if (!isStatusWrite) rules.defaults?.(draft)
  rules.defaultStatus?.(draft, old)
  if (!isStatusWrite && !whole) rules.prepareUpdate?.(draft, old, world)

  const admission: Admission = {
    operation: 'update',
    resource,
    object: draft,
    old,
    subresource: options.subresource,
    user: options.user,
    world,
    dryRun: options.dryRun ?? false,
    held: () => store.count(resource.id),
    warn: options.warn ?? (() => undefined),
  }
  for (const plugin of PLUGINS) plugin.mutate?.(admission)
  const isSpecWrite = options.subresource !== 'status' && options.subresource !== 'binding'
  if (rules.generation && isSpecWrite && contentChanged(draft, old, rules)) {
    draft.metadata.generation = (old.metadata.generation ?? 0) + 1
  }
  validateUpdate(draft, old, resource, options)
  for (const warning of rules.warnings?.(draft) ?? []) admission.warn(warning)
  for (const plugin of PLUGINS) plugin.validate?.(admission)

  if (!options.tracked) trackUpdate(draft, old, resource, options, world.clock)
  if (sameButManaged(draft, old)) return { object: old, removed: false }
  const shown = { ...draft, metadata: { ...draft.metadata, resourceVersion: old.metadata.resourceVersion } }
  if (isReleased(draft)) {
    if (!options.dryRun) store.remove(resource.id, old)
    return { object: shown as KubeObject, removed: true }
  }
  return { object: options.dryRun ? (shown as KubeObject) : store.put(resource.id, draft), removed: false }
}

// the client's preconditions are kept beside the part it writes
function partOf(part: Part, changed: KubeObject, old: KubeObject): KubeObject {
  const object = part.of(changed, old)
  const { resourceVersion, uid } = changed.metadata
  object.metadata = { ...old.metadata, ...(resourceVersion ? { resourceVersion } : {}), ...(uid ? { uid } : {}) }
  return object
}

/** Whether a write is of status alone. Custom kinds have one schema, and so one set of defaults, for all of an object. */
export function writesStatus({ rules, custom }: Resource, subresource: string | undefined): boolean {
  return subresource === 'status' && !!rules.status && !custom
}

function checkPreconditions(draft: KubeObject, old: KubeObject, resource: Resource, options: VerbOptions): void {
  const { resourceVersion, uid } = draft.metadata
  const { name } = old.metadata
  if (resourceVersion && !/^\d+$/.test(resourceVersion)) {
    throw badRequest(`strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`)
  }
  if (uid && uid !== old.metadata.uid && options.uidConflict) {
    const where = resource.namespaced ? `${old.metadata.namespace}/${name}` : name
    const why = `StorageError: invalid object, Code: 4, Key: /registry/${resource.plural}/${where}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`
    throw conflict(resource, name, why)
  }
  if (resourceVersion && resourceVersion !== '0' && resourceVersion !== old.metadata.resourceVersion) {
    throw conflict(resource, name, MODIFIED)
  }
  if (!resourceVersion && resource.rules.requireVersion && options.uidConflict) {
    const errors = new FieldErrors()
    errors.invalid('metadata.resourceVersion', 0, 'must be specified for an update')
    throw invalid(resource.plural, resource.group, name, errors)
  }
}

// a write of status leaves the rest alone, and the other way round
function keepOtherPart(draft: KubeObject, old: KubeObject, resource: Resource, subresource: string | undefined): void {
  // a binding sets the node and the condition that says so in one write
  if (!resource.rules.status || subresource === 'binding') return
  if (subresource !== 'status') {
    if (old.status === undefined) delete draft.status
    else draft.status = copy(old.status)
    return
  }
  const { status, metadata } = draft
  for (const key of Object.keys(draft)) if (!['apiVersion', 'kind'].includes(key)) delete draft[key]
  Object.assign(draft, resource.custom ? draftOf(old) : statusDraftOf(old))
  if (status === undefined) delete draft.status
  else draft.status = status
  if (resource.custom) return
  draft.metadata.annotations = metadata.annotations
  draft.metadata.managedFields = metadata.managedFields
  draft.metadata.finalizers = metadata.finalizers
  if (resource.rules.statusTakesLabels) draft.metadata.labels = metadata.labels
  for (const key of ['annotations', 'managedFields', 'finalizers', 'labels'] as const) {
    if (draft.metadata[key] === undefined) delete draft.metadata[key]
  }
}

// what generation counts: everything but metadata and status
function contentChanged(draft: KubeObject, old: KubeObject, rules: KindRules): boolean {
  if (rules.generationOfAnnotations && !same(draft.metadata.annotations, old.metadata.annotations)) return true
  const keys = new Set([...Object.keys(draft), ...Object.keys(old)])
  for (const key of ['metadata', 'status', 'apiVersion', 'kind']) keys.delete(key)
  return [...keys].some((key) => !same(draft[key], old[key]))
}

function validateUpdate(draft: KubeObject, old: KubeObject, resource: Resource, options: VerbOptions): void {
  const errors = new FieldErrors()
  checkMetadataUpdate(draft, old, errors)
  if (errors.list.length === 0) checkMetadata(draft, resource, errors)
  const { rules } = resource
  if (options.subresource === 'status') rules.validateStatus?.(draft, errors, old)
  else if (options.subresource === 'binding') rules.validate?.(draft, errors)
  else {
    rules.validate?.(draft, errors, old)
    const part = rules.parts?.[options.subresource ?? '']
    if (part) part.validate(draft, old, errors)
    else if (!WHOLE.has(options.subresource ?? '')) rules.validateUpdate?.(draft, old, errors)
  }
  if (errors.list.length > 0)
    throw invalid(resource.kind, rules.invalidGroup ?? resource.group, draft.metadata.name, errors)
}

// marked for deletion, and nothing holds it any more
function isReleased({ metadata, kind, spec }: KubeObject): boolean {
  if (!metadata.deletionTimestamp || metadata.finalizers?.length) return false
  if (kind === 'Namespace') return !spec?.finalizers?.length
  return !metadata.deletionGracePeriodSeconds
}
