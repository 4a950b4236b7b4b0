// Nodes in trouble and the pods lost with them; nodes that are only being looked after.
import { describe, expect, test } from 'vitest'
import { diagnose } from '../../../src/diagnose/index.ts'
import type { KubeObject } from '../../../src/objects/object.ts'
import { Snapshot } from '../../../src/objects/snapshot.ts'
import { ago, app, diagnoseWorld, event, NOW, node, object, rootNames, roots, service, wordsOf } from '../build.ts'

// biome-ignore lint/suspicious/noExplicitAny: fields as the API prints them
type Fields = Record<string, any>
const see = (objects: KubeObject[]) => diagnose(new Snapshot({ objects, now: NOW }))
const ready = (status: string, reason: string, message: string) => ({
  conditions: [{ type: 'Ready', status, reason, message, lastTransitionTime: ago(15) }],
})
const silent = ready('Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.')
const lost = (name: string, options: Fields = {}) =>
  app(name, {
    replicas: 1,
    ready: 0,
    pod: { sick: true, spec: { nodeName: 'node-b' } },
    state: { running: { startedAt: ago(600) } },
    ...options,
  })

describe('not ready', () => {
  test('one root names everything lost on the node', () => {
    const apps = Array.from({ length: 12 }, (_, index) => lost(`app-${index}`))
    const objects = apps.flatMap((made, index) => [...made.objects, service(`app-${index}`, { app: `app-${index}` })])
    const found = see([node('node-a'), node('node-b', { status: silent }), ...objects])
    expect(rootNames(found)).toEqual(['Node/node-b node-not-ready'])
    expect(roots(found)[0]?.explains.filter(({ kind }) => kind === 'Pod')).toHaveLength(12)
    expect(wordsOf(roots(found)[0])).toMatch(/12 pods lost/)
  })

  test("the kubelet's own reason is told", () => {
    const found = see([
      node('node-a', {
        status: ready(
          'False',
          'KubeletNotReady',
          'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
        ),
      }),
    ])
    expect(wordsOf(roots(found)[0])).toMatch(/cni plugin not initialized.*network plugin is not ready/s)
  })

  test('a node that has just joined is given time for its network plugin', () => {
    const joining = () =>
      node('node-b', {
        status: ready('False', 'KubeletNotReady', 'container runtime network not ready: cni plugin not initialized'),
      })
    const at = (minutes: number) => {
      const made = joining()
      made.metadata.creationTimestamp = ago(minutes)
      return rootNames(see([node('node-a'), made]))
    }
    expect(at(1)).toEqual([])
    expect(at(10)).toEqual(['Node/node-b node-not-ready'])
  })

  test('a young node that fell silent, or has been ready before, is not joining', () => {
    const young = (condition: object) => {
      const made = node('node-b', { status: { conditions: [{ type: 'Ready', ...condition }] } })
      made.metadata.creationTimestamp = ago(2.5)
      return rootNames(see([node('node-a'), made]))
    }
    const alarm = ['Node/node-b node-not-ready']
    expect(young({ status: 'Unknown', reason: 'NodeStatusUnknown', lastTransitionTime: ago(2.4) })).toEqual(alarm)
    expect(young({ status: 'False', reason: 'KubeletNotReady', lastTransitionTime: ago(0.5) })).toEqual(alarm)
    expect(young({ status: 'False', reason: 'KubeletNotReady', lastTransitionTime: ago(2.4) })).toEqual([])
  })

  test('a pod stuck in deletion there is explained by the node', () => {
    const made = app('db', {
      kind: 'StatefulSet',
      replicas: 1,
      ready: 0,
      pod: { sick: true, spec: { nodeName: 'node-b' } },
      state: { running: {} },
    })
    ;(made.pods[0] as KubeObject).metadata.deletionTimestamp = ago(10)
    const found = see([node('node-a'), node('node-b', { status: silent }), ...made.objects])
    expect(rootNames(found)).toEqual(['Node/node-b node-not-ready'])
    expect(found.findings.find(({ check }) => check === 'stuck-deletion')?.root).toBe(false)
  })
})

