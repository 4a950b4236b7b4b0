// Worlds at size for benchmarks: namespaces full of Deployments, each whole, with its ReplicaSet and pods; some of them ill.
import type { KubeObject } from '../../src/objects/object.ts'

const CREATED = '2026-11-19T10:00:00Z'
const REVISION = { 'deployment.kubernetes.io/revision': '1' }

export function namespace(name: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, uid: `ns-${name}`, creationTimestamp: CREATED },
    status: { phase: 'Active' },
  }
}

export interface Workload {
  namespace: string
  name: string
  pods: number
  /** how each of its pods has died, again and again; absent: they are well */
  died?: { exitCode: number; reason: string }
}

export function workload({ namespace: space, name, pods, died }: Workload): KubeObject[] {
  const id = `${space}-${name}`
  const labels = { app: name }
  const image = `${space}/${name}:1.0`
  const set = `${name}-5d9f`
  const ready = died ? 0 : pods
  const resources = { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'app', image, resources }] } }
  const spec = { replicas: pods, selector: { matchLabels: labels }, template }
  const meta = (own: string, uid: string) => ({ name: own, namespace: space, uid, creationTimestamp: CREATED })
  const owner = (kind: string, of: string, uid: string) => [
    { apiVersion: 'apps/v1', kind, name: of, uid, controller: true },
  ]
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { ...meta(name, `d-${id}`), generation: 1, annotations: REVISION },
      spec,
      status: {
        observedGeneration: 1,
        replicas: pods,
        updatedReplicas: pods,
        readyReplicas: ready,
        availableReplicas: ready,
      },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        ...meta(set, `r-${id}`),
        labels,
        annotations: REVISION,
        ownerReferences: owner('Deployment', name, `d-${id}`),
      },
      spec,
      status: { replicas: pods, readyReplicas: ready },
    },
    ...Array.from({ length: pods }, (_, n) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...meta(`${set}-${String(n).padStart(5, 'x')}`, `p-${id}-${n}`),
        labels,
        ownerReferences: owner('ReplicaSet', set, `r-${id}`),
      },
      spec: { nodeName: 'worker-a', containers: template.spec.containers },
      status: {
        phase: 'Running',
        podIP: '10.0.0.1',
        conditions: [
          { type: 'Ready', status: died ? 'False' : 'True' },
          { type: 'PodScheduled', status: 'True' },
        ],
        containerStatuses: [
          {
            name: 'app',
            image,
            ready: !died,
            restartCount: died ? 12 : 0,
            state: died
              ? { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s restarting failed container' } }
              : { running: { startedAt: CREATED } },
            lastState: died ? { terminated: { ...died, finishedAt: '2026-11-20T11:58:00Z' } } : {},
          },
        ],
      },
    })),
  ]
}
