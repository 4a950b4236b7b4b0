// Reading Services: the ports that pods declare, where a targetPort leads, and which labels keep pods out.
import type { KubeObject } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { groupBy, perSnapshot } from './memo.ts'
import { similarity } from './names.ts'
import { isFinished, isLive, isReady } from './pods.ts'
import { desiredReplicas, templateOf, topWorkloads } from './workloads.ts'

export interface ServicePort {
  name?: string
  port: number
  protocol?: string
  targetPort?: number | string
  nodePort?: number
}
export interface DeclaredPort {
  name: string | undefined
  number: number
  protocol: string
}

export function selectorOf(service: KubeObject): [string, string][] {
  return Object.entries((service.spec?.selector ?? {}) as Record<string, string>)
}

export function portsOf(service: KubeObject): ServicePort[] {
  return Array.isArray(service.spec?.ports) ? service.spec.ports : []
}

/** Ports that the containers of a pod, or of a pod template, declare. */
export function declaredPorts(pod: KubeObject | undefined): DeclaredPort[] {
  const containers = [
    ...(pod?.spec?.containers ?? []),
    ...(pod?.spec?.initContainers ?? []).filter(
      (entry: { restartPolicy?: string }) => entry.restartPolicy === 'Always',
    ),
  ]
  return containers.flatMap((container) =>
    (Array.isArray(container.ports) ? container.ports : []).map(
      (port: { name?: string; containerPort: number; protocol?: string }) => ({
        name: port.name,
        number: Number(port.containerPort),
        protocol: port.protocol ?? 'TCP',
      }),
    ),
  )
}

/** The number a Service's port leads to in a pod; undefined when the pod has no port of that name. */
export function targetNumber(port: ServicePort, pod: KubeObject | undefined): number | undefined {
  const target = port.targetPort ?? port.port
  if (typeof target === 'number') return target
  if (/^\d+$/.test(target)) return Number(target)
  return declaredPorts(pod).find(
    (declared) => declared.name === target && declared.protocol === (port.protocol ?? 'TCP'),
  )?.number
}

/** A port of a Service by number or by name, as Ingress backends and webhooks name it. */
export function findPort(
  service: KubeObject,
  port: { number?: number; name?: string } | number | string | undefined,
): ServicePort | undefined {
  const ports = portsOf(service)
  if (port === undefined) return ports[0]
  const { number, name } =
    typeof port === 'object'
      ? port
      : typeof port === 'number'
        ? { number: port, name: undefined }
        : { number: undefined, name: port }
  return ports.find((entry) => (number !== undefined ? entry.port === number : entry.name === name))
}

export function portText(port: ServicePort): string {
  return port.name ? `${port.name} (${port.port})` : String(port.port)
}

const podsOfServices = perSnapshot(() => new WeakMap<KubeObject, KubeObject[]>())

/** The pods a Service selects that have not finished. */
export function podsBehind(snapshot: Snapshot, service: KubeObject): KubeObject[] {
  const known = podsOfServices(snapshot)
  const found = known.get(service)
  if (found) return found
  const pods = selectorOf(service).length === 0 ? [] : snapshot.podsOfService(service).filter((pod) => !isFinished(pod))
  known.set(service, pods)
  return pods
}

export function hasReadyPod(snapshot: Snapshot, service: KubeObject): boolean {
  return podsBehind(snapshot, service).some((pod) => isLive(pod) && isReady(pod))
}

const slicesByService = perSnapshot((snapshot) =>
  groupBy(snapshot.list('EndpointSlice'), (slice) => {
    const name = slice.metadata.labels?.['kubernetes.io/service-name']
    return name && `${slice.metadata.namespace ?? ''}/${name}`
  }),
)

export function slicesOf(snapshot: Snapshot, service: KubeObject): KubeObject[] {
  return slicesByService(snapshot).get(`${service.metadata.namespace ?? ''}/${service.metadata.name}`) ?? []
}

/** Addresses that traffic to a Service reaches, from its EndpointSlices or Endpoints; undefined when neither is in the snapshot. */
export function readyAddresses(snapshot: Snapshot, service: KubeObject): number | undefined {
  const slices = slicesOf(snapshot, service)
  if (slices.length > 0) {
    return slices.reduce((sum, slice) => {
      const endpoints: { addresses?: string[]; conditions?: { ready?: boolean } }[] = Array.isArray(slice.endpoints)
        ? slice.endpoints
        : []
      return sum + endpoints.filter((endpoint) => endpoint.conditions?.ready !== false).length
    }, 0)
  }
  const endpoints = snapshot.get('Endpoints', service.metadata.namespace, service.metadata.name)
  if (!endpoints) return undefined
  return (endpoints.subsets ?? []).reduce(
    (sum: number, subset: { addresses?: unknown[] }) => sum + (subset.addresses?.length ?? 0),
    0,
  )
}

const workloadsIn = perSnapshot((snapshot) =>
  groupBy(topWorkloads(snapshot), (workload) => workload.metadata.namespace ?? ''),
)

/** Workloads (and lone pods) of a namespace that have a pod template. */
export function templatesIn(snapshot: Snapshot, namespace: string): KubeObject[] {
  const lone = snapshot.list('Pod', namespace).filter((pod) => isLive(pod) && !pod.metadata.ownerReferences?.length)
  return [...(workloadsIn(snapshot).get(namespace) ?? []), ...lone]
}

export interface LabelMiss {
  workload: KubeObject
  /** the pairs of the selector that its pods do not carry */
  misses: { key: string; wanted: string; has: string | undefined; nearKey: string | undefined }[]
  matched: number
}

/** The workload a Service most likely means although its selector does not match, with each pair that differs. */
export function nearestWorkload(snapshot: Snapshot, service: KubeObject): LabelMiss | undefined {
  const selector = selectorOf(service)
  let best: LabelMiss | undefined
  let bestScore = 0
  for (const workload of templatesIn(snapshot, service.metadata.namespace ?? '')) {
    if (workload.kind === 'Job' || workload.kind === 'CronJob') continue
    const labels: Record<string, string> = templateOf(workload)?.metadata?.labels ?? {}
    const misses = selector.flatMap(([key, wanted]) => {
      const has = Object.hasOwn(labels, key) ? labels[key] : undefined
      if (has === wanted) return []
      // the same value under another key is a renamed label
      const nearKey = Object.keys(labels).find((other) => other !== key && labels[other] === wanted)
      return [{ key, wanted, has, nearKey }]
    })
    const matched = selector.length - misses.length
    const near = misses.reduce((sum, miss) => {
      if (miss.nearKey) return sum + 0.7
      const alike = miss.has === undefined ? 0 : similarity(miss.wanted, miss.has)
      return sum + (alike >= 0.6 ? 0.6 * alike : 0)
    }, 0)
    const named =
      workload.metadata.name === service.metadata.name
        ? 0.8
        : similarity(workload.metadata.name, service.metadata.name) >= 0.75
          ? 0.4
          : 0
    // a label that all share (part-of, environment) says little: something must point to this workload
    const score = (2 * matched) / selector.length + near + named + (desiredReplicas(workload) > 0 ? 0.05 : 0)
    if (score > bestScore && (matched > 0 || near > 0 || named > 0)) {
      bestScore = score
      best = { workload, misses, matched }
    }
  }
  return best
}
