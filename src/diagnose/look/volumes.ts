// Reading storage: which pods use which claim, classes and their defaults, where a volume can be reached.
import type { ObjectRef } from '../../core/ref.ts'
import type { KubeObject } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { perSnapshot } from './memo.ts'
import { nodeMatches, termsOf } from './placement.ts'
import { isFinished } from './pods.ts'

/** Names of the claims a pod mounts; a generic ephemeral volume makes one named `pod-volume`. */
export function claimNamesOf(pod: KubeObject): string[] {
  const volumes = Array.isArray(pod.spec?.volumes) ? pod.spec.volumes : []
  return volumes.flatMap(
    (volume: { name?: string; persistentVolumeClaim?: { claimName?: string }; ephemeral?: unknown }) => {
      if (volume.persistentVolumeClaim?.claimName) return [volume.persistentVolumeClaim.claimName]
      return volume.ephemeral ? [`${pod.metadata.name}-${volume.name}`] : []
    },
  )
}

/** Live pods by the claim they mount: `namespace/claim`. */
export const podsByClaim = perSnapshot((snapshot) => {
  const users = new Map<string, KubeObject[]>()
  for (const pod of snapshot.list('Pod')) {
    if (isFinished(pod)) continue
    for (const name of claimNamesOf(pod)) {
      const key = `${pod.metadata.namespace ?? ''}/${name}`
      const pods = users.get(key)
      if (pods) pods.push(pod)
      else users.set(key, [pod])
    }
  }
  return users
})

export function usersOf(snapshot: Snapshot, claim: KubeObject | ObjectRef): KubeObject[] {
  const { namespace, name } = 'metadata' in claim ? (claim as KubeObject).metadata : (claim as ObjectRef)
  return podsByClaim(snapshot).get(`${namespace ?? ''}/${name}`) ?? []
}

export function claimRef(namespace: string | undefined, name: string): ObjectRef {
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', ...(namespace ? { namespace } : {}), name }
}

const IS_DEFAULT = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class']

export function defaultClasses(snapshot: Snapshot): KubeObject[] {
  return snapshot
    .list('StorageClass')
    .filter((entry) => IS_DEFAULT.some((key) => entry.metadata.annotations?.[key] === 'true'))
}

/** The class a claim names; undefined when it leaves it to the default, '' when it wants none. */
export function classNameOf(claim: KubeObject): string | undefined {
  return claim.spec?.storageClassName ?? claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class']
}

export function volumeOf(snapshot: Snapshot, claim: KubeObject): KubeObject | undefined {
  return claim.spec?.volumeName ? snapshot.get('PersistentVolume', undefined, claim.spec.volumeName) : undefined
}

/** Nodes that can reach a volume; undefined when it can be reached from everywhere. */
export function nodesOfVolume(snapshot: Snapshot, volume: KubeObject): KubeObject[] | undefined {
  const terms = termsOf(volume.spec?.nodeAffinity?.required?.nodeSelectorTerms)
  if (terms.length === 0) return undefined
  return snapshot.list('Node').filter((node) => nodeMatches(node, terms))
}

/** `topology.kubernetes.io/zone=eu-a` */
export function volumePlace(volume: KubeObject): string {
  const terms = volume.spec?.nodeAffinity?.required?.nodeSelectorTerms
  const told = (Array.isArray(terms) ? terms : []).map((term) =>
    (term.matchExpressions ?? [])
      .map((entry: { key: string; values?: string[] }) => `${entry.key}=${(entry.values ?? []).join('|')}`)
      .join(' and '),
  )
  return told.join(' or ') || 'any node'
}
