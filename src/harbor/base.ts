// What every practice cluster has: the four system namespaces, two ready nodes (unless files brought their own), a default StorageClass, standard roles.
import type { KubeObject } from '../objects/object.ts'
import { standardRoles } from './base-roles.ts'
import type { Realm } from './realm.ts'

const NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system']
const NODES = [
  { name: 'worker-a', zone: 'eu-a', address: '10.0.0.11', pods: '10.244.11.0/24' },
  { name: 'worker-b', zone: 'eu-b', address: '10.0.0.12', pods: '10.244.12.0/24' },
]

/** `loaded`: files were loaded; what they would not have left out is then not added. */
export function fillBase(realm: Realm, loaded: boolean): void {
  const { world } = realm
  const ensure = (object: KubeObject) => {
    const { namespace, name } = object.metadata
    if (!world.find(kindOf(object), namespace, name)) world.create(object, { manager: 'kube-apiserver' })
  }
  // objects of files whose namespaces were left out need a place
  for (const name of [...NAMESPACES, ...namespacesOf(realm)]) {
    ensure({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  }
  for (const role of standardRoles()) ensure(role)
  for (const [name, value] of [
    ['system-node-critical', 2000001000],
    ['system-cluster-critical', 2000000000],
  ]) {
    ensure({ apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: String(name) }, value })
  }
  if (loaded && world.list('Node').length > 0) return
  ensure(STORAGE)
  for (const node of NODES) addNode(realm, node)
}

function kindOf({ kind, apiVersion }: KubeObject): string {
  return apiVersion.includes('/') ? `${kind}.${apiVersion.split('/')[0]}` : kind
}

const STORAGE: KubeObject = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  provisioner: 'practice.firstmate.dev/memory',
  volumeBindingMode: 'WaitForFirstConsumer',
}

function addNode({ world }: Realm, { name, zone, address, pods }: (typeof NODES)[number]): void {
  if (world.find('Node', undefined, name)) return
  const labels = {
    'beta.kubernetes.io/arch': 'amd64',
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    'node.kubernetes.io/instance-type': 'm5.xlarge',
    'topology.kubernetes.io/region': 'eu',
    'topology.kubernetes.io/zone': zone,
  }
  const annotations = { 'firstmate.dev/practice-cluster': 'a practice cluster: no real workloads run here' }
  const created = world.create(
    {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels, annotations },
      spec: { podCIDR: pods, podCIDRs: [pods], providerID: `practice://${name}` },
    },
    { manager: 'kubelet' },
  )
  world.updateStatus({ ...created, status: nodeStatus(name, address, world.clock.iso()) }, { manager: 'kubelet' })
  world.modify('Node', undefined, name, (draft) => void delete draft.spec.taints, {
    manager: 'kube-controller-manager',
  })
}

function nodeStatus(name: string, address: string, at: string): object {
  const condition = (type: string, status: string, reason: string, message: string) => ({
    type,
    status,
    lastHeartbeatTime: at,
    lastTransitionTime: at,
    reason,
    message,
  })
  const size = { cpu: '4', 'ephemeral-storage': '100Gi', memory: '16Gi', pods: '110' }
  return {
    capacity: size,
    allocatable: { ...size, cpu: '3920m', memory: '15Gi' },
    conditions: [
      condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
      condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
      condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
      condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
    ],
    addresses: [
      { type: 'InternalIP', address },
      { type: 'Hostname', address: name },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    nodeInfo: {
      machineID: name,
      systemUUID: name,
      bootID: name,
      kernelVersion: '6.12.0-practice',
      osImage: 'Firstmate practice cluster',
      containerRuntimeVersion: 'practice://1.0',
      kubeletVersion: 'v1.36.2',
      kubeProxyVersion: 'v1.36.2',
      operatingSystem: 'linux',
      architecture: 'amd64',
    },
  }
}

function namespacesOf({ store, registry }: Realm): Set<string> {
  const names = new Set<string>()
  for (const resource of registry.all()) {
    if (!resource.namespaced) continue
    for (const { metadata } of store.list(resource.id)) if (metadata.namespace) names.add(metadata.namespace)
  }
  return names
}
