// What an action's target is: its kind, its path and the live object whose uid the plan is bound to.
import { NotFoundError, UsageError } from '../core/errors.ts'
import type { Precondition } from '../core/plan.ts'
import { type ObjectRef, refText } from '../core/ref.ts'
import { isDnsLabel, isDnsSubdomain, isPathSegment } from '../kube/kubectl/grammar-names.ts'
import { kindOfCrd, type ServedKind } from '../objects/custom-kinds.ts'
import { type FactName, factsOf } from '../objects/facts.ts'
import { contentHash } from '../objects/hash.ts'
import { kindByName, kindOf } from '../objects/kinds.ts'
import { groupOf, type KubeObject, refOf } from '../objects/object.ts'
import type { Lookup } from './action.ts'

export type ApiKind = ServedKind

export interface Found {
  kind: ApiKind
  live: KubeObject
  uid: string
  ref: ObjectRef
}

/** The kind of a reference: built in, or served by a CRD that the lookup lists. Throws a UsageError for an unknown one. */
export async function kindFor(ref: ObjectRef, lookup: Lookup): Promise<ApiKind> {
  const known = kindOf(ref.kind, ref.apiVersion) ?? (ref.apiVersion ? undefined : kindByName(ref.kind))
  if (known) return known
  const group = ref.apiVersion === undefined ? undefined : groupOf(ref.apiVersion)
  const crds = await lookup.list('CustomResourceDefinition')
  const crd = crds.find(({ spec }) => spec?.names?.kind === ref.kind && (group === undefined || spec?.group === group))
  if (!crd) {
    const sameName = group !== undefined && kindOf(ref.kind)
    if (sameName && groupOf(sameName.apiVersion) === group)
      return { ...sameName, apiVersion: ref.apiVersion ?? sameName.apiVersion }
    throw new UsageError(`${ref.kind.slice(0, 60)} is no kind that this cluster is known to serve`)
  }
  const served = kindOfCrd(crd)
  return { ...served, apiVersion: ref.apiVersion ?? served.apiVersion }
}

/** Refuses names that the API server would never have given out: nothing of a name may steer a path or a command line. */
export function checkedRef(ref: ObjectRef, kind: ApiKind): ObjectRef {
  const isRbac = kind.apiVersion.startsWith('rbac.') || kind.kind === 'CertificateSigningRequest'
  const fits = kind.kind === 'Namespace' ? isDnsLabel : isRbac ? isPathSegment : isDnsSubdomain
  if (!fits(ref.name)) throw new UsageError(`"${ref.name.slice(0, 80)}" cannot be the name of a ${kind.kind}`)
  if (!kind.namespaced) return { apiVersion: kind.apiVersion, kind: kind.kind, name: ref.name }
  const namespace = ref.namespace ?? 'default'
  if (!isDnsLabel(namespace)) throw new UsageError(`"${namespace.slice(0, 80)}" cannot be a namespace`)
  return { apiVersion: kind.apiVersion, kind: kind.kind, namespace, name: ref.name }
}

/** The live object of a reference, with its uid. Throws a NotFoundError when it is not there. */
export async function findTarget(target: ObjectRef, lookup: Lookup, kinds?: readonly string[]): Promise<Found> {
  const kind = await kindFor(target, lookup)
  if (kinds && !kinds.includes(kind.kind)) {
    throw new UsageError(`a ${kind.kind} cannot be changed this way; allowed are ${kinds.join(', ')}`)
  }
  const ref = checkedRef(target, kind)
  const live = await lookup.find(ref)
  if (!live || groupOf(live.apiVersion) !== groupOf(kind.apiVersion))
    throw new NotFoundError(`${refText(ref)} is not there`)
  const uid = live.metadata.uid
  if (!uid) throw new UsageError(`${refText(ref)} has no uid, so that a plan cannot be bound to it`)
  return { kind, live, uid, ref: refOf(live) }
}

/** The object must still be this one, with this content, and these facts must still hold. */
export function preconditionOf(live: KubeObject, facts: readonly FactName[] = []): Precondition {
  return {
    object: refOf(live),
    uid: live.metadata.uid ?? null,
    contentHash: hashOf(live),
    facts: factsOf(live, facts),
  }
}

// what a lookup gives out is read-only: the same object is hashed once, however many commands are judged against it
const hashes = new WeakMap<KubeObject, string>()

function hashOf(live: KubeObject): string {
  const known = hashes.get(live)
  if (known !== undefined) return known
  const hash = contentHash(live)
  hashes.set(live, hash)
  return hash
}

/** The object must not be there yet. */
export function absencePrecondition(ref: ObjectRef): Precondition {
  return { object: ref, uid: null, contentHash: null, facts: {} }
}

/** The words behind a kubectl verb that name the object: `deployment/checkout -n shop`. */
export function kubectlName(ref: ObjectRef): string {
  const type = (kindOf(ref.kind)?.singular ?? ref.kind).toLowerCase()
  return `${type}/${ref.name}${ref.namespace ? ` -n ${ref.namespace}` : ''}`
}
