// A cluster in trouble: 40 workloads with 4 causes between them, and as many events about them as a test wants.

import type { Harbor } from '../../src/harbor/index.ts'
import type { LoadedFiles } from '../../src/objects/files.ts'
import type { KubeObject } from '../../src/objects/object.ts'

const CREATED = '2026-11-20T10:00:00Z'
export const CAUSES = ['settings', 'registry', 'node', 'database'] as const
export const PER_CAUSE = 10

/** `settings`: a ConfigMap that is missing; `registry`: a Secret for pulling that is missing; `node`: a node that is gone; `database`: a Service without endpoints. */
export function stormyWorld(): LoadedFiles {
  const objects: KubeObject[] = [
    ...['kube-system', 'default', ...CAUSES].map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, uid: `ns-${name}`, creationTimestamp: CREATED },
      status: { phase: 'Active' },
    })),
    node('worker-a', true),
    node('worker-lost', false),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'postgres', namespace: 'database', uid: 'svc-pg', creationTimestamp: CREATED },
      spec: { selector: { app: 'postgres' }, ports: [{ port: 5432 }] },
    },
  ]
  const logs: LoadedFiles['logs'] = []
  for (const cause of CAUSES) {
    for (let n = 0; n < PER_CAUSE; n++) {
      objects.push(...workload(cause, n))
      if (cause === 'database')
        logs.push({
          namespace: cause,
          pod: podName(n),
          container: 'app',
          previous: true,
          text: 'connecting\nError: dial tcp: connect: connection refused postgres.database.svc.cluster.local:5432\n',
        })
    }
  }
  return { objects, logs }
}

export function podName(n: number): string {
  return `app-${n}-5d9f7c8b6d-x${String(n).padStart(4, '2')}`
}

function workload(cause: (typeof CAUSES)[number], n: number): KubeObject[] {
  const name = `app-${n}`
  const labels = { app: name, 'pod-template-hash': '5d9f7c8b6d' }
  const container: Record<string, unknown> = { name: 'app', image: `shop/${name}:1.0` }
  if (cause === 'settings') container.envFrom = [{ configMapRef: { name: 'app-settings' } }]
  const spec: Record<string, unknown> = {
    nodeName: cause === 'node' ? 'worker-lost' : 'worker-a',
    containers: [container],
  }
  const template = { metadata: { labels: { app: name } }, spec: { containers: [container] } }
  const owner = (kind: string, of: string, uid: string) => [
    { apiVersion: 'apps/v1', kind, name: of, uid, controller: true },
  ]
  const lost = cause === 'node'
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {
        name,
        namespace: cause,
        uid: `d-${cause}-${n}`,
        generation: 1,
        creationTimestamp: CREATED,
        annotations: { 'deployment.kubernetes.io/revision': '1' },
      },
      spec: { replicas: 1, selector: { matchLabels: { app: name } }, template },
      status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, unavailableReplicas: 1 },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${name}-5d9f7c8b6d`,
        namespace: cause,
        uid: `r-${cause}-${n}`,
        creationTimestamp: CREATED,
        labels,
        annotations: { 'deployment.kubernetes.io/revision': '1' },
        ownerReferences: owner('Deployment', name, `d-${cause}-${n}`),
      },
      spec: { replicas: 1, selector: { matchLabels: labels }, template },
      status: { replicas: 1 },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: podName(n),
        namespace: cause,
        uid: `p-${cause}-${n}`,
        creationTimestamp: CREATED,
        labels,
        ownerReferences: owner('ReplicaSet', `${name}-5d9f7c8b6d`, `r-${cause}-${n}`),
      },
      spec,
      status: {
        phase: cause === 'settings' ? 'Pending' : 'Running',
        conditions: [
          { type: 'PodScheduled', status: 'True' },
          { type: 'Ready', status: 'False', ...(lost ? { reason: 'NodeNotReady' } : {}) },
        ],
        containerStatuses: [
          {
            name: 'app',
            image: `shop/${name}:1.0`,
            ready: false,
            restartCount: lost || cause === 'settings' ? 0 : 6,
            ...stateOf(cause, n),
          },
        ],
      },
    },
  ]
}

function stateOf(cause: (typeof CAUSES)[number], n: number): Record<string, unknown> {
  const ended = { exitCode: 1, reason: 'Error', finishedAt: CREATED }
  const waiting = (reason: string, message: string) => ({ waiting: { reason, message } })
  if (cause === 'settings')
    return { state: waiting('CreateContainerConfigError', 'configmap "app-settings" not found') }
  if (cause === 'registry')
    return {
      state: waiting(
        'ImagePullBackOff',
        `Back-off pulling image "shop/app-${n}:1.0": failed to resolve reference: unexpected status 401 Unauthorized`,
      ),
    }
  if (cause === 'node') return { state: { running: { startedAt: CREATED } } }
  return {
    state: waiting('CrashLoopBackOff', 'back-off 5m0s restarting failed container'),
    lastState: { terminated: ended },
  }
}

function node(name: string, ready: boolean): KubeObject {
  const condition = ready
    ? { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
    : { type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' }
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: `node-${name}`, creationTimestamp: CREATED, labels: { 'kubernetes.io/hostname': name } },
    spec: {},
    status: {
      capacity: { cpu: '64', memory: '256Gi', pods: '500' },
      allocatable: { cpu: '64', memory: '256Gi', pods: '500' },
      conditions: [
        { ...condition, lastTransitionTime: '2026-11-20T11:00:00Z', lastHeartbeatTime: '2026-11-20T11:00:00Z' },
      ],
    },
  }
}

const REASONS: Record<(typeof CAUSES)[number], string> = {
  settings: 'Failed',
  registry: 'Failed',
  node: 'NodeNotReady',
  database: 'BackOff',
}

let events = 0

/** One occurrence: a new event, or one more of the same series, as kubelets report them. */
export function report(harbor: Harbor, index: number): void {
  const cause = CAUSES[index % CAUSES.length] ?? 'settings'
  const n = Math.floor(index / CAUSES.length) % PER_CAUSE
  const name = `${podName(n)}.${cause}`
  const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z')
  const again = harbor.world.modify('Event', cause, name, (draft) => {
    draft.count = Number(draft.count ?? 1) + 1
    draft.lastTimestamp = now
  })
  if (again) return
  harbor.world.create({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace: cause, uid: `e-${++events}` },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace: cause, name: podName(n), uid: `p-${cause}-${n}` },
    type: 'Warning',
    reason: REASONS[cause],
    message: `${REASONS[cause]} of ${podName(n)}`,
    count: 1,
    firstTimestamp: now,
    lastTimestamp: now,
    source: { component: 'kubelet' },
  })
}
