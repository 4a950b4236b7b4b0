// Endpoints and EndpointSlices: which pods stand behind a Service.
import type { KubeObject } from '../../objects/object.ts'
import { matchesMap } from '../../objects/selector.ts'
import type { Controller, World } from '../world.ts'
import { MANAGER, ownerReference } from './owners.ts'
import { isFinished, isReady } from './pods.ts'
import { gather, keyedController, keyOf, splitKey } from './queue.ts'

type Spec = KubeObject['spec']

const SERVICE_LABEL = 'kubernetes.io/service-name'
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by'
const SLICES = 'endpointslice-controller.k8s.io'
const TRIGGER = 'endpoints.kubernetes.io/last-change-trigger-time'
// endpoints per slice
const MAX = 100

export const endpointsController: Controller = keyedController('endpoints-controller', (world, queue) => ({
  initial: () => world.list('Service').map(keyOf),
  concerns({ object, previous, type }) {
    if (object.kind === 'Service') return [keyOf(object)]
    if (object.kind === 'EndpointSlice' || object.kind === 'Endpoints') {
      const name = object.kind === 'Endpoints' ? object.metadata.name : object.metadata.labels?.[SERVICE_LABEL]
      return type !== 'ADDED' && name ? [`${object.metadata.namespace}/${name}`] : []
    }
    if (object.kind !== 'Pod' || (previous && facts(previous) === facts(object) && type === 'MODIFIED')) return []
    const labels: (Record<string, string> | undefined)[] = [object.metadata.labels, previous?.metadata.labels]
    const { namespace = '' } = object.metadata
    const services = world
      .list('Service', { namespace })
      .filter((service) => labels.some((map) => matchesMap(service.spec?.selector, map)))
    const wait = services.length > 0 ? gather(world.list('Pod', { namespace }).length) : 0
    for (const service of services) queue.add(keyOf(service), wait)
    return []
  },
  reconcile(key) {
    const service = world.find('Service', ...splitKey(key))
    if (!service) return clear(world, ...splitKey(key))
    if (!service.spec?.selector || service.spec.type === 'ExternalName' || service.metadata.deletionTimestamp) return
    const pods = world
      .list('Pod', { namespace: service.metadata.namespace ?? '' })
      .filter((pod) => matchesMap(service.spec.selector, pod.metadata.labels) && pod.status?.podIP && !isFinished(pod))
    writeSlices(world, service, pods)
    writeEndpoints(world, service, pods)
  },
}))

/** What of a pod matters to a Service. */
function facts({ metadata, spec, status }: KubeObject): string {
  const ready = (status?.conditions ?? []).find(({ type }: Spec) => type === 'Ready')?.status
  return JSON.stringify([
    metadata.labels,
    metadata.deletionTimestamp,
    spec?.nodeName,
    status?.podIP,
    status?.phase,
    ready,
  ])
}

function clear(world: World, namespace: string | undefined, name: string): void {
  // slices go with their owner; Endpoints carry no owner reference
  if (world.find('Endpoints', namespace, name)) world.delete('Endpoints', namespace, name)
}

interface PortGroup {
  ports: Spec[]
  pods: KubeObject[]
}

/** Pods by the ports that the Service's target ports mean for them. */
function portGroups(service: KubeObject, pods: KubeObject[]): PortGroup[] {
  const groups = new Map<string, PortGroup>()
  for (const pod of pods) {
    const ports = (service.spec.ports ?? []).flatMap((port: Spec) => {
      const number = targetPort(pod, port)
      const { name = '', protocol = 'TCP', appProtocol } = port
      return number === undefined ? [] : [{ name, port: number, protocol, ...(appProtocol ? { appProtocol } : {}) }]
    })
    if (ports.length === 0 && (service.spec.ports ?? []).length > 0) continue
    const key = JSON.stringify(ports)
    const group: PortGroup = groups.get(key) ?? { ports, pods: [] }
    groups.set(key, group)
    group.pods.push(pod)
  }
  return [...groups.values()]
}

function targetPort(pod: KubeObject, { targetPort: target, port, protocol = 'TCP' }: Spec): number | undefined {
  if (target === undefined) return port
  if (typeof target === 'number') return target
  const containers: Spec[] = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])]
  for (const { ports } of containers) {
    const found = (ports ?? []).find((item: Spec) => item.name === target && (item.protocol ?? 'TCP') === protocol)
    if (found) return found.containerPort
  }
  return undefined
}

function endpointOf(world: World, service: KubeObject, pod: KubeObject): Spec {
  const terminating = !!pod.metadata.deletionTimestamp
  const serving = isReady(pod)
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating)
  const zone = world.find('Node', undefined, pod.spec?.nodeName ?? '')?.metadata.labels?.['topology.kubernetes.io/zone']
  const named =
    pod.spec?.hostname && pod.spec?.subdomain === service.metadata.name ? { hostname: pod.spec.hostname } : {}
  return {
    addresses: [pod.status.podIP],
    conditions: { ready, serving: service.spec.publishNotReadyAddresses === true || serving, terminating },
    ...named,
    targetRef: targetRef(pod),
    ...(pod.spec?.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    ...(zone ? { zone } : {}),
  }
}

function targetRef({ metadata }: KubeObject): Spec {
  return { kind: 'Pod', namespace: metadata.namespace, name: metadata.name, uid: metadata.uid }
}

