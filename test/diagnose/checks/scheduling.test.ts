// Pods that no node takes: each reason of the scheduler, with its decisive words, and the waits that are right.
import { describe, expect, test } from 'vitest'
import { diagnose } from '../../../src/diagnose/index.ts'
import { parseRefusals } from '../../../src/diagnose/look/scheduling.ts'
import type { KubeObject } from '../../../src/objects/object.ts'
import { Snapshot } from '../../../src/objects/snapshot.ts'
import { type AppOptions, ago, app, event, NOW, node, object, rootNames, roots, wordsOf } from '../build.ts'

/** A workload of which the last pods wait for a node, as the scheduler leaves them. */
function waiting(
  name: string,
  message: string,
  options: AppOptions & { waiting?: number; minutes?: number } = {},
): KubeObject[] {
  const { waiting: number = 1, minutes = 30, ...rest } = options
  const replicas = options.replicas ?? number
  const made = app(name, { replicas, ready: replicas - number, ...rest })
  const events = made.pods.slice(replicas - number).map((pod) => {
    delete pod.spec.nodeName
    pod.metadata.creationTimestamp = ago(minutes)
    pod.status = {
      phase: 'Pending',
      conditions: [
        { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message, lastTransitionTime: ago(minutes) },
      ],
    }
    return event(pod, 'FailedScheduling', message, {
      count: undefined,
      eventTime: ago(minutes),
      series: { count: 5, lastObservedTime: ago(1) },
    })
  })
  return [...made.objects, ...events]
}

function see(objects: KubeObject[]) {
  return diagnose(new Snapshot({ objects, now: NOW }))
}

const request = (cpu: string, memory = '64Mi') => ({ container: { resources: { requests: { cpu, memory } } } })
const PREEMPTION =
  ' no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.'

describe("the scheduler's words", () => {
  test('are told apart, with the nodes each is about', () => {
    const said = parseRefusals(
      `0/9 nodes are available: 1 Insufficient cpu, 1 Too many pods, 2 node(s) had untolerated taint {dedicated: a, b}, 2 node(s) were unschedulable, 3 node(s) didn't match Pod's node affinity/selector.${PREEMPTION}`,
    )
    expect(said.map(({ reason, nodes }) => [reason, nodes])).toEqual([
      ['resources', 1],
      ['too-many-pods', 1],
      ['taint', 2],
      ['cordon', 2],
      ['node-labels', 3],
    ])
  })

  const wordings: [string, string][] = [
    ['node(s) had untolerated taint(s)', 'taint'],
    ["node(s) didn't match PersistentVolume's node affinity", 'volume-node'],
    ['node(s) had volume node affinity conflict', 'volume-node'],
    ["node(s) didn't find available persistent volumes to bind", 'volume-none'],
    ['node(s) exceed max volume count', 'volume-limit'],
    ["node(s) didn't have free ports for the requested pod ports", 'ports'],
    ["node(s) didn't match pod topology spread constraints (missing required label)", 'spread'],
    ["node(s) didn't satisfy existing pods anti-affinity rules", 'existing-anti-affinity'],
    ["node(s) didn't match pod affinity rules", 'affinity'],
    ['cannot allocate all claims', 'claims'],
  ]
  for (const [text, reason] of wordings) {
    test(text, () => expect(parseRefusals(`0/2 nodes are available: 2 ${text}.${PREEMPTION}`)[0]?.reason).toBe(reason))
  }
})

