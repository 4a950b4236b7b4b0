// Reading a service mesh (Istio): which pods carry its sidecar, and which of its policies apply to a pod.
import type { KubeObject } from '../../objects/object.ts'
import { matchesMap } from '../../objects/selector.ts'
import type { Snapshot } from '../../objects/snapshot.ts'

// Linkerd has an AuthorizationPolicy, too
export const ISTIO_SECURITY = 'security.istio.io'
export const ROOT_NAMESPACE = 'istio-system'

export function hasSidecar(pod: KubeObject): boolean {
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])]
  return (
    containers.some((container: { name?: string }) => container.name === 'istio-proxy') ||
    pod.metadata.annotations?.['ambient.istio.io/redirection'] === 'enabled'
  )
}

/** Policies of a kind that apply to a pod: of its namespace or the mesh's root, with a matching selector or none. */
export function meshPoliciesOn(
  snapshot: Snapshot,
  kind: 'AuthorizationPolicy' | 'PeerAuthentication',
  pod: KubeObject,
): KubeObject[] {
  const namespace = pod.metadata.namespace ?? ''
  return [...new Set([namespace, ROOT_NAMESPACE])]
    .flatMap((at) => snapshot.list(kind, at, ISTIO_SECURITY))
    .filter((policy) => {
      const labels = policy.spec?.selector?.matchLabels
      return labels === undefined || Object.keys(labels).length === 0 || matchesMap(labels, pod.metadata.labels)
    })
}

/** STRICT, PERMISSIVE, DISABLE: the narrowest policy decides. */
export function mutualTlsOf(snapshot: Snapshot, pod: KubeObject): { mode: string; policy: KubeObject } | undefined {
  const policies = meshPoliciesOn(snapshot, 'PeerAuthentication', pod)
  const rank = (policy: KubeObject) =>
    policy.spec?.selector?.matchLabels ? 2 : policy.metadata.namespace === pod.metadata.namespace ? 1 : 0
  const decides = [...policies]
    .sort((a, b) => rank(b) - rank(a))
    .find((policy) => policy.spec?.mtls?.mode && policy.spec.mtls.mode !== 'UNSET')
  return decides && { mode: String(decides.spec.mtls.mode), policy: decides }
}

/** `cluster.local/ns/shop/sa/web` */
export function principalOf(pod: KubeObject): string {
  return `cluster.local/ns/${pod.metadata.namespace ?? ''}/sa/${pod.spec?.serviceAccountName ?? 'default'}`
}

/** Istio's string match: `*`, `prefix*`, `*suffix`, exact. */
export function matchesText(pattern: string, value: string): boolean {
  if (pattern === '*') return value !== ''
  if (pattern.startsWith('*')) return value.endsWith(pattern.slice(1))
  if (pattern.endsWith('*')) return value.startsWith(pattern.slice(0, -1))
  return pattern === value
}
