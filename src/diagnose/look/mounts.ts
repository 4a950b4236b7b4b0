// Which volume lies under a path of a container, and what it is filled from.
import type { ObjectRef } from '../../core/ref.ts'
import type { KubeObject } from '../../objects/object.ts'
import type { Container } from './pods.ts'

export interface Mounted {
  path: string
  readOnly: boolean
  subPath: string | undefined
  volume: string
  source: 'ConfigMap' | 'Secret' | 'PersistentVolumeClaim' | 'emptyDir' | 'hostPath' | 'other'
  /** the object behind it, where there is one */
  ref: ObjectRef | undefined
  /** emptyDir: its size limit */
  sizeLimit: string | undefined
}

export function mountsOf(pod: KubeObject, container: Container): Mounted[] {
  // biome-ignore lint/suspicious/noExplicitAny: volumes as the API prints them
  const volumes: any[] = Array.isArray(pod.spec?.volumes) ? pod.spec.volumes : []
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const mounts: any[] = Array.isArray(container.spec?.volumeMounts) ? container.spec.volumeMounts : []
  return mounts.map((mount) => {
    const volume = volumes.find((entry) => entry?.name === mount?.name)
    const { source, name } = sourceOf(volume, pod)
    const ref = name ? { apiVersion: 'v1', kind: source, namespace: pod.metadata.namespace, name } : undefined
    return {
      path: String(mount?.mountPath ?? ''),
      readOnly: mount?.readOnly === true || source === 'ConfigMap' || source === 'Secret',
      subPath: mount?.subPath,
      volume: String(mount?.name ?? ''),
      source,
      ref,
      sizeLimit: volume?.emptyDir?.sizeLimit,
    }
  })
}

// biome-ignore lint/suspicious/noExplicitAny: as above
function sourceOf(volume: any, pod: KubeObject): { source: Mounted['source']; name: string | undefined } {
  if (volume?.configMap) return { source: 'ConfigMap', name: volume.configMap.name }
  if (volume?.secret) return { source: 'Secret', name: volume.secret.secretName }
  if (volume?.persistentVolumeClaim) {
    return { source: 'PersistentVolumeClaim', name: volume.persistentVolumeClaim.claimName }
  }
  if (volume?.ephemeral) return { source: 'PersistentVolumeClaim', name: `${pod.metadata.name}-${volume.name}` }
  if (volume?.emptyDir) return { source: 'emptyDir', name: undefined }
  return { source: volume?.hostPath ? 'hostPath' : 'other', name: undefined }
}

/** The deepest mount that a path lies under; a relative path or bare file name is none's. */
export function mountAt(pod: KubeObject, container: Container, path: string): Mounted | undefined {
  return mountsOf(pod, container)
    .filter(({ path: at }) => path === at || path.startsWith(at.endsWith('/') ? at : `${at}/`))
    .sort((a, b) => b.path.length - a.path.length)[0]
}
