// Healthy worlds made by chance: every team runs some of the harmless oddities that clusters are full of. Not one warning, whatever the seed.
import { expect, test } from 'vitest'
import { diagnose } from '../../src/diagnose/index.ts'
import type { KubeObject } from '../../src/objects/object.ts'
import { Snapshot } from '../../src/objects/snapshot.ts'
import { ago, app, ended, event, NOW, namespace, node, object, owned, podOf, replicaSet, service } from './build.ts'

type Oddity = (ns: string) => KubeObject[]
const NETWORK = 'networking.k8s.io/v1'

const ODDITIES: Record<string, Oddity> = {
  'a rolling update in progress': (namespace) => {
    const made = app('roll', { namespace, replicas: 3 })
    const next = { ...made.workload.spec.template, spec: { containers: [{ name: 'roll', image: 'roll:2' }] } }
    const set = replicaSet(made.workload, 3, next, { replicas: 1, ready: 0, minutes: 1 })
    const pod = podOf(set, 'roll-r3-p0', next, { state: { waiting: { reason: 'ContainerCreating' } } })
    pod.metadata.creationTimestamp = ago(0.5)
    Object.assign(pod.status, { startTime: ago(0.5) })
    pod.status.conditions[0].lastTransitionTime = ago(0.5)
    made.workload.status = {
      ...made.workload.status,
      replicas: 4,
      updatedReplicas: 1,
      unavailableReplicas: 1,
      conditions: [{ type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', lastUpdateTime: ago(0.5) }],
    }
    return [...made.objects, set, pod]
  },
  'scaled to zero, with its Service': (namespace) => [
    ...app('winter', { namespace, replicas: 0 }).objects,
    service('winter', { app: 'winter' }, {}, namespace),
  ],
  'a pod that was restarted days ago': (namespace) => {
    const made = app('calm', { namespace })
    const [status] = made.pods[0]!.status.containerStatuses
    Object.assign(status, { restartCount: 3, lastState: ended(137, 'OOMKilled', 60 * 24 * 4) })
    status.state.running.startedAt = ago(60 * 24 * 4)
    return made.objects
  },
  'a pod on its way out': (namespace) => {
    const made = app('leaving', { namespace, replicas: 3 })
    Object.assign(made.pods[0]!.metadata, { deletionTimestamp: ago(0.2), deletionGracePeriodSeconds: 30 })
    return made.objects
  },
  'an init container at work': (namespace) => {
    const made = app('fresh', {
      namespace,
      replicas: 1,
      init: { container: { name: 'migrate', image: 'm:1' }, status: { state: { running: { startedAt: ago(1) } } } },
    })
    const [pod] = made.pods
    pod!.metadata.creationTimestamp = ago(1)
    Object.assign(pod!.status, { startTime: ago(1) })
    pod!.status.conditions[0].lastTransitionTime = ago(1)
    made.workload.metadata.creationTimestamp = ago(1)
    return made.objects
  },
  'references that are optional': (namespace) =>
    app('optional', {
      namespace,
      container: {
        envFrom: [{ secretRef: { name: 'overrides', optional: true } }],
        env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'flags', key: 'a', optional: true } } }],
      },
      spec: { volumes: [{ name: 'v', configMap: { name: 'extra', optional: true } }] },
    }).objects,
  'suspended and finished jobs': (namespace) => {
    const job = (name: string, status: object, spec: object = {}) =>
      object('batch/v1', 'Job', name, { spec: { backoffLimit: 3, ...spec }, status }, namespace)
    const retried = job('retried', { failed: 2, succeeded: 1, conditions: [{ type: 'Complete', status: 'True' }] })
    const failed = object(
      'v1',
      'Pod',
      'retried-x',
      {
        metadata: owned(retried),
        spec: { containers: [{ name: 'c', image: 'c:1' }], restartPolicy: 'Never' },
        status: { phase: 'Failed', containerStatuses: [{ name: 'c', state: ended(1, 'Error', 90) }] },
      },
      namespace,
    )
    const held = job('held', { conditions: [{ type: 'Suspended', status: 'True' }] }, { suspend: true })
    return [retried, failed, held, job('running', { active: 1, startTime: ago(3) })]
  },
  'cron jobs that wait, run, or are switched off': (namespace) => {
    const cron = (name: string, spec: object, status: object) =>
      object(
        'batch/v1',
        'CronJob',
        name,
        { spec: { jobTemplate: {}, schedule: '0 * * * *', ...spec }, status },
        namespace,
      )
    return [
      cron('hourly', { concurrencyPolicy: 'Forbid' }, { lastScheduleTime: ago(30), lastSuccessfulTime: ago(28) }),
      cron('off', { suspend: true }, { lastScheduleTime: ago(60 * 24 * 40) }),
      cron('yearly', { schedule: '0 0 1 1 *', timeZone: 'Europe/Berlin' }, {}),
    ]
  },
  'an autoscaler at its minimum': (namespace) => [
    ...app('front', { namespace, container: { resources: { requests: { cpu: '100m' } } } }).objects,
    object(
      'autoscaling/v2',
      'HorizontalPodAutoscaler',
      'front',
      {
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'front' },
          minReplicas: 2,
          maxReplicas: 9,
        },
        status: {
          currentReplicas: 2,
          desiredReplicas: 2,
          conditions: [
            { type: 'AbleToScale', status: 'True', reason: 'ReadyForNewScale' },
            { type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound' },
            { type: 'ScalingLimited', status: 'True', reason: 'TooFewReplicas' },
          ],
        },
      },
      namespace,
    ),
  ],
  'deny all, then allow what is needed': (namespace) => [
    object(
      NETWORK,
      'NetworkPolicy',
      'deny',
      { spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] } },
      namespace,
    ),
    object(
      NETWORK,
      'NetworkPolicy',
      'dns',
      {
        spec: {
          podSelector: {},
          policyTypes: ['Egress'],
          egress: [
            {
              to: [{ namespaceSelector: {} }],
              ports: [
                { protocol: 'UDP', port: 53 },
                { protocol: 'TCP', port: 53 },
              ],
            },
          ],
        },
      },
      namespace,
    ),
  ],
  'a claim that waits for its first consumer': (namespace) => {
    const spec = {
      storageClassName: 'local',
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
    }
    const claim = object('v1', 'PersistentVolumeClaim', 'scratch', { spec, status: { phase: 'Pending' } }, namespace)
    const says = { type: 'Normal', count: 900, firstTimestamp: ago(600) }
    return [
      claim,
      event(claim, 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding', says),
    ]
  },
  'Services without selector, without address, of another cluster': (namespace) => [
    service('mainframe', {}, { selector: undefined, ports: [{ port: 1521 }] }, namespace),
    service('github', {}, { selector: undefined, type: 'ExternalName', externalName: 'api.github.com' }, namespace),
  ],
  'warnings that are over': (namespace) => {
    const made = app('bumpy', { namespace })
    const old = { firstTimestamp: ago(58), lastTimestamp: ago(50), count: 4 }
    return [
      ...made.objects,
      event(made.pods[0]!, 'Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 503', old),
      event(made.pods[0]!, 'Failed', 'Failed to pull image "x": not found', old),
      event(made.pods[1]!, 'FailedScheduling', '0/3 nodes are available: 3 Insufficient memory.', old),
      event(made.pods[1]!, 'FailedMount', 'MountVolume.SetUp failed for volume "v": secret "v" not found', old),
    ]
  },
  'pods evicted long ago': (namespace) => {
    const made = app('moved', { namespace })
    const status = {
      phase: 'Failed',
      reason: 'Evicted',
      message: 'The node was low on resource: memory.',
      startTime: ago(60 * 30),
    }
    const spec = { containers: [{ name: 'moved', image: 'x:1' }], nodeName: 'node-a' }
    return [
      ...made.objects,
      object('v1', 'Pod', 'moved-old', { metadata: owned(made.workload), spec, status }, namespace),
    ]
  },
  'a StatefulSet that updates on delete': (namespace) => {
    const made = app('es', {
      namespace,
      kind: 'StatefulSet',
      replicas: 3,
      deployment: { updateStrategy: { type: 'OnDelete' } },
    })
    Object.assign(made.workload.status, { currentRevision: 'es-1', updateRevision: 'es-2', updatedReplicas: 1 })
    return made.objects
  },
  'a budget that allows one': (namespace) => [
    object(
      'policy/v1',
      'PodDisruptionBudget',
      'calm',
      {
        spec: { minAvailable: 1, selector: { matchLabels: { app: 'calm' } } },
        status: { currentHealthy: 2, desiredHealthy: 1, expectedPods: 2, disruptionsAllowed: 1 },
      },
      namespace,
    ),
    ...ODDITIES['a pod that was restarted days ago']!(namespace),
  ],
}

