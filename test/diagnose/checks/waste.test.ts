// Wasted spend without a model: what is requested and not used, mounted by nobody, named by nothing.
import { describe, expect, test } from 'vitest'
import { waste } from '../../../src/diagnose/waste.ts'
import type { KubeObject } from '../../../src/objects/object.ts'
import { ago, app, object, service, world } from '../build.ts'

const OLD = { creationTimestamp: ago(60 * 24 * 30) }
const GIB = 2 ** 30
function metrics(pods: readonly KubeObject[], container: string, cpu: string, memory: string): KubeObject[] {
  return pods.map((pod) =>
    object('metrics.k8s.io/v1beta1', 'PodMetrics', pod.metadata.name, {
      window: '30s',
      containers: [{ name: container, usage: { cpu, memory } }],
    }),
  )
}
const requests = (cpu: string, memory: string) => ({ container: { resources: { requests: { cpu, memory } } } })
const checksOf = (objects: KubeObject[]) => waste(world(objects)).findings.map(({ check }) => check)

describe('requests', () => {
  test('far above use: the suggestion, the saving and the window', () => {
    const made = app('web', { ...requests('2', '4Gi'), deployment: {} })
    const found = waste(world([...made.objects, ...metrics(made.pods, 'web', '100m', '512Mi')]))
    expect(found.findings.map(({ check }) => check)).toEqual(['waste-overprovisioned'])
    expect(found.total).toMatchObject({ cpu: 3.7, memory: 2 * 3.25 * GIB })
    expect(found.findings[0]).toMatchObject({
      severity: 'info',
      action: { verb: 'set-resources', requests: { cpu: '150m', memory: '768Mi' } },
    })
    expect(found.findings[0]?.cause).toMatch(/requests 2 cpu and uses at most 100m \(5 %\).*measured over 30 s/)
    expect(found.summary).toBe('3700m CPU, 6.5Gi memory over 1 finding')
  })

  test('silent: used well, or too little to matter', () => {
    const busy = app('web', requests('1', '1Gi'))
    const small = app('tiny', requests('50m', '64Mi'))
    expect(
      checksOf([
        ...busy.objects,
        ...metrics(busy.pods, 'web', '700m', '800Mi'),
        ...small.objects,
        ...metrics(small.pods, 'tiny', '5m', '8Mi'),
      ]),
    ).toEqual([])
  })

  test('a workload that does nothing', () => {
    const idle = app('worker', requests('100m', '128Mi'))
    idle.workload.metadata.creationTimestamp = ago(60 * 24 * 30)
    const found = waste(world([...idle.objects, ...metrics(idle.pods, 'worker', '0', '100Mi')])).findings
    expect(found.map(({ check, action }) => [check, action?.verb])).toContainEqual(['waste-idle', 'scale'])
  })
})

describe('storage', () => {
  const claim = (name: string) =>
    object('v1', 'PersistentVolumeClaim', name, {
      metadata: OLD,
      spec: {},
      status: { phase: 'Bound', capacity: { storage: '100Gi' } },
    })

  test('a claim that nobody mounts, and a released volume', () => {
    const released = object('v1', 'PersistentVolume', 'pv-1', {
      metadata: OLD,
      spec: { capacity: { storage: '50Gi' }, claimRef: { namespace: 'shop', name: 'gone' } },
      status: { phase: 'Released' },
    })
    const found = waste(world([claim('old'), released]))
    expect(found.findings.map(({ object }) => object.name)).toEqual(['old', 'pv-1'])
    expect(found.total.storage).toBe(150 * GIB)
  })

  test("silent: mounted, named by a template, of a StatefulSet's replica", () => {
    const volumes = (name: string) => ({
      spec: { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: name } }] },
    })
    const set = app('db', {
      kind: 'StatefulSet',
      replicas: 1,
      deployment: { volumeClaimTemplates: [{ metadata: { name: 'data' } }] },
    })
    expect(
      checksOf([
        claim('a'),
        ...app('web', volumes('a')).objects,
        claim('b'),
        ...app('idle', { replicas: 0, ...volumes('b') }).objects,
        claim('data-db-0'),
        ...set.objects,
      ]),
    ).toEqual([])
  })
})

describe('leftovers', () => {
  const config = (name: string, fields: object = {}) =>
    object('v1', 'ConfigMap', name, { metadata: { ...OLD, ...fields }, data: { a: 'b' } })

  test('ConfigMaps and Secrets that nothing names are one finding per namespace', () => {
    const secret = object('v1', 'Secret', 'old-token', { metadata: OLD, type: 'Opaque', data: {} })
    const found = waste(world([...app('web').objects, config('old-a'), config('old-b'), secret])).findings
    expect(found.map(({ summary }) => summary.replace(/:.*/, ''))).toEqual([
      '2 ConfigMaps in shop that nothing uses',
      '1 Secret in shop that nothing uses',
    ])
  })

  test('silent: mounted, in an environment, an argument, read by its label, owned, young', () => {
    const made = app('web', {
      container: { args: ['--config-map=by-argument'], envFrom: [{ configMapRef: { name: 'by-env' } }] },
      spec: { volumes: [{ name: 'c', configMap: { name: 'by-volume' } }] },
    })
    const all = [
      config('by-argument'),
      config('by-env'),
      config('by-volume'),
      config('dash', { labels: { grafana_dashboard: '1' } }),
      config('owned', { ownerReferences: [{ kind: 'Thing', name: 'x', uid: 'u', apiVersion: 'v1' }] }),
      config('young', { creationTimestamp: ago(60) }),
    ]
    expect(checksOf([...made.objects, ...all])).toEqual([])
  })

  test('a Service that nothing is behind and nobody uses', () => {
    const left = service('importer-legacy', { component: 'importer' }, { type: 'LoadBalancer' })
    left.metadata.creationTimestamp = ago(60 * 24 * 30)
    left.status = { loadBalancer: { ingress: [{ ip: '203.0.113.4' }] } }
    const [found] = waste(world([...app('web').objects, left])).findings
    expect(found?.summary).toMatch(/importer-legacy has nothing behind it.*load balancer costs money/)
    const used = service('web', { app: 'web' })
    used.metadata.creationTimestamp = ago(60 * 24 * 30)
    expect(checksOf([...app('web').objects, used])).toEqual([])
  })

  test('finished pods that pile up', () => {
    const pods = Array.from({ length: 30 }, (_, index) =>
      object('v1', 'Pod', `old-${index}`, { metadata: OLD, spec: {}, status: { phase: 'Succeeded' } }),
    )
    expect(checksOf(pods)).toEqual(['waste-finished'])
    expect(checksOf(pods.slice(0, 5))).toEqual([])
  })
})
