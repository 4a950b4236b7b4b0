// The rules of metadata, the same for every kind.
import type { KubeObject } from '../objects/object.ts'
import type { FieldErrors } from './invalid.ts'
import { CLEANUP } from './kinds/definition.ts'
import { checkAnnotations, checkLabels, nameFaults, qualifiedFaults } from './names.ts'
import { same } from './plain.ts'
import type { Resource } from './registry.ts'

const STANDARD_FINALIZERS = new Set(['orphan', 'foregroundDeletion', 'kubernetes', CLEANUP])

export function checkMetadata(object: KubeObject, resource: Resource, errors: FieldErrors): void {
  const { metadata } = object
  const rule = resource.rules.name ?? 'subdomain'
  if (metadata.generateName) {
    for (const fault of nameFaults(metadata.generateName, rule, true)) {
      errors.invalid('metadata.generateName', metadata.generateName, fault)
    }
  }
  if (!metadata.name) errors.required('metadata.name', 'name or generateName is required')
  else for (const fault of nameFaults(metadata.name, rule)) errors.invalid('metadata.name', metadata.name, fault)
  checkAnnotations(metadata.annotations, 'metadata.annotations', errors)
  checkLabels(metadata.labels, 'metadata.labels', errors)
  checkOwners(object, errors)
  for (const [index, finalizer] of (metadata.finalizers ?? []).entries()) {
    const at = `metadata.finalizers[${index}]`
    for (const fault of qualifiedFaults(finalizer)) errors.invalid('metadata.finalizers', finalizer, fault)
    if (!finalizer.includes('/') && !STANDARD_FINALIZERS.has(finalizer)) {
      errors.invalid(at, finalizer, 'name is neither a standard finalizer name nor is it fully qualified')
    }
  }
}

function checkOwners(object: KubeObject, errors: FieldErrors): void {
  let controller = ''
  for (const owner of object.metadata.ownerReferences ?? []) {
    const at = 'metadata.ownerReferences'
    if (!owner.apiVersion) errors.invalid(`${at}.apiVersion`, owner.apiVersion ?? '', 'version must not be empty')
    if (!owner.kind) errors.invalid(`${at}.kind`, '', 'must not be empty')
    if (!owner.name) errors.invalid(`${at}.name`, '', 'must not be empty')
    if (!owner.uid) errors.invalid(`${at}.uid`, '', 'must not be empty')
    if (!owner.controller) continue
    if (controller) {
      const why = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${owner.kind}/${owner.name}`
      errors.invalid(at, object.metadata.ownerReferences, why)
    }
    controller = `${owner.kind}/${owner.name}`
  }
}

const UNCHANGEABLE = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const

/** What an update may not change; the API server checks metadata twice, and so clients see each cause twice. */
export function checkMetadataUpdate(object: KubeObject, old: KubeObject, errors: FieldErrors): void {
  for (let round = 0; round < 2; round++) {
    const added = (object.metadata.finalizers ?? []).filter((item) => !old.metadata.finalizers?.includes(item))
    if (old.metadata.deletionTimestamp && added.length > 0) {
      const list = added.map((item) => JSON.stringify(item)).join(', ')
      errors.forbidden(
        'metadata.finalizers',
        `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`,
      )
    }
    for (const field of UNCHANGEABLE) {
      if (same(object.metadata[field], old.metadata[field])) continue
      errors.invalid(`metadata.${field}`, object.metadata[field], 'field is immutable')
    }
  }
}

/** Carries over what an update may leave out. */
export function keepMetadata(draft: KubeObject, old: KubeObject): void {
  const { metadata } = draft
  metadata.uid ??= old.metadata.uid
  metadata.creationTimestamp = old.metadata.creationTimestamp
  metadata.generation = old.metadata.generation
  metadata.generateName ??= old.metadata.generateName
  if (old.metadata.deletionTimestamp) {
    metadata.deletionTimestamp = old.metadata.deletionTimestamp
    metadata.deletionGracePeriodSeconds = old.metadata.deletionGracePeriodSeconds
  } else {
    delete metadata.deletionTimestamp
    delete metadata.deletionGracePeriodSeconds
  }
  for (const key of Object.keys(metadata) as (keyof typeof metadata)[]) {
    if (metadata[key] === undefined) delete metadata[key]
  }
}
