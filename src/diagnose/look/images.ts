// Reading image names and the secrets they are pulled with.
import type { KubeObject } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { templateOf, topWorkloads } from './workloads.ts'

export interface ImageName {
  registry: string
  repository: string
  /** the tag, or the digest; `latest` when neither is given */
  tag: string
}

/** `nginx:1.27` is docker.io/library/nginx; a first part with a dot, a colon or `localhost` is a registry. */
export function imageOf(image: string): ImageName {
  const [name = '', digest] = image.split('@')
  const slash = name.indexOf('/')
  const first = slash < 0 ? '' : name.slice(0, slash)
  const isRegistry = /[.:]/.test(first) || first === 'localhost'
  const rest = isRegistry ? name.slice(slash + 1) : name
  const colon = rest.lastIndexOf(':')
  const repository = colon > rest.lastIndexOf('/') ? rest.slice(0, colon) : rest
  const tag = digest ?? (colon > rest.lastIndexOf('/') ? rest.slice(colon + 1) : 'latest')
  return { registry: isRegistry ? first : 'docker.io', repository, tag }
}

/** Other images of the same repository that workloads of the cluster use. */
export function otherTags(snapshot: Snapshot, image: string): string[] {
  const { registry, repository } = imageOf(image)
  const found = new Set<string>()
  for (const workload of [...topWorkloads(snapshot), ...snapshot.list('ReplicaSet')]) {
    for (const container of templateOf(workload)?.spec?.containers ?? []) {
      const other = imageOf(String(container?.image ?? ''))
      if (other.registry === registry && other.repository === repository && container.image !== image)
        found.add(container.image)
    }
  }
  return [...found]
}

/** Names of the pull secrets of a pod, its service account's among them. */
export function pullSecretsOf(snapshot: Snapshot, pod: KubeObject): string[] {
  const account = snapshot.get('ServiceAccount', pod.metadata.namespace, pod.spec?.serviceAccountName ?? 'default')
  const all = [...(pod.spec?.imagePullSecrets ?? []), ...(account?.imagePullSecrets ?? [])]
  return [...new Set(all.map((entry: { name?: string }) => String(entry?.name ?? '')).filter(Boolean))]
}
