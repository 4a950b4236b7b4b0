// Rollouts that are stuck or paused, replicas that fall short, and all the states of a workload that are no trouble.

import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../src/objects/object.ts'
import { ago, app, CRASH, diagnoseWorld, ended, event, object, replicaSet, rootNames, roots, wordsOf } from './build.ts'

const DEADLINE = [
  {
    type: 'Progressing',
    status: 'False',
    reason: 'ProgressDeadlineExceeded',
    message: 'ReplicaSet "api-r1" has timed out progressing.',
    lastTransitionTime: ago(20),
  },
]

describe('rollouts', () => {
  test('stuck because of a crash is explained by the crash', () => {
    const made = app('api', {
      replicas: 3,
      ready: 2,
      state: CRASH,
      lastState: ended(1),
      restarts: 4,
      conditions: DEADLINE,
    })
    const diagnosis = diagnoseWorld(made.objects)
    expect(rootNames(diagnosis)).toEqual(['Deployment/api crash-loop'])
    expect(diagnosis.findings.some(({ check, root }) => check === 'rollout-stuck' && !root)).toBe(true)
  })

  test('stuck without any reason in sight is told, with the change and a rollback', () => {
    const made = app('api', {
      replicas: 2,
      ready: 1,
      state: { running: { startedAt: ago(0.2) } },
      conditions: DEADLINE,
    })
    const old = replicaSet(
      made.workload,
      1,
      { spec: { containers: [{ name: 'api', image: 'registry.example.com/api:0.9.0' }] } },
      { replicas: 1, ready: 1, minutes: 9000 },
    )
    const diagnosis = diagnoseWorld([...made.objects, old])
    expect(rootNames(diagnosis)).toContain('Deployment/api rollout-stuck')
    expect(roots(diagnosis).find(({ check }) => check === 'rollout-stuck')?.action).toMatchObject({
      verb: 'rollback',
      toRevision: 1,
    })
  })

  describe('a revision that lived a few minutes only', () => {
    const made = app('api', { state: CRASH, lastState: ended(1), restarts: 4 })
    const [newest] = made.objects.filter(({ kind }) => kind === 'ReplicaSet')
    const old = replicaSet(
      made.workload,
      1,
      { spec: { containers: [{ name: 'api', image: 'registry.example.com/api:0.9.0' }] } },
      { replicas: 0, minutes: 15 },
    )
    newest!.metadata.creationTimestamp = ago(10)
    for (const pod of made.pods) pod.metadata.creationTimestamp = ago(10)
    const pod = { kind: 'Pod', namespace: 'shop', name: `${old.metadata.name}-x7k2p` }
    const started = event(pod, 'Started', 'Started container api', { type: 'Normal' })
    const actionWith = (...events: KubeObject[]) => roots(diagnoseWorld([...made.objects, old, ...events]))[0]?.action

    test('is gone back to, when its pods started and nobody warned of them', () => {
      expect(actionWith(started)).toMatchObject({ verb: 'rollback', toRevision: 1 })
    })

    test('is not, when they were in trouble too, or nothing is known of them', () => {
      expect(actionWith(started, event(pod, 'BackOff', 'Back-off restarting failed container'))).toBeNull()
      expect(actionWith()).toBeNull()
    })
  })

  test('a deadline that passed before it finished after all is nothing', () => {
    expect(diagnoseWorld(app('api', { conditions: DEADLINE }).objects).findings).toEqual([])
  })

  test('paused half way', () => {
    const made = app('api', { replicas: 3, deployment: { paused: true } })
    made.workload.status.updatedReplicas = 1
    expect(rootNames(diagnoseWorld(made.objects))).toEqual(['Deployment/api rollout-stuck'])
    expect(roots(diagnoseWorld(made.objects))[0]?.action).toMatchObject({ verb: 'resume' })
  })

  test('paused with nothing waiting is a decision', () => {
    expect(diagnoseWorld(app('api', { deployment: { paused: true } }).objects).findings).toEqual([])
  })

  test('a StatefulSet that waits for a broken pod', () => {
    const made = app('db', {
      kind: 'StatefulSet',
      replicas: 3,
      ready: 2,
      state: CRASH,
      lastState: ended(1),
      restarts: 3,
    })
    Object.assign(made.workload.status, { currentRevision: 'db-1', updateRevision: 'db-2', updatedReplicas: 1 })
    const diagnosis = diagnoseWorld(made.objects)
    expect(rootNames(diagnosis)).toEqual(['StatefulSet/db crash-loop'])
    expect(wordsOf(diagnosis.findings.find(({ check }) => check === 'rollout-stuck'))).toMatch(
      /does not replace a broken pod by itself/,
    )
  })
})

