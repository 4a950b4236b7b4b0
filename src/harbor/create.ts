// The verb create, once for all kinds: defaults, admission, validation, storage.
import type { KubeObject } from '../objects/object.ts'
import { PLUGINS } from './admission/index.ts'
import type { Admission } from './admission/plugin.ts'
import { FieldErrors, invalid } from './invalid.ts'
import { trackUpdate } from './managed.ts'
import { checkMetadata } from './metadata.ts'
import { copy } from './plain.ts'
import type { Realm, VerbOptions } from './realm.ts'
import type { Resource } from './registry.ts'
import { alreadyExists, badRequest, StatusError } from './status.ts'

const GENERATED = 5
const MAX_GENERATED_BASE = 63 - GENERATED

export function createObject(
  realm: Realm,
  resource: Resource,
  object: KubeObject,
  options: VerbOptions = {},
): KubeObject {
  const { store, world } = realm
  if (object.metadata?.resourceVersion) {
    throw badRequest('resourceVersion should not be set on objects to be created')
  }
  const draft = resource.toStored(copy(object))
  draft.metadata ??= { name: '' }
  if (!resource.namespaced) delete draft.metadata.namespace
  const { rules } = resource
  rules.defaults?.(draft)
  rules.defaultStatus?.(draft)
  if (rules.status) delete draft.status
  // what admission and the server itself add is nobody's
  if (!options.tracked) trackUpdate(draft, undefined, resource, options, world.clock)

  const admission: Admission = {
    operation: 'create',
    resource,
    object: draft,
    old: undefined,
    subresource: undefined,
    user: options.user,
    world,
    dryRun: options.dryRun ?? false,
    held: () => store.count(resource.id),
    warn: options.warn ?? (() => undefined),
  }
  for (const plugin of PLUGINS) plugin.mutate?.(admission)

  fillMetadata(draft, resource, realm)
  rules.prepareCreate?.(draft, world)

  const errors = new FieldErrors()
  checkMetadata(draft, resource, errors)
  rules.validate?.(draft, errors)
  if (errors.list.length > 0)
    throw invalid(resource.kind, rules.invalidGroup ?? resource.group, draft.metadata.name, errors)
  for (const warning of rules.warnings?.(draft) ?? []) admission.warn(warning)

  const present = store.get(resource.id, draft.metadata.namespace ?? '', draft.metadata.name)
  if (present) throw existsError(resource, present)
  for (const plugin of PLUGINS) plugin.validate?.(admission)
  return options.dryRun ? draft : store.put(resource.id, draft)
}

function fillMetadata(draft: KubeObject, resource: Resource, { world }: Realm): void {
  const { metadata } = draft
  if (!metadata.name && metadata.generateName) {
    metadata.name = metadata.generateName.slice(0, MAX_GENERATED_BASE) + world.random.suffix(GENERATED)
  }
  metadata.name ??= ''
  metadata.uid = world.random.uuid()
  metadata.creationTimestamp = world.clock.iso()
  delete metadata.deletionTimestamp
  delete metadata.deletionGracePeriodSeconds
  delete (metadata as { selfLink?: string }).selfLink
  if (resource.rules.generation) metadata.generation = 1
  else delete metadata.generation
}

function existsError(resource: Resource, present: KubeObject): StatusError {
  const error = alreadyExists(resource, present.metadata.name)
  if (!present.metadata.deletionTimestamp) return error
  return new StatusError(409, 'AlreadyExists', `object is being deleted: ${error.message}`, error.details)
}
