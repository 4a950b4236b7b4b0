// Diagnosis at size: 5,000 pods in 100 namespaces with 50 troubles, and one namespace of 200 pods. Times are after reading.

import { plainAgent } from '../../src/agent/plain/index.ts'
import { diagnose } from '../../src/diagnose/index.ts'
import { startHarbor } from '../../src/harbor/index.ts'
import { clusterAt, clustersOf } from '../../src/kube/clusters.ts'
import { loadFiles } from '../../src/objects/files.ts'
import type { KubeObject } from '../../src/objects/object.ts'
import { Snapshot } from '../../src/objects/snapshot.ts'
import { STORY } from '../flows/ship.ts'
import { startWire } from '../flows/wire.ts'
import { type Figure, percentile } from './figure.ts'

const NOW = new Date('2026-11-20T12:00:00Z')

export async function bench(): Promise<Figure[]> {
  const cluster = new Snapshot({
    now: NOW,
    objects: Array.from({ length: 100 }, (_, at) => namespace(`team-${at}`, 50, at < 50)).flat(),
  })
  const one = new Snapshot({ now: NOW, namespaces: ['team-0'], objects: namespace('team-0', 200, true) })
  diagnose(one)
  const whole = times(3, () => diagnose(cluster))
  const memory = process.memoryUsage().rss / 1e6
  const single = times(9, () => diagnose(one))
  return [
    {
      name: 'full diagnosis of 5,000 pods in 100 namespaces, 50 troubles',
      value: percentile(whole, 0.5),
      target: 3000,
      unit: 'ms',
    },
    {
      name: 'root causes found among 50',
      value: diagnose(cluster).findings.filter((finding) => finding.root && finding.severity !== 'info').length,
      target: 50,
      unit: '',
      atLeast: true,
    },
    { name: 'resident memory during it', value: memory, target: 400, unit: 'MB' },
    { name: 'one namespace of 200 pods', value: percentile(single, 0.5), target: 300, unit: 'ms' },
    {
      name: 'API requests of a question about one namespace, what is served being known',
      value: await requests(),
      target: 25,
      unit: '',
    },
  ]
}

function times(count: number, run: () => unknown): number[] {
  return Array.from({ length: count }, () => {
    const began = performance.now()
    run()
    return performance.now() - began
  })
}

async function requests(): Promise<number> {
  const harbor = await startHarbor({ load: await loadFiles([STORY]) })
  let count = 0
  const wire = await startWire(harbor.url, (_seen, _answer, pass) => {
    count++
    pass()
  })
  const context = {
    clusters: clustersOf([clusterAt('bench', wire.url)]),
    subject: {},
    now: () => new Date(),
    signal: AbortSignal.timeout(60_000),
    progress: () => undefined,
  }
  await plainAgent('why is checkout failing in shop?', context)
  count = 0
  await plainAgent('why is checkout failing in shop?', context)
  await wire.close()
  await harbor.close()
  return count
}

function namespace(name: string, pods: number, troubled: boolean): KubeObject[] {
  const created = '2026-11-19T10:00:00Z'
  const objects: KubeObject[] = [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, uid: `ns-${name}`, creationTimestamp: created },
      status: { phase: 'Active' },
    },
  ]
  const perSet = 10
  for (let set = 0; set < pods / perSet; set++) {
    const app = `app-${set}`
    const sick = troubled && set === 1
    const template = {
      metadata: { labels: { app } },
      spec: {
        containers: [
          {
            name: 'main',
            image: `acme/${app}:1.${set}`,
            resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } },
          },
        ],
      },
    }
    const ready = sick ? 0 : perSet
    const id = `${name}-${set}`
    objects.push(
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: {
          name: app,
          namespace: name,
          uid: `d-${id}`,
          generation: 1,
          creationTimestamp: created,
          annotations: { 'deployment.kubernetes.io/revision': '1' },
        },
        spec: { replicas: perSet, selector: { matchLabels: { app } }, template },
        status: {
          observedGeneration: 1,
          replicas: perSet,
          updatedReplicas: perSet,
          readyReplicas: ready,
          availableReplicas: ready,
        },
      },
      {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: {
          name: `${app}-abc`,
          namespace: name,
          uid: `r-${id}`,
          creationTimestamp: created,
          labels: { app },
          annotations: { 'deployment.kubernetes.io/revision': '1' },
          ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: app, uid: `d-${id}`, controller: true }],
        },
        spec: { replicas: perSet, selector: { matchLabels: { app } }, template },
        status: { replicas: perSet, readyReplicas: ready },
      },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: app, namespace: name, uid: `s-${id}`, creationTimestamp: created },
        spec: { selector: { app }, ports: [{ port: 80, targetPort: 8080 }] },
      },
    )
    for (let n = 0; n < perSet; n++) {
      objects.push({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          name: `${app}-abc-${n}`,
          namespace: name,
          uid: `p-${id}-${n}`,
          creationTimestamp: created,
          labels: { app },
          ownerReferences: [
            { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `${app}-abc`, uid: `r-${id}`, controller: true },
          ],
        },
        spec: { nodeName: 'worker-a', containers: template.spec.containers },
        status: {
          phase: 'Running',
          conditions: [
            { type: 'Ready', status: sick ? 'False' : 'True' },
            { type: 'PodScheduled', status: 'True' },
          ],
          containerStatuses: [
            {
              name: 'main',
              image: template.spec.containers[0]?.image,
              ready: !sick,
              restartCount: sick ? 9 : 0,
              state: sick ? { waiting: { reason: 'CrashLoopBackOff' } } : { running: { startedAt: created } },
              lastState: sick
                ? { terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt: '2026-11-20T11:58:00Z' } }
                : {},
            },
          ],
        },
      })
    }
  }
  return objects
}