describe('short of something', () => {
  const pressure = (type: string, message: string) => ({
    conditions: [
      { type: 'Ready', status: 'True' },
      { type, status: 'True', reason: 'KubeletHasDiskPressure', message, lastTransitionTime: ago(10) },
    ],
  })

  test('disk pressure explains the evicted pods', () => {
    const made = app('web', { replicas: 1 })
    const evicted = object('v1', 'Pod', 'web-old', {
      spec: { nodeName: 'node-b', containers: [{ name: 'web' }] },
      status: {
        phase: 'Failed',
        reason: 'Evicted',
        message:
          'The node was low on resource: ephemeral-storage. Threshold quantity: 10Gi, available: 8Gi. Container web was using 40Gi, request is 0, has larger consumption of ephemeral-storage. ',
        startTime: ago(20),
      },
    })
    const found = see([
      node('node-a'),
      node('node-b', { status: pressure('DiskPressure', 'kubelet has disk pressure') }),
      ...made.objects,
      evicted,
    ])
    expect(rootNames(found)).toEqual(['Node/node-b node-pressure'])
    expect(wordsOf(roots(found)[0])).toMatch(/1 pod evicted.*Container web was using 40Gi/s)
  })

  test('evictions that are over and made good are no alarm', () => {
    const made = app('web')
    const pod = object('v1', 'Pod', 'web-old', {
      metadata: { ownerReferences: (made.pods[0] as KubeObject).metadata.ownerReferences },
      spec: { nodeName: 'node-b', containers: [] },
      status: {
        phase: 'Failed',
        reason: 'Evicted',
        message: 'The node was low on resource: memory.',
        startTime: ago(200),
      },
    })
    expect(see([node('node-a'), node('node-b'), ...made.objects, pod]).healthy).toBe(true)
  })

  test('evictions beyond a limit of its own come again by themselves', () => {
    const made = app('render')
    const pods = [20, 200].map((minutes) =>
      object('v1', 'Pod', `render-${minutes}`, {
        metadata: { ownerReferences: (made.pods[0] as KubeObject).metadata.ownerReferences },
        spec: { nodeName: 'node-b', containers: [] },
        status: {
          phase: 'Failed',
          reason: 'Evicted',
          message: 'Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. ',
          startTime: ago(minutes),
        },
      }),
    )
    const found = see([node('node-a'), node('node-b'), ...made.objects, ...pods])
    expect(rootNames(found)).toEqual(['Deployment/render node-evictions'])
    expect(wordsOf(roots(found)[0])).toMatch(/1Gi.*Raise the limit/s)
    expect(see([node('node-a'), node('node-b'), ...made.objects, pods[0]!]).healthy).toBe(true)
  })

  test('a node that ran out of memory, with its victims', () => {
    const made = app('web', {
      replicas: 1,
      ready: 0,
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { exitCode: 137, reason: 'Error', finishedAt: ago(5), startedAt: ago(9) } },
      restarts: 4,
    })
    const full = node('node-a')
    const oom = event(full, 'SystemOOM', 'System OOM encountered, victim process: java, pid: 4242')
    const found = see([full, ...made.objects, oom])
    expect(roots(found).map(({ object }) => object.kind)).toEqual(['Node'])
    expect(wordsOf(roots(found)[0])).toMatch(/victim process: java|process java/)
  })
})

describe('other', () => {
  test('a pod bound to a node that is gone', () => {
    const made = lost('web')
    expect(
      see([node('node-a'), ...made.objects]).findings.find(({ check }) => check === 'node-gone')?.object.name,
    ).toBe('node-b')
  })

  test('a node that an autoscaler takes away empty is no alarm', () => {
    const taints = [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }]
    const leaving = node('node-c', {
      spec: { taints },
      status: ready('False', 'KubeletNotReady', 'node is shutting down'),
    })
    expect(diagnoseWorld([leaving, ...app('web').objects]).healthy).toBe(true)
  })

  test('a node without network', () => {
    const found = see([
      node('node-a'),
      node('node-b', {
        status: {
          conditions: [
            { type: 'Ready', status: 'True' },
            {
              type: 'NetworkUnavailable',
              status: 'True',
              reason: 'NoRouteCreated',
              message: 'RouteController failed to create a route',
              lastTransitionTime: ago(20),
            },
          ],
        },
      }),
    ])
    expect(rootNames(found)).toEqual(['Node/node-b node-network'])
  })

  test('ready nodes, with a restart an hour ago, are silent', () => {
    const calm = node('node-c')
    expect(
      diagnoseWorld([
        calm,
        event(calm, 'NodeNotReady', 'Node node-c status is now: NodeNotReady', {
          type: 'Normal',
          lastTimestamp: ago(50),
        }),
        ...app('web').objects,
      ]).healthy,
    ).toBe(true)
  })

  test('preempted pods that are not back', () => {
    const made = app('batch', { replicas: 2, ready: 1, pod: { sick: true } })
    const gone = { kind: 'Pod', name: 'batch-7d9f8c6b5d-x2k9p', namespace: 'shop' }
    const said = event(gone, 'Preempted', 'Preempted by pod 3f0c on node node-a', { type: 'Normal' })
    expect(wordsOf(diagnoseWorld([...made.objects, said]).findings.find(({ check }) => check === 'preempted'))).toMatch(
      /Preempted by pod/,
    )
    expect(diagnoseWorld([...app('batch').objects, said]).healthy).toBe(true)
  })
})
