// Server-side apply: the fields of a configuration become its manager's; contradictions are conflicts unless forced.
import { canonicalJson } from '../../core/canonical.ts'
import type { KubeObject } from '../../objects/object.ts'
import { applyConfiguration } from '../../objects/patch-apply.ts'
import { compareValues, difference, fieldsOfValue, isEmptySet, pathsOf } from '../../objects/patch-fields.ts'
import { createObject } from '../create.ts'
import { entriesOf, fieldRules, isSame, type ManagedEntry, ownable, ownersBeside, setEntries } from '../managed.ts'
import { copy, isMap, type Json, same } from '../plain.ts'
import type { VerbOptions } from '../realm.ts'
import type { Resource } from '../registry.ts'
import { DecodeError, decode } from '../schema/decode.ts'
import { badRequest, conflict, StatusError } from '../status.ts'
import { updateObject } from '../update.ts'
import { parseYaml } from './body.ts'
import type { ResourceContext } from './context.ts'
import { writeOptions } from './options.ts'
import { checkName, placeObject } from './place.ts'
import { objectAnswer } from './represent.ts'
import { flag } from './request.ts'
import type { Answer } from './respond.ts'

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

export function apply(context: ResourceContext): Answer {
  const { request, resource, path, realm } = context
  const options: VerbOptions = {
    ...writeOptions(request, 'PatchOptions', true),
    user: request.user,
    warn: context.warn,
    tracked: true,
    ...(path.subresource === undefined ? {} : { subresource: path.subresource }),
  }
  const configuration = readConfiguration(context)
  const live = realm.store.get(resource.id, path.namespace ?? '', path.name ?? '')
  const mine: ManagedEntry = {
    manager: options.manager ?? '',
    operation: 'Apply',
    apiVersion: resource.apiVersion,
    ...(options.subresource ? { subresource: options.subresource } : {}),
    time: realm.world.clock.iso(),
    fields: { member: false, children: new Map() },
  }
  if (!live) return applyNew(context, configuration, mine, options)
  const change = (old: KubeObject) => merge(context, old, configuration, mine)
  const done = updateObject(realm, resource, path.namespace, path.name ?? '', change, options)
  return objectAnswer(context, done.object)
}