/** A small generator of numbers from 0 to 1, the same for the same seed. */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff
    return state / 0x7fffffff
  }
}

function world(seed: number): Snapshot {
  const next = chance(seed)
  const objects = [
    namespace('kube-system'),
    node('node-a'),
    node('node-b'),
    node('node-c', {
      spec: { unschedulable: true, taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }] },
    }),
    node('node-gpu', { spec: { taints: [{ key: 'nvidia.com/gpu', effect: 'NoSchedule' }] } }),
    ...app('agent', { namespace: 'kube-system', kind: 'DaemonSet', replicas: 3 }).objects,
  ]
  const local = object('storage.k8s.io/v1', 'StorageClass', 'local', {
    provisioner: 'local',
    volumeBindingMode: 'WaitForFirstConsumer',
  })
  delete local.metadata.namespace
  objects.push(local)
  for (let team = 0; objects.length < 520; team++) {
    const ns = `team-${team}`
    const chosen = Object.values(ODDITIES).filter(() => next() < 0.6)
    const made = new Map(
      chosen.flatMap((oddity) => oddity(ns)).map((each) => [`${each.kind}/${each.metadata.name}`, each]),
    )
    objects.push(namespace(ns), ...made.values())
  }
  // the order of objects means nothing
  const order = objects.map((each) => ({ each, at: next() })).sort((a, b) => a.at - b.at)
  return new Snapshot({ objects: order.map(({ each }) => each), logs: [], now: NOW })
}

test.each(Object.entries(ODDITIES))('%s', (_name, oddity) => {
  const snapshot = new Snapshot({
    objects: [...world(1).list('StorageClass'), node('node-a'), namespace('one'), ...oddity('one')],
    logs: [],
    now: NOW,
  })
  expect(alarms(snapshot)).toEqual([])
})

test.each(Array.from({ length: 12 }, (_, seed) => seed * 7919 + 1))('500 objects by seed %i', (seed) => {
  const snapshot = world(seed)
  expect(snapshot.objects.length).toBeGreaterThanOrEqual(500)
  expect(alarms(snapshot)).toEqual([])
})

function alarms(snapshot: Snapshot): string[] {
  const { findings, partial } = diagnose(snapshot)
  return [
    ...partial,
    ...findings
      .filter(({ severity }) => severity !== 'info')
      .map(({ check, summary, cause }) => `${check}: ${summary}: ${cause}`),
  ]
}