describe('replicas', () => {
  test('missing for long without a known reason', () => {
    const made = app('api', {
      replicas: 1,
      deployment: { replicas: 2 },
      conditions: [
        { type: 'Available', status: 'False', reason: 'MinimumReplicasUnavailable', lastTransitionTime: ago(40) },
      ],
    })
    expect(rootNames(diagnoseWorld(made.objects))).toEqual(['Deployment/api replicas-short'])
  })

  test('a DaemonSet that no node is meant for', () => {
    const made = app('logs', {
      kind: 'DaemonSet',
      replicas: 0,
      spec: { nodeSelector: { 'kubernetes.io/hostnam': 'node-a' } },
    })
    expect(wordsOf(roots(diagnoseWorld(made.objects))[0])).toMatch(/kubernetes\.io\/hostname/)
  })

  test('a DaemonSet for hardware that the cluster does not have is nothing', () => {
    const made = app('gpu', {
      kind: 'DaemonSet',
      replicas: 0,
      spec: { nodeSelector: { 'nvidia.com/gpu.present': 'true' } },
    })
    expect(diagnoseWorld(made.objects).findings).toEqual([])
  })
})

describe('silence', () => {
  const quiet: [name: string, objects: () => ReturnType<typeof app>['objects']][] = [
    ['a healthy workload', () => app('api').objects],
    ['scaled to zero', () => app('api', { replicas: 0 }).objects],
    [
      'a rolling update in progress',
      () => {
        const made = app('api', {
          replicas: 4,
          ready: 3,
          state: { running: { startedAt: ago(0.5) } },
          conditions: [{ type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', lastUpdateTime: ago(0.5) }],
        })
        made.pods[3]!.status.conditions[0].lastTransitionTime = ago(0.5)
        made.pods[3]!.metadata.creationTimestamp = ago(0.6)
        return [
          ...made.objects,
          replicaSet(
            made.workload,
            1,
            { spec: { containers: [{ name: 'api', image: 'old' }] } },
            { replicas: 1, ready: 1, minutes: 9000 },
          ),
        ]
      },
    ],
    [
      'a pod being created for half a minute',
      () => {
        const made = app('api', { replicas: 2, ready: 1, state: { waiting: { reason: 'ContainerCreating' } } })
        made.pods[1]!.metadata.creationTimestamp = ago(0.5)
        made.pods[1]!.status.conditions[0].lastTransitionTime = ago(0.5)
        return made.objects
      },
    ],
    [
      'a completed pod',
      () => [
        object('v1', 'Pod', 'once', {
          spec: { nodeName: 'node-a', containers: [{ name: 'c', image: 'i' }] },
          status: {
            phase: 'Succeeded',
            containerStatuses: [
              { name: 'c', ready: false, state: { terminated: { exitCode: 0, reason: 'Completed' } } },
            ],
          },
        }),
      ],
    ],
    [
      'a pod that is being deleted',
      () => {
        const made = app('api', { replicas: 2, ready: 1, state: CRASH, lastState: ended(143), restarts: 1 })
        made.pods[1]!.metadata.deletionTimestamp = ago(0.3)
        made.workload.status.readyReplicas = 2
        return made.objects
      },
    ],
    [
      'old warnings about pods that are well',
      () => {
        const made = app('api')
        const old = { lastTimestamp: ago(45), firstTimestamp: ago(50), count: 3 }
        return [
          ...made.objects,
          event(made.pods[0]!, 'Unhealthy', 'Readiness probe failed: connection refused', old),
          event(made.pods[0]!, 'BackOff', 'Back-off restarting failed container', old),
          event(made.pods[1]!, 'FailedScheduling', '0/2 nodes are available: 2 Insufficient cpu.', old),
        ]
      },
    ],
  ]
  for (const [name, objects] of quiet) {
    test(name, () => {
      const diagnosis = diagnoseWorld(objects())
      expect(diagnosis.findings.filter(({ severity }) => severity !== 'info')).toEqual([])
      expect(diagnosis.healthy).toBe(true)
    })
  }
})

describe('time to start', () => {
  const starting = (minutes: number) => {
    const made = app('slow', {
      replicas: 1,
      state: { running: { startedAt: ago(minutes) } },
      container: { startupProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 10, failureThreshold: 60 } },
    })
    made.pods[0]!.status.containerStatuses[0].started = false
    made.pods[0]!.status.conditions[0].lastTransitionTime = ago(minutes)
    return [
      ...made.objects,
      event(made.pods[0]!, 'Unhealthy', 'Startup probe failed: HTTP probe failed with statuscode: 503', {
        count: minutes * 6,
      }),
    ]
  }

  test('is what the startup probe grants, and no more', () => {
    expect(diagnoseWorld(starting(8)).findings).toEqual([])
    expect(rootNames(diagnoseWorld(starting(12)))).toEqual(['Deployment/slow probe-failing'])
  })
})
