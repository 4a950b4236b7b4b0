// For stories about incidents: a small town of healthy workloads that fall ill and recover as the story says.
import type { Harbor } from '../../src/harbor/index.ts'
import type { LoadedFiles } from '../../src/objects/files.ts'
import type { KubeObject } from '../../src/objects/object.ts'

const CREATED = '2026-11-20T10:00:00Z'
const HASH = '5d9f7c8b6d'

/** `namespace/name` each: a Deployment of one ready pod. */
export function town(...names: string[]): LoadedFiles {
  const namespaces = new Set(['kube-system', 'default', ...names.map((name) => partsOf(name).namespace)])
  const objects: KubeObject[] = [...namespaces].map((name) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, uid: `ns-${name}`, creationTimestamp: CREATED },
    status: { phase: 'Active' },
  }))
  return { objects: [...objects, node('worker-a'), ...names.flatMap(workload)], logs: [] }
}

function partsOf(path: string): { namespace: string; name: string } {
  const [namespace = '', name = ''] = path.split('/')
  return { namespace, name }
}

export function podOf(path: string): string {
  return `${partsOf(path).name}-${HASH}-x2p9q`
}

/** From now on the only pod of this workload crashes. */
export function crash(harbor: Harbor, path: string, restarts = 4, at = new Date()): void {
  become(harbor, path, at, {
    ready: false,
    restartCount: restarts,
    state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s restarting failed container' } },
    lastState: { terminated: { exitCode: 1, reason: 'Error', finishedAt: at.toISOString() } },
  })
}

export function cannotPull(harbor: Harbor, path: string): void {
  const message = `Back-off pulling image "shop/${partsOf(path).name}:1.0": failed to resolve reference: unexpected status 401 Unauthorized`
  become(harbor, path, new Date(), {
    ready: false,
    restartCount: 0,
    state: { waiting: { reason: 'ImagePullBackOff', message } },
  })
}

export function heal(harbor: Harbor, path: string, at = new Date()): void {
  become(harbor, path, at, { ready: true, restartCount: 4, state: { running: { startedAt: at.toISOString() } } })
}

/** From now on the status of its only container, and its readiness, are these. */
export function become(harbor: Harbor, path: string, at: Date, container: Record<string, unknown>): void {
  const { namespace, name } = partsOf(path)
  const ready = container.ready ? 1 : 0
  const change = (kind: string, of: string, to: (draft: KubeObject) => void) =>
    harbor.world.modify(kind, namespace, of, to, { subresource: 'status' })
  change('Pod', podOf(path), (draft) => {
    draft.status.containerStatuses = [{ name: 'app', image: `shop/${name}:1.0`, ...container }]
    draft.status.conditions = [
      { type: 'PodScheduled', status: 'True' },
      { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: at.toISOString() },
    ]
  })
  change('Deployment', name, (draft) => {
    draft.status = { ...draft.status, readyReplicas: ready, availableReplicas: ready, unavailableReplicas: 1 - ready }
  })
}

/** A Warning event as kubelets write it, about the only pod of a workload. */
export function warn(harbor: Harbor, path: string, reason: string, message: string, at = new Date()): void {
  const { namespace } = partsOf(path)
  const time = at.toISOString().replace(/\.\d+Z$/, 'Z')
  harbor.world.create({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      namespace,
      name: `${podOf(path)}.${Math.random().toString(16).slice(2)}`,
    },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace, name: podOf(path) },
    type: 'Warning',
    reason,
    message,
    count: 1,
    firstTimestamp: time,
    lastTimestamp: time,
  })
}

function workload(path: string): KubeObject[] {
  const { namespace, name } = partsOf(path)
  const labels = { app: name, 'pod-template-hash': HASH }
  const container = { name: 'app', image: `shop/${name}:1.0` }
  const template = { metadata: { labels: { app: name } }, spec: { containers: [container] } }
  const annotations = { 'deployment.kubernetes.io/revision': '1' }
  const meta = (own: string, uid: string) => ({
    name: own,
    namespace,
    uid: `${uid}-${path}`,
    creationTimestamp: CREATED,
  })
  const owner = (kind: string, of: string, uid: string) => [
    { apiVersion: 'apps/v1', kind, name: of, uid: `${uid}-${path}`, controller: true },
  ]
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { ...meta(name, 'd'), generation: 1, annotations },
      spec: { replicas: 1, selector: { matchLabels: { app: name } }, template },
      status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        ...meta(`${name}-${HASH}`, 'r'),
        labels,
        annotations,
        ownerReferences: owner('Deployment', name, 'd'),
      },
      spec: { replicas: 1, selector: { matchLabels: labels }, template },
      status: { replicas: 1, readyReplicas: 1, availableReplicas: 1 },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...meta(podOf(path), 'p'), labels, ownerReferences: owner('ReplicaSet', `${name}-${HASH}`, 'r') },
      spec: { nodeName: 'worker-a', containers: [container] },
      status: {
        phase: 'Running',
        conditions: [
          { type: 'PodScheduled', status: 'True' },
          { type: 'Ready', status: 'True' },
        ],
        containerStatuses: [
          {
            name: 'app',
            image: container.image,
            ready: true,
            restartCount: 0,
            state: { running: { startedAt: CREATED } },
          },
        ],
      },
    },
  ]
}

function node(name: string): KubeObject {
  const room = { cpu: '64', memory: '256Gi', pods: '500' }
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: `node-${name}`, creationTimestamp: CREATED, labels: { 'kubernetes.io/hostname': name } },
    spec: {},
    status: {
      capacity: room,
      allocatable: room,
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', lastTransitionTime: CREATED }],
    },
  }
}
