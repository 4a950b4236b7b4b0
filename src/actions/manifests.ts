// A manifest as people and models write it → the object that would be sent, with its kind and name checked.
import { UsageError } from '../core/errors.ts'
import type { ObjectRef } from '../core/ref.ts'
import type { Lookup } from './action.ts'
import { type ApiKind, checkedRef, kindFor } from './objects.ts'
import { isRecord } from './requests.ts'

const MAX_BYTES = 256 * 1024

export interface Manifest {
  kind: ApiKind
  ref: ObjectRef
  body: Record<string, unknown>
}

/** Throws a UsageError when it is no object of a known kind with a name. */
export async function readManifest(manifest: Record<string, unknown>, lookup: Lookup): Promise<Manifest> {
  const { apiVersion, kind: kindName, metadata } = manifest
  if (
    typeof apiVersion !== 'string' ||
    typeof kindName !== 'string' ||
    !isRecord(metadata) ||
    typeof metadata.name !== 'string'
  ) {
    throw new UsageError('a manifest needs apiVersion, kind and metadata.name')
  }
  if (JSON.stringify(manifest).length > MAX_BYTES) throw new UsageError('the manifest is larger than 256 KiB')
  const kind = await kindFor({ apiVersion, kind: kindName, name: metadata.name }, lookup)
  const namespace = typeof metadata.namespace === 'string' ? metadata.namespace : undefined
  const ref = checkedRef({ apiVersion, kind: kindName, name: metadata.name, ...(namespace ? { namespace } : {}) }, kind)
  // what the server alone writes is not ours to say
  const {
    namespace: _namespace,
    uid: _uid,
    resourceVersion: _version,
    managedFields: _fields,
    creationTimestamp: _created,
    generation: _generation,
    ...kept
  } = metadata
  const { status: _status, ...rest } = manifest
  const place = ref.namespace === undefined ? {} : { namespace: ref.namespace }
  return { kind, ref, body: { ...rest, apiVersion, kind: kindName, metadata: { ...kept, ...place } } }
}