describe('resources', () => {
  test('names the biggest consumer by request and what is free', () => {
    const big = app('solver', { replicas: 2, namespace: 'sim', ...request('7') })
    big.pods[1]!.spec.nodeName = 'node-b'
    const found = see([
      node('node-a'),
      node('node-b'),
      ...big.objects,
      ...waiting('api', `0/2 nodes are available: 2 Insufficient cpu.${PREEMPTION}`, request('2')),
    ])
    expect(rootNames(found)).toEqual(['Deployment/api scheduling-resources'])
    expect(wordsOf(roots(found)[0])).toMatch(/requests 2 cpu, at most 1 is free.*sim\/solver requests 14/s)
  })

  test('a request above every node is said as such', () => {
    const found = see([
      node('node-a'),
      ...waiting('api', `0/1 nodes are available: 1 Insufficient memory.${PREEMPTION}`, request('1', '64Gi')),
    ])
    expect(wordsOf(roots(found)[0])).toMatch(/64Gi memory, more than any node has: the largest of 1 node offers 32Gi/)
  })

  test('a resource that no node offers', () => {
    const gpu = { container: { resources: { requests: { 'nvidia.com/gpu': '1' } } } }
    const found = see([
      node('node-a'),
      ...waiting('train', `0/1 nodes are available: 1 Insufficient nvidia.com/gpu.${PREEMPTION}`, gpu),
    ])
    expect(wordsOf(roots(found)[0])).toMatch(/none of 1 node offers any nvidia\.com\/gpu/)
  })

  test('a resource whose nodes are tainted for it wants a toleration, not another node', () => {
    const wants = { container: { resources: { requests: { 'nvidia.com/gpu': '1' } } } }
    const gpu = node('node-gpu', {
      spec: { taints: [{ key: 'nvidia.com/gpu', value: 'true', effect: 'NoSchedule' }] },
      status: { allocatable: { cpu: '8', memory: '32Gi', pods: '110', 'nvidia.com/gpu': '1' } },
    })
    const refusal = `0/2 nodes are available: 1 Insufficient nvidia.com/gpu, 1 node(s) had untolerated taint(s).${PREEMPTION}`
    const [root] = roots(see([node('node-a'), gpu, ...waiting('train', refusal, wants)]))
    expect(root?.remedy).toMatch(/toleration for nvidia\.com\/gpu=true:NoSchedule: node node-gpu offers/)
  })

  test('what Karpenter says of it is told, though it borrows the reason of the scheduler', () => {
    const objects = waiting(
      'train',
      `0/1 nodes are available: 1 Insufficient memory.${PREEMPTION}`,
      request('1', '64Gi'),
    )
    const pod = objects.find(({ kind }) => kind === 'Pod') as KubeObject
    const said = event(
      pod,
      'FailedScheduling',
      'Failed to schedule pod, incompatible with nodepool "default", no instance type satisfied resources',
    )
    expect(wordsOf(roots(see([node('node-a'), ...objects, said]))[0])).toMatch(
      /the autoscaler adds no node: .*nodepool "default"/,
    )
  })

  test.each([
    ['TriggeredScaleUp', 'pod triggered scale-up: [{pool 2->3 (max: 5)}]'],
    ['Nominated', 'Pod should schedule on: nodeclaim/default-cvkcv'],
  ])('a scale-up under way (%s) is information, not an alarm', (reason, message) => {
    const objects = waiting('api', `0/1 nodes are available: 1 Insufficient cpu.${PREEMPTION}`, {
      ...request('9'),
      minutes: 2,
    })
    const pod = objects.find(({ kind }) => kind === 'Pod') as KubeObject
    const scaling = event(pod, reason, message, { type: 'Normal' })
    const found = see([node('node-a'), ...objects, scaling]).findings.find(
      ({ check }) => check === 'scheduling-resources',
    )
    expect(found?.severity).toBe('info')
  })

  test('an old refusal of a pod that runs now is history', () => {
    const made = app('api')
    const old = event(made.pods[0] as KubeObject, 'FailedScheduling', '0/2 nodes are available: 2 Insufficient memory.')
    expect(see([node('node-a'), ...made.objects, old]).healthy).toBe(true)
  })
})

