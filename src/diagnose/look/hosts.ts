// Which object here a host name or address means: `pg-main.data-infra.svc`, `cache`, `10.0.3.7`.
import type { KubeObject } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'

export interface HostLook {
  host: string
  namespace: string
  /** the Service's name as the host spells it; undefined for an address or a host outside the cluster */
  service: string | undefined
  /** the Service or Pod, when it is in the snapshot */
  object: KubeObject | undefined
}

const INSIDE = /^[a-z0-9-]+(\.[a-z0-9-]+(\.svc(\.[a-z0-9.-]*)?)?)?\.?$/i

/**
 * Looks a host up as a pod of `namespace` would: `name`, `name.namespace`, `name.namespace.svc[.cluster.local]`,
 * `pod.name.namespace.svc…` of a headless Service, or an address of a Service or pod. `undefined` for hosts outside the cluster.
 */
export function resolveHost(snapshot: Snapshot, host: string, namespace: string): HostLook | undefined {
  const name = host.toLowerCase().replace(/\.$/, '')
  if (name === 'localhost' || name.startsWith('127.') || name === '::1' || name === '0.0.0.0') return undefined
  if (/^[0-9.]+$/.test(name) || name.includes(':')) {
    const object = byAddress(snapshot).get(name)
    return object && { host, namespace: object.metadata.namespace ?? '', service: undefined, object }
  }
  const parts = name.split('.')
  const svc = parts.indexOf('svc')
  if (svc >= 2) {
    const [service = '', ns = ''] = parts.slice(svc - 2, svc)
    const pod = svc >= 3 ? snapshot.get('Pod', ns, parts[0] ?? '') : undefined
    return { host, namespace: ns, service, object: pod ?? snapshot.get('Service', ns, service) }
  }
  if (!INSIDE.test(name)) return undefined
  const [first = '', second] = parts
  if (second === undefined)
    return { host, namespace, service: first, object: snapshot.get('Service', namespace, first) }
  // `name.namespace` and `pod.service` are spelled alike; anything else with one dot is a host outside
  const service = snapshot.get('Service', second, first)
  if (service) return { host, namespace: second, service: first, object: service }
  const headless = snapshot.get('Service', namespace, second)
  if (headless) {
    return { host, namespace, service: second, object: snapshot.get('Pod', namespace, first) ?? headless }
  }
  const governs = snapshot
    .list('StatefulSet', namespace)
    .some((set) => set.spec?.serviceName === second && first.startsWith(`${set.metadata.name}-`))
  if (governs) return { host, namespace, service: second, object: undefined }
  return snapshot.get('Namespace', undefined, second)
    ? { host, namespace: second, service: first, object: undefined }
    : undefined
}

const URL_HOST = /\b[a-z][a-z0-9+.-]{1,20}:\/\/(?:[^@/\s]{0,100}@)?(?<host>[a-zA-Z][a-zA-Z0-9.-]{0,252})/

/** The name in a URL of the same line as an address that is nobody's here: Services are made anew and get other addresses. */
export function resolveInLine(snapshot: Snapshot, host: string, line: string, namespace: string): HostLook | undefined {
  const found = resolveHost(snapshot, host, namespace)
  if (found || !/^[\d.]+$/.test(host)) return found
  const named = URL_HOST.exec(line)?.groups?.host
  return named ? resolveHost(snapshot, named, namespace) : undefined
}

const ADDRESSES = new WeakMap<Snapshot, Map<string, KubeObject>>()

function byAddress(snapshot: Snapshot): Map<string, KubeObject> {
  const known = ADDRESSES.get(snapshot)
  if (known) return known
  const addresses = new Map<string, KubeObject>()
  for (const pod of snapshot.list('Pod')) {
    if (pod.status?.podIP && !pod.spec?.hostNetwork) addresses.set(pod.status.podIP, pod)
  }
  for (const service of snapshot.list('Service')) {
    const ips = [service.spec?.clusterIP, ...(service.spec?.clusterIPs ?? []), service.spec?.externalIP]
    for (const ip of ips) if (ip && ip !== 'None') addresses.set(ip, service)
  }
  ADDRESSES.set(snapshot, addresses)
  return addresses
}
