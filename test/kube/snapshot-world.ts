// A namespace whose pods crash because of another one, and snapshots of it.
import { onTestFinished } from 'vitest'
import { clusterAt } from '../../src/kube/clusters.ts'
import type { SnapshotOptions } from '../../src/kube/reading.ts'
import { readSnapshot } from '../../src/kube/snapshot.ts'
import type { LoadedFiles } from '../../src/objects/files.ts'
import { type Answer, type FakeApi, fakeApi } from './fake-api.ts'

export async function read(api: FakeApi, options: SnapshotOptions) {
  onTestFinished(() => api.close())
  return readSnapshot(clusterAt('prod', api.url).reader, options)
}
export const fake = async (answer: Answer, options: SnapshotOptions) => read(await fakeApi(answer), options)
export const paths = (api: FakeApi) =>
  api.asked.map(({ path }) => path).filter((path) => path !== '/api' && path !== '/apis')

export const NOW = new Date('2026-10-14T10:00:00Z')
export const KINDS = [
  'Pod',
  'Event',
  'Namespace',
  'Node',
  'Service',
  'Deployment',
  'ConfigMap',
  'Secret',
  'StorageClass',
  'Role',
  'RoleBinding',
]
// more than a question may ask for at once
export const MANY = [
  ...KINDS,
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  'PersistentVolumeClaim',
  'Ingress',
  'HorizontalPodAutoscaler',
  'PodDisruptionBudget',
  'NetworkPolicy',
  'EndpointSlice',
  'ResourceQuota',
  'LimitRange',
  'ServiceAccount',
  'PersistentVolume',
  'PodMetrics',
  'IngressClass',
  'PriorityClass',
]

export const crash = {
  ready: false,
  restartCount: 5,
  state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } },
  lastState: { terminated: { exitCode: 1, reason: 'Error', finishedAt: '2026-10-14T09:59:00Z' } },
}

export function world(): LoadedFiles {
  const pods = Array.from({ length: 6 }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `web-${index}`,
      namespace: 'shop',
      uid: `p${index}`,
      ownerReferences: [{ kind: 'ReplicaSet', name: 'web', uid: 'rs', apiVersion: 'apps/v1', controller: true }],
    },
    spec: { containers: [{ name: 'app', env: [{ name: 'DB', value: 'postgres.data.svc:5432' }] }] },
    status: { phase: 'Running', containerStatuses: [{ name: 'app', ...crash }] },
  }))
  const space = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  return {
    objects: [
      space('shop'),
      space('data'),
      ...pods,
      {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'a' },
        status: { images: [{ names: ['x'] }], conditions: [{ type: 'Ready', status: 'True' }] },
      },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'postgres', namespace: 'data' },
        spec: { selector: { app: 'pg' } },
      },
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'db', namespace: 'shop' },
        data: { password: 'aHVudGVyMg==' },
      },
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'big', namespace: 'shop' },
        data: { blob: 'x'.repeat(100_000) },
      },
    ],
    logs: pods.map(({ metadata }) => ({
      namespace: 'shop',
      pod: metadata.name,
      container: 'app',
      previous: true,
      text: 'connect ECONNREFUSED postgres.data.svc:5432',
    })),
  }
}