describe('what nodes are', () => {
  const said = `0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.${PREEMPTION}`
  const nodes = [node('node-a', { labels: { disktype: 'ssd' } }), node('node-b', { labels: { disktype: 'ssd' } })]

  test('a label value that no node has, with those there are', () => {
    const found = see([...nodes, ...waiting('db', said, { spec: { nodeSelector: { disktype: 'sdd' } } })])
    expect(rootNames(found)).toEqual(['Deployment/db scheduling-node-labels'])
    expect(wordsOf(roots(found)[0])).toMatch(/no node has disktype=sdd.*disktype=ssd on 2.*perhaps disktype=ssd/s)
  })

  test('a label key that no node has, in required affinity', () => {
    const required = {
      nodeSelectorTerms: [{ matchExpressions: [{ key: 'disk-type', operator: 'In', values: ['ssd'] }] }],
    }
    const spec = { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } } }
    expect(wordsOf(roots(see([...nodes, ...waiting('db', said, { spec })]))[0])).toMatch(
      /none of 2 nodes carries a label disk-type \(nearest: disktype\)/,
    )
  })

  test('a taint, by its key although the scheduler no longer names it', () => {
    const tainted = node('node-a', { spec: { taints: [{ key: 'dedicated', value: 'batch', effect: 'NoSchedule' }] } })
    const found = see([
      tainted,
      ...waiting('web', `0/1 nodes are available: 1 node(s) had untolerated taint(s).${PREEMPTION}`),
    ])
    expect(rootNames(found)).toEqual(['Deployment/web scheduling-taints'])
    expect(wordsOf(roots(found)[0])).toMatch(/dedicated=batch:NoSchedule/)
  })

  test('a cordoned node that has the room is the root', () => {
    const cordoned = node('node-a', {
      spec: {
        unschedulable: true,
        taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule', timeAdded: ago(90) }],
      },
    })
    const found = see([
      cordoned,
      ...waiting('web', `0/1 nodes are available: 1 node(s) were unschedulable.${PREEMPTION}`),
    ])
    expect(rootNames(found)).toEqual(['Node/node-a node-cordoned'])
    expect(roots(found)[0]?.action).toEqual({ verb: 'uncordon', node: 'node-a' })
  })

  test('a cordoned node that nobody misses is no alarm', () => {
    const cordoned = node('node-b', { spec: { unschedulable: true } })
    expect(see([node('node-a'), cordoned, ...app('web').objects]).healthy).toBe(true)
  })

  const dead = node('node-b', {
    spec: { taints: [{ key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule' }] },
    status: {
      conditions: [
        {
          type: 'Ready',
          status: 'Unknown',
          reason: 'NodeStatusUnknown',
          message: 'Kubelet stopped posting node status.',
          lastTransitionTime: ago(20),
        },
      ],
    },
  })

  test('a dead node that took the room is the root, not the pod that waits', () => {
    const full = app('filler', { replicas: 1, ...request('8') })
    const found = see([
      node('node-a'),
      dead,
      ...full.objects,
      ...waiting(
        'web',
        `0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s).${PREEMPTION}`,
        request('1'),
      ),
    ])
    expect(rootNames(found)).toEqual(['Node/node-b node-not-ready'])
  })

  test('what asks for more than the dead node ever had does not wait for it', () => {
    const refusal = `0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s).${PREEMPTION}`
    const found = see([node('node-a'), dead, ...waiting('huge', refusal, request('64'))])
    expect(rootNames(found)).toContain('Deployment/huge scheduling-resources')
  })
})

describe('rules about neighbours', () => {
  const term = (name: string, key = 'kubernetes.io/hostname') => [
    { labelSelector: { matchLabels: { app: name } }, topologyKey: key },
  ]

  test('anti-affinity with more replicas than nodes', () => {
    const spec = { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: term('cache') } } }
    const found = see([
      node('node-a'),
      ...waiting('cache', `0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules.${PREEMPTION}`, {
        replicas: 2,
        spec,
      }),
    ])
    expect(rootNames(found)).toEqual(['Deployment/cache scheduling-neighbours'])
    expect(wordsOf(roots(found)[0])).toMatch(/2 replicas are wanted but only 1 node/)
  })

  test('affinity to a pod that does not exist', () => {
    const spec = { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: term('redis') } } }
    const found = see([
      node('node-a'),
      ...app('redis-cache').objects,
      ...waiting('web', `0/1 nodes are available: 1 node(s) didn't match pod affinity rules.${PREEMPTION}`, { spec }),
    ])
    expect(wordsOf(roots(found)[0])).toMatch(/asks for a pod with app=redis.*none exists/s)
  })

  test('an existing pod that refuses neighbours', () => {
    const loner = app('loner', {
      replicas: 1,
      spec: { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: term('web') } } },
    })
    const found = see([
      node('node-a'),
      ...loner.objects,
      ...waiting(
        'web',
        `0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules.${PREEMPTION}`,
      ),
    ])
    expect(wordsOf(roots(found)[0])).toMatch(/Deployment shop\/loner/)
  })

  test('topology spread: the tally of each zone', () => {
    const zones = [
      node('node-a', { labels: { 'topology.kubernetes.io/zone': 'a' } }),
      node('node-b', { labels: { 'topology.kubernetes.io/zone': 'b' } }),
    ]
    const spec = {
      topologySpreadConstraints: [
        {
          topologyKey: 'topology.kubernetes.io/zone',
          maxSkew: 1,
          whenUnsatisfiable: 'DoNotSchedule',
          labelSelector: { matchLabels: { app: 'web' } },
        },
      ],
    }
    const found = see([
      ...zones,
      ...waiting(
        'web',
        `0/2 nodes are available: 2 node(s) didn't match pod topology spread constraints.${PREEMPTION}`,
        { replicas: 2, spec },
      ),
    ])
    expect(rootNames(found)).toEqual(['Deployment/web scheduling-spread'])
    expect(wordsOf(roots(found)[0])).toMatch(/skew of 1.*a has 1 and b has 0/s)
  })
})

