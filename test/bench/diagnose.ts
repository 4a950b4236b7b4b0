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
import { namespace, workload } from './workloads.ts'

const NOW = new Date('2026-11-20T12:00:00Z')

export async function bench(): Promise<Figure[]> {
  const cluster = new Snapshot({
    now: NOW,
    objects: Array.from({ length: 100 }, (_, at) => team(`team-${at}`, 50, at < 50)).flat(),
  })
  const one = new Snapshot({ now: NOW, namespaces: ['team-0'], objects: team('team-0', 200, true) })
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

function team(name: string, pods: number, troubled: boolean): KubeObject[] {
  const perSet = 10
  const sets = Array.from({ length: pods / perSet }, (_, set): KubeObject[] => {
    const app = `app-${set}`
    const died = troubled && set === 1 ? { died: { exitCode: 137, reason: 'OOMKilled' } } : {}
    return [...workload({ namespace: name, name: app, pods: perSet, ...died }), service(name, app)]
  })
  return [namespace(name), ...sets.flat()]
}

function service(space: string, app: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: app, namespace: space, uid: `s-${space}-${app}`, creationTimestamp: '2026-11-19T10:00:00Z' },
    spec: { selector: { app }, ports: [{ port: 80, targetPort: 8080 }] },
  }
}
