// What a verdict leaves out stands elsewhere: in another condition, in an event, in the runtime's message, on the other side of a connection.
import { expect, test } from 'vitest'
import { logReason } from '../../src/diagnose/look/logs.ts'
import { ago, app, diagnoseWorld, object, podOf, rootNames, roots, wordsOf } from './build.ts'

const template = {
  metadata: { labels: { app: 'pg' } },
  spec: { containers: [{ name: 'pg', image: 'postgres:17' }], restartPolicy: 'Always' },
}

test('a Flux release that stalled is told by its Ready condition', () => {
  const release = object('helm.toolkit.fluxcd.io/v2', 'HelmRelease', 'redis', {
    status: {
      conditions: [
        {
          type: 'Stalled',
          status: 'True',
          reason: 'RetriesExceeded',
          message: 'Failed to upgrade after 3 attempt(s)',
          lastTransitionTime: ago(40),
        },
        {
          type: 'Ready',
          status: 'False',
          reason: 'UpgradeFailed',
          message: 'no matches for kind "PodDisruptionBudget" in version "policy/v1beta1"',
          lastTransitionTime: ago(40),
        },
      ],
    },
  })
  const diagnosis = diagnoseWorld([release])
  expect(rootNames(diagnosis)).toEqual(['HelmRelease/redis flux-sync'])
  expect(wordsOf(roots(diagnosis)[0])).toContain('policy/v1beta1')
})

test('a Job whose command may not be executed is told by the message of the runtime', () => {
  const job = object('batch/v1', 'Job', 'migrate', {
    spec: { backoffLimit: 0, template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } },
    status: {
      failed: 1,
      conditions: [
        {
          type: 'Failed',
          status: 'True',
          reason: 'BackoffLimitExceeded',
          message: 'limit',
          lastTransitionTime: ago(9),
        },
      ],
    },
  })
  const pod = podOf(job, 'migrate-x', template)
  pod.status = {
    phase: 'Failed',
    containerStatuses: [
      {
        name: 'pg',
        state: {
          terminated: {
            exitCode: 128,
            reason: 'StartError',
            finishedAt: ago(9),
            message: 'runc create failed: exec: "/scripts/migrate.sh": permission denied',
          },
        },
      },
    ],
  }
  const diagnosis = diagnoseWorld([job, pod])
  expect(rootNames(diagnosis)).toEqual(['Job/migrate job-failed'])
  expect(wordsOf(roots(diagnosis)[0])).toMatch(/migrate\.sh" may not be executed/)
})

test('a client of redis-py names the server that does not answer', () => {
  expect(logReason('redis.exceptions.TimeoutError: Timeout connecting to server redis.cache.svc:6379')).toMatchObject({
    kind: 'connection',
    host: 'redis.cache.svc',
    port: 6379,
  })
})

test.each([
  [2, 1],
  [90, 0],
])(
  'a running operator that the API server denied %i min ago counts %i times, by the clock of its log',
  (minutes, roots) => {
    const operator = app('operator')
    const [pod] = operator.pods
    const [, month, day, clock] = /^\d+-(\d+)-(\d+)T([\d:]+)/.exec(ago(minutes)) ?? []
    const line = `E${month}${day} ${clock}.123456       1 leaderelection.go:436] leases.coordination.k8s.io "operator" is forbidden: User "system:serviceaccount:shop:default" cannot get resource "leases" in API group "coordination.k8s.io" in the namespace "shop"`
    const diagnosis = diagnoseWorld(operator.objects, [
      {
        namespace: 'shop',
        pod: pod?.metadata.name ?? '',
        container: pod?.spec?.containers[0].name,
        previous: false,
        text: `${line}\n${line}\n`,
      },
    ])
    expect(rootNames(diagnosis).filter((name) => name.endsWith('app-rbac-denied'))).toHaveLength(roots)
  },
)