function writeSlices(world: World, service: KubeObject, pods: KubeObject[]): void {
  const { namespace = '', name } = service.metadata
  const known = world
    .list('EndpointSlice', { namespace, selector: { matchLabels: { [SERVICE_LABEL]: name } } })
    .filter((slice) => (slice.metadata.labels?.[MANAGED_BY] ?? SLICES) === SLICES && !slice.metadata.deletionTimestamp)
  const groups = portGroups(service, pods)
  const wanted: { ports: Spec[]; endpoints: Spec[] }[] = []
  for (const { ports, pods: members } of groups) {
    const endpoints = members.map((pod) => endpointOf(world, service, pod))
    for (let from = 0; from < endpoints.length; from += MAX)
      wanted.push({ ports, endpoints: endpoints.slice(from, from + MAX) })
  }
  // a Service without endpoints keeps one empty slice
  if (wanted.length === 0) wanted.push({ ports: [], endpoints: [] })
  const free = [...known]
  for (const slice of wanted) {
    const same = free.findIndex((item) => sliceText(item) === sliceText(slice))
    if (same >= 0) {
      free.splice(same, 1)
      continue
    }
    const next = free.shift()
    if (next) updateSlice(world, next, slice)
    else createSlice(world, service, slice)
  }
  for (const slice of free) world.delete('EndpointSlice', namespace, slice.metadata.name, { manager: MANAGER })
}

/** In one order, without what a dump may have left out. */
function sliceText({ ports, endpoints }: Spec): string {
  const targets = (endpoints ?? []).map(({ addresses, conditions, targetRef: target, nodeName }: Spec) =>
    JSON.stringify([addresses, conditions?.ready ?? true, conditions?.terminating ?? false, target?.name, nodeName]),
  )
  if (targets.length === 0) return '[]'
  const named = (ports ?? []).map(({ name = '', port, protocol = 'TCP' }: Spec) =>
    JSON.stringify([name, port, protocol]),
  )
  return JSON.stringify([named.sort(), targets.sort()])
}

function updateSlice(
  world: World,
  slice: KubeObject,
  { ports, endpoints }: { ports: Spec[]; endpoints: Spec[] },
): void {
  world.modify(
    'EndpointSlice',
    slice.metadata.namespace,
    slice.metadata.name,
    (draft) => {
      draft.ports = ports
      draft.endpoints = endpoints
      draft.metadata.annotations = { ...draft.metadata.annotations, [TRIGGER]: world.clock.iso() }
    },
    { manager: MANAGER },
  )
}

function createSlice(
  world: World,
  service: KubeObject,
  { ports, endpoints }: { ports: Spec[]; endpoints: Spec[] },
): void {
  const { namespace = '', name, labels } = service.metadata
  const headless = service.spec.clusterIP === 'None' ? { 'service.kubernetes.io/headless': '' } : {}
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels: { ...labels, ...headless, [SERVICE_LABEL]: name, [MANAGED_BY]: SLICES },
      annotations: { [TRIGGER]: world.clock.iso() },
      ownerReferences: [ownerReference(service)],
    },
    addressType: 'IPv4',
    endpoints,
    ports,
  }
  world.create(slice as unknown as KubeObject, { manager: MANAGER })
}

function writeEndpoints(world: World, service: KubeObject, pods: KubeObject[]): void {
  const { namespace = '', name, labels } = service.metadata
  const known = world.find('Endpoints', namespace, name)
  const subsets = portGroups(service, pods).flatMap(({ ports, pods: members }) => {
    const at = (pod: KubeObject) => ({
      ip: pod.status.podIP,
      ...(pod.spec?.nodeName ? { nodeName: pod.spec.nodeName } : {}),
      targetRef: targetRef(pod),
    })
    const serving = (pod: KubeObject) =>
      service.spec.publishNotReadyAddresses === true || (isReady(pod) && !pod.metadata.deletionTimestamp)
    const ready = members.filter(serving).map(at)
    const notReady = members.filter((pod) => !serving(pod) && !pod.metadata.deletionTimestamp).map(at)
    if (ready.length + notReady.length === 0) return []
    return [
      {
        ...(ready.length > 0 ? { addresses: ready } : {}),
        ...(notReady.length > 0 ? { notReadyAddresses: notReady } : {}),
        ports: ports.map(({ name: portName, ...port }) => (portName ? { name: portName, ...port } : port)),
      },
    ]
  })
  if (!known) {
    const metadata = { name, namespace, labels: { ...labels, [MANAGED_BY]: 'endpoint-controller' } }
    world.create(
      { apiVersion: 'v1', kind: 'Endpoints', metadata, ...(subsets.length > 0 ? { subsets } : {}) },
      { manager: MANAGER },
    )
    return
  }
  if (endpointsText(known.subsets) === endpointsText(subsets)) return
  world.modify(
    'Endpoints',
    namespace,
    name,
    (draft) => {
      if (subsets.length > 0) draft.subsets = subsets
      else delete draft.subsets
      draft.metadata.annotations = { ...draft.metadata.annotations, [TRIGGER]: world.clock.iso() }
    },
    { manager: MANAGER },
  )
}

function endpointsText(subsets: Spec[] | undefined): string {
  const ips = (list: Spec[] | undefined) => (list ?? []).map(({ ip }) => String(ip)).sort()
  return JSON.stringify(
    (subsets ?? []).map(({ addresses, notReadyAddresses, ports }) => [
      ips(addresses),
      ips(notReadyAddresses),
      (ports ?? []).map(({ name = '', port, protocol = 'TCP' }: Spec) => [name, port, protocol]),
    ]),
  )
}