function applyNew(
  context: ResourceContext,
  configuration: KubeObject,
  mine: ManagedEntry,
  options: VerbOptions,
): Answer {
  const { resource, realm } = context
  const { uid, name } = configuration.metadata
  if (uid) {
    const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`
    throw conflict(resource, name, why)
  }
  if (!resource.verbs.includes('create') || options.subresource) throw conflict(resource, name, 'not found')
  const object = copy(configuration)
  delete object.metadata.resourceVersion
  const { fields } = applyConfiguration({}, ownable(configuration), undefined, [], fieldRules(resource))
  setEntries(object, [{ ...mine, fields }])
  return objectAnswer(context, createObject(realm, resource, object, options), 201)
}

function merge(context: ResourceContext, old: KubeObject, configuration: KubeObject, mine: ManagedEntry): KubeObject {
  const { resource, request } = context
  const rules = fieldRules(resource)
  const entries = entriesOf(old)
  const others = ownersBeside(entries, mine)
  const previous = entries.find((entry) => isSame(entry, mine))
  const wanted = ownable(resource.toStored(configuration))
  const applied = applyConfiguration(ownable(old), wanted, previous?.fields, others, rules)
  const clashes = mine.manager === 'kubectl' ? beyondLastApplied(applied.conflicts, old, resource) : applied.conflicts
  if (clashes.length > 0 && !flag(request.query, 'force')) throw conflictError(clashes)
  const kept = others.map(({ entry }) => {
    const clash = applied.conflicts.find((item) => item.owner.fields === entry.fields)
    return clash ? { ...entry, fields: difference(entry.fields, clash.fields) } : entry
  })
  const { metadata = {}, ...content } = applied.object
  const object: KubeObject = {
    ...content,
    apiVersion: old.apiVersion,
    kind: old.kind,
    metadata: { ...identity(old, configuration), ...metadata },
  }
  // kubectl may turn back to client-side apply as well
  const { annotations } = object.metadata
  if (mine.manager === 'kubectl' && annotations?.[LAST_APPLIED] !== undefined)
    object.metadata.annotations = { ...annotations, [LAST_APPLIED]: `${canonicalJson(configuration)}\n` }
  const { time: now, ...entry } = mine
  // when a manager wrote last, not when it last asked for what was there
  const time = same(applied.object, ownable(old)) ? previous?.time : now
  setEntries(object, [...kept, { ...entry, ...(time ? { time } : {}), fields: applied.fields }])
  return object
}

/** kubectl that turns to server-side apply may take over what it applied by itself before, as far as nobody has changed that since. */
function beyondLastApplied(conflicts: Conflicts, old: KubeObject, resource: Resource): Conflicts {
  const last = parsed(old.metadata.annotations?.[LAST_APPLIED])
  if (conflicts.length === 0 || !last) return conflicts
  const rules = fieldRules(resource)
  const written = ownable(last)
  const untouched = difference(fieldsOfValue(written, rules), compareValues(written, ownable(old), rules).changed)
  return conflicts
    .map(({ owner, fields }) => ({ owner, fields: difference(fields, untouched) }))
    .filter(({ fields }) => !isEmptySet(fields))
}

function parsed(text: string | undefined): KubeObject | undefined {
  try {
    const value: Json = parseYaml(text ?? '')
    return isMap(value) && isMap(value.metadata) ? (value as KubeObject) : undefined
  } catch {
    return undefined
  }
}

// what apply cannot change, and what it may insist on
function identity(old: KubeObject, { metadata }: KubeObject): KubeObject['metadata'] {
  const {
    labels: _l,
    annotations: _a,
    finalizers: _f,
    ownerReferences: _o,
    resourceVersion: _r,
    ...rest
  } = old.metadata
  return {
    ...rest,
    ...(metadata.uid ? { uid: metadata.uid } : {}),
    ...(metadata.resourceVersion ? { resourceVersion: metadata.resourceVersion } : {}),
  }
}

type Conflicts = ReturnType<typeof applyConfiguration>['conflicts']

function conflictError(conflicts: Conflicts): StatusError {
  const groups = conflicts.map(({ owner, fields }) => ({ label: owner.label, paths: pathsOf(fields) }))
  const count = groups.reduce((sum, { paths }) => sum + paths.length, 0)
  const causes = groups.flatMap(({ label, paths }) =>
    paths.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${label}`, field })),
  )
  const texts = groups.map(({ label, paths }) =>
    count === 1 || paths.length === 1
      ? `conflict with ${label}: ${paths[0]}`
      : `conflicts with ${label}:\n${paths.map((path) => `- ${path}`).join('\n')}`,
  )
  const message = `Apply failed with ${count} ${count === 1 ? 'conflict' : 'conflicts'}: ${texts.join('\n')}`
  return new StatusError(409, 'Conflict', message, { causes })
}

function readConfiguration(context: ResourceContext): KubeObject {
  const { request, resource, path } = context
  const value: Json = parseYaml(request.body.toString('utf8'))
  if (!isMap(value)) throw badRequest('error decoding YAML: the configuration is no object')
  const { kind = '', apiVersion = '' } = value
  if (typeof kind !== 'string' || typeof apiVersion !== 'string' || kind === '' || apiVersion === '') {
    throw badRequest(`invalid object type: ${goKind(String(apiVersion), String(kind))}`)
  }
  if (apiVersion !== resource.apiVersion || kind !== resource.kind) {
    throw badRequest(`invalid object type: ${goKind(apiVersion, kind)}`)
  }
  if (isMap(value.metadata) && value.metadata.managedFields !== undefined && value.metadata.managedFields !== null) {
    throw badRequest('metadata.managedFields must be nil')
  }
  const object = typed(context, value)
  checkName({ ...object, metadata: { ...object.metadata, name: object.metadata.name ?? path.name } }, path.name ?? '')
  object.metadata.name = path.name ?? ''
  placeObject(context, object)
  return object
}

function typed({ resource, path }: ResourceContext, value: Json): KubeObject {
  const about = `${value.metadata?.namespace ?? ''}/${path.name}; ${goKind(resource.apiVersion, resource.kind)}`
  const refuse = (why: string) => badRequest(`failed to create typed patch object (${about}): ${why}`)
  try {
    const { object, unknown } = resource.type
      ? renamed(decode(resource.type, value))
      : (resource.custom?.decode(value) ?? { object: value, unknown: [] })
    if (unknown.length > 0)
      throw refuse(unknown.map((field: string) => `.${field}: field not declared in schema`).join('\n'))
    return { ...object, apiVersion: resource.apiVersion, kind: resource.kind, metadata: object.metadata ?? {} }
  } catch (error) {
    if (error instanceof DecodeError) throw badRequest(error.message)
    throw error
  }
}

function renamed({ value, unknown }: { value: Json; unknown: string[] }) {
  return { object: value, unknown }
}

function goKind(apiVersion: string, kind: string): string {
  return `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`
}