describe('limits of a node', () => {
  test('a host port that another workload holds', () => {
    const ports = { container: { ports: [{ containerPort: 9100, hostPort: 9100 }] } }
    const holder = app('exporter', { replicas: 1, ...ports })
    const found = see([
      node('node-a'),
      ...holder.objects,
      ...waiting(
        'agent',
        `0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.${PREEMPTION}`,
        ports,
      ),
    ])
    expect(rootNames(found)).toEqual(['Deployment/agent scheduling-limits'])
    expect(wordsOf(roots(found)[0])).toMatch(/host port 9100\/TCP is taken by Deployment shop\/exporter/)
  })

  test('too many pods', () => {
    const small = node('node-a', { status: { allocatable: { cpu: '8', memory: '32Gi', pods: '2' } } })
    const found = see([
      small,
      ...app('web').objects,
      ...waiting('api', `0/1 nodes are available: 1 Too many pods.${PREEMPTION}`),
    ])
    expect(wordsOf(roots(found)[0])).toMatch(/node-a runs 2 of 2 pods/)
  })

  test('a cluster without nodes', () => {
    const found = see(waiting('api', 'no nodes available to schedule pods'))
    expect(wordsOf(roots(found)[0])).toMatch(/no node at all/)
  })
})

describe('volumes', () => {
  const mounts = (claim: string) => ({
    spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: claim } }] },
  })

  test('a claim that does not exist, with the nearest', () => {
    const claim = object('v1', 'PersistentVolumeClaim', 'data-db', { spec: {}, status: { phase: 'Bound' } })
    const found = see([
      node('node-a'),
      claim,
      ...waiting(
        'db',
        '0/1 nodes are available: persistentvolumeclaim "db-data" not found. not found',
        mounts('db-data'),
      ),
    ])
    expect(rootNames(found)).toEqual(['Deployment/db scheduling-volumes'])
    expect(wordsOf(roots(found)[0])).toMatch(/db-data does not exist \(nearest: data-db\)/)
  })

  test('a volume in a zone without a usable node', () => {
    const volume = object(
      'v1',
      'PersistentVolume',
      'pv-1',
      {
        spec: {
          csi: {},
          capacity: { storage: '1Gi' },
          nodeAffinity: {
            required: {
              nodeSelectorTerms: [
                { matchExpressions: [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: ['eu-b'] }] },
              ],
            },
          },
        },
        status: { phase: 'Bound' },
      },
      undefined,
    )
    delete volume.metadata.namespace
    const claim = object('v1', 'PersistentVolumeClaim', 'data', {
      spec: { volumeName: 'pv-1' },
      status: { phase: 'Bound' },
    })
    const found = see([
      node('node-a', { labels: { 'topology.kubernetes.io/zone': 'eu-a' } }),
      volume,
      claim,
      ...waiting(
        'db',
        `0/1 nodes are available: 1 node(s) didn't match PersistentVolume's node affinity.${PREEMPTION}`,
        mounts('data'),
      ),
    ])
    expect(rootNames(found)).toEqual(['Deployment/db scheduling-volumes'])
    expect(wordsOf(roots(found)[0])).toMatch(/topology\.kubernetes\.io\/zone=eu-b.*no node is there/s)
  })
})

describe('before scheduling', () => {
  function held(condition: object | undefined, spec: object): KubeObject[] {
    const made = app('job', { replicas: 1, ready: 0, pod: { sick: true } })
    const [pod] = made.pods as [KubeObject]
    pod.metadata.creationTimestamp = ago(40)
    pod.spec = { ...pod.spec, ...spec, nodeName: undefined }
    pod.status = { phase: 'Pending', ...(condition ? { conditions: [condition] } : {}) }
    return [node('node-a'), ...made.objects]
  }

  test('a scheduling gate nobody removes', () => {
    const found = see(
      held(
        { type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' },
        { schedulingGates: [{ name: 'kueue.x-k8s.io/admission' }] },
      ),
    )
    expect(rootNames(found)).toEqual(['Deployment/job scheduling-gates'])
    expect(wordsOf(roots(found)[0])).toMatch(/kueue\.x-k8s\.io\/admission/)
  })

  test('a scheduler that does not run', () => {
    expect(wordsOf(roots(see(held(undefined, { schedulerName: 'volcano' })))[0])).toMatch(/schedulerName volcano/)
  })
})
