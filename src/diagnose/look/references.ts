// What a pod refers to by name: ConfigMaps and Secrets, whole or by key, in variables and volumes; and which of them are not there.
import type { ObjectRef } from '../../core/ref.ts'
import type { KubeObject } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { keysOf } from './env.ts'

interface Reference {
  kind: 'ConfigMap' | 'Secret'
  name: string
  key: string | undefined
  optional: boolean
  /** "env DB_PASSWORD of container api", "volume certs" */
  by: string
}

/** All of them, in the order of the pod's spec. */
function referencesOf(pod: KubeObject): Reference[] {
  const containers = [...list(pod.spec?.initContainers), ...list(pod.spec?.containers)]
  return [...containers.flatMap(containerReferences), ...list(pod.spec?.volumes).flatMap(volumeReferences)]
}

// biome-ignore lint/suspicious/noExplicitAny: as the API prints it
function containerReferences(container: any): Reference[] {
  const env = list(container?.env).flatMap((entry) => {
    const by = `env ${entry?.name} of container ${container.name}`
    return [
      ...one('ConfigMap', entry?.valueFrom?.configMapKeyRef, by),
      ...one('Secret', entry?.valueFrom?.secretKeyRef, by),
    ]
  })
  const whole = list(container?.envFrom).flatMap((entry) => {
    const by = `envFrom of container ${container.name}`
    return [...one('ConfigMap', entry?.configMapRef, by), ...one('Secret', entry?.secretRef, by)]
  })
  return [...env, ...whole]
}

// biome-ignore lint/suspicious/noExplicitAny: as the API prints it
function one(kind: Reference['kind'], ref: any, by: string): Reference[] {
  if (typeof ref?.name !== 'string') return []
  return [{ kind, name: ref.name, key: ref.key, optional: ref.optional === true, by }]
}

// biome-ignore lint/suspicious/noExplicitAny: as the API prints it
function volumeReferences(volume: any): Reference[] {
  const by = `volume ${volume?.name}`
  const projected = list(volume?.projected?.sources).flatMap((source) => [
    ...filled('ConfigMap', source?.configMap?.name, source?.configMap, by),
    ...filled('Secret', source?.secret?.name, source?.secret, by),
  ])
  return [
    ...filled('ConfigMap', volume?.configMap?.name, volume?.configMap, by),
    ...filled('Secret', volume?.secret?.secretName, volume?.secret, by),
    ...projected,
  ]
}

// biome-ignore lint/suspicious/noExplicitAny: as the API prints it
function filled(kind: Reference['kind'], name: unknown, source: any, by: string): Reference[] {
  if (typeof name !== 'string') return []
  const optional = source?.optional === true
  const items = list(source?.items)
  if (items.length === 0) return [{ kind, name, key: undefined, optional, by }]
  return items.map((item) => ({ kind, name, key: item?.key, optional, by }))
}

export interface MissingRef {
  object: ObjectRef
  /** absent: the whole object is missing */
  key: string | undefined
  by: string
}

/**
 * What a pod refers to and the snapshot does not hold. What the kubelet says wins where it names something; without its word only
 * kinds that could be read are judged, because an object that may not be listed is not missing.
 */
export function missingRefs(snapshot: Snapshot, pod: KubeObject, said: string): MissingRef[] {
  const namespace = pod.metadata.namespace
  const references = referencesOf(pod)
  const named = namedIn(said)
  if (named) {
    const by = references.find(
      ({ kind, name, key }) =>
        kind === named.kind && name === named.name && (named.key === undefined || key === named.key),
    )
    return [missing(namespace, named.kind, named.name, named.key, by?.by ?? '')]
  }
  const keyOnly = /references non-existent (?:config|secret) key: ([\w.-]{1,253})/.exec(said)?.[1]
  const found = references
    .filter((ref) => !ref.optional && ref.name !== 'kube-root-ca.crt' && snapshot.wasRead(ref.kind))
    .flatMap((ref) => {
      const object = snapshot.get(ref.kind, namespace, ref.name)
      if (!object) return keyOnly ? [] : [missing(namespace, ref.kind, ref.name, undefined, ref.by)]
      const lacks =
        ref.key !== undefined && (keyOnly === ref.key || (hasData(object) && !Object.hasOwn(keysOf(object), ref.key)))
      return lacks ? [missing(namespace, ref.kind, ref.name, ref.key, ref.by)] : []
    })
  return [...new Map(found.map((ref) => [`${ref.object.kind}/${ref.object.name}/${ref.key}`, ref])).values()]
}

function missing(
  namespace: string | undefined,
  kind: string,
  name: string,
  key: string | undefined,
  by: string,
): MissingRef {
  return { object: { apiVersion: 'v1', kind, ...(namespace ? { namespace } : {}), name }, key, by }
}

/** A Secret read from a live cluster may come without its data. */
function hasData(object: KubeObject): boolean {
  return (
    object.data !== undefined ||
    object.binaryData !== undefined ||
    object.stringData !== undefined ||
    object.kind === 'ConfigMap'
  )
}

function namedIn(said: string): { kind: Reference['kind']; name: string; key: string | undefined } | undefined {
  const whole = /\b(secret|configmap)s? "([\w.-]{1,253})" not found/i.exec(said)
  if (whole) return { kind: kindNamed(whole[1]), name: whole[2] ?? '', key: undefined }
  const key = /couldn't find key ([\w.-]{1,253}) in (Secret|ConfigMap) (?:[\w-]{1,63}\/)?([\w.-]{1,253})/i.exec(said)
  return key ? { kind: kindNamed(key[2]), name: key[3] ?? '', key: key[1] } : undefined
}

function kindNamed(word: string | undefined): Reference['kind'] {
  return word?.toLowerCase() === 'secret' ? 'Secret' : 'ConfigMap'
}

// biome-ignore lint/suspicious/noExplicitAny: as the API prints it
function list(value: unknown): any[] {
  return Array.isArray(value) ? value : []
}
