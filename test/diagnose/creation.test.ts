// Pods that the API server refuses, and the object behind the refusal.
import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../src/objects/object.ts'
import {
  ago,
  app,
  CRASH,
  diagnoseWorld,
  ended,
  event,
  namespace,
  object,
  rootNames,
  roots,
  service,
  wordsOf,
} from './build.ts'

/** A Deployment whose ReplicaSet has `have` of 3 pods and is refused the rest. */
function refused(message: string, have = 0, name = 'api'): KubeObject[] {
  const { workload, objects, pods } = app(name, { replicas: have, deployment: { replicas: 3 } })
  const owner = objects[1]!
  owner.spec.replicas = 3
  workload.status = {
    ...workload.status,
    replicas: have,
    conditions: [
      { type: 'Available', status: 'False', lastTransitionTime: ago(30), reason: 'MinimumReplicasUnavailable' },
    ],
  }
  return [workload, owner, ...pods, event(owner, 'FailedCreate', `Error creating: ${message}`)]
}

test('a quota that is used up is one root for all it refuses', () => {
  const said =
    'pods "x" is forbidden: exceeded quota: team, requested: requests.cpu=200m, used: requests.cpu=450m, limited: requests.cpu=500m'
  const quota = object('v1', 'ResourceQuota', 'team', {
    spec: { hard: { 'requests.cpu': '500m' } },
    status: { hard: { 'requests.cpu': '500m' }, used: { 'requests.cpu': '450m' } },
  })
  const diagnosis = diagnoseWorld([...refused(said, 2), ...refused(said, 1, 'web'), quota])
  expect(new Set(roots(diagnosis).map(({ object: ref }) => `${ref.kind}/${ref.name}`))).toEqual(
    new Set(['ResourceQuota/team']),
  )
  expect(roots(diagnosis).map(wordsOf).join()).toMatch(/requests\.cpu=500m/)
})

test('a quota over the number of pods asks for fewer of them, not for smaller ones', () => {
  const said = 'pods "x" is forbidden: exceeded quota: team, requested: pods=1, used: pods=2, limited: pods=2'
  const [root] = roots(diagnoseWorld(refused(said, 2)))
  expect(root?.summary).toMatch(/shop\/api has only 2 of 3 pods/)
  expect(root?.cause).toMatch(/most is held by Deployment api with 2 pods/)
  expect(root?.remedy).toMatch(/run fewer replicas of api/)
})

test('a quota that wants requests to be set', () => {
  const [root] = roots(
    diagnoseWorld(refused('pods "x" is forbidden: failed quota: team: must specify limits.memory for: api')),
  )
  expect(root?.object).toMatchObject({ kind: 'Deployment', name: 'api' })
  expect(wordsOf(root)).toMatch(/set limits\.memory/)
})

const DENIALS: [name: string, message: string, word: RegExp][] = [
  [
    'a webhook that denies',
    'admission webhook "validation.gatekeeper.sh" denied the request: [need-team] you must provide labels: {"team"}',
    /gatekeeper.*need-team/,
  ],
  [
    'a policy that denies',
    "deployments is forbidden: ValidatingAdmissionPolicy 'no-latest' with binding 'all' denied request: image tag latest",
    /no-latest/,
  ],
  [
    'a LimitRange',
    'pods "x" is forbidden: maximum cpu usage per Container is 500m, but limit is 2',
    /LimitRange.*maximum cpu/,
  ],
  [
    'a PriorityClass that does not exist',
    'pods "x" is forbidden: no PriorityClass with name gold was found',
    /PriorityClass gold does not exist/,
  ],
  ['an invalid pod', 'Pod "x" is invalid: spec.containers[0].image: Required value', /Required value/],
  ['something new', 'the moon is in the wrong house', /moon/],
]
for (const [name, message, word] of DENIALS) {
  test(name, () => {
    const found = roots(diagnoseWorld(refused(message)))
    expect(found.map(({ object: ref }) => ref.name)).toEqual(['api'])
    expect(wordsOf(found[0])).toMatch(word)
  })
}

test('PodSecurity', () => {
  const said =
    'pods "x" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "api" must set securityContext.allowPrivilegeEscalation=false)'
  const diagnosis = diagnoseWorld(refused(said))
  expect(rootNames(diagnosis)).toEqual(['Deployment/api creation-pod-security'])
  expect(wordsOf(roots(diagnosis)[0])).toMatch(/restricted:latest.*allowPrivilegeEscalation/)
})

test('a service account that does not exist', () => {
  const diagnosis = diagnoseWorld([
    ...refused('pods "x" is forbidden: error looking up service account shop/apy: serviceaccount "apy" not found'),
    object('v1', 'ServiceAccount', 'api'),
  ])
  expect(rootNames(diagnosis)).toEqual(['ServiceAccount/apy creation-service-account'])
  expect(wordsOf(roots(diagnosis)[0])).toMatch(/there is a ServiceAccount api/)
})

describe('webhooks that cannot be called', () => {
  const said =
    'Internal error occurred: failed calling webhook "check.policy.io": failed to call webhook: Post "https://policy.guard.svc:443/validate?timeout=5s": '
  const configuration = object('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'policy', {
    webhooks: [
      {
        name: 'check.policy.io',
        failurePolicy: 'Fail',
        clientConfig: { service: { name: 'policy', namespace: 'guard' } },
      },
    ],
  })
  delete configuration.metadata.namespace

  test('the backend that crashes is the root, the workload that is refused is not', () => {
    const backend = app('policy', { namespace: 'guard', replicas: 1, state: CRASH, lastState: ended(1), restarts: 4 })
    const diagnosis = diagnoseWorld([
      ...refused(`${said}dial tcp 10.1.1.1:443: connect: connection refused`),
      configuration,
      namespace('guard'),
      service('policy', { app: 'policy' }, {}, 'guard'),
      ...backend.objects,
    ])
    expect(rootNames(diagnosis)).toEqual(['Deployment/policy crash-loop'])
  })

  test('without a backend the configuration is the root', () => {
    const diagnosis = diagnoseWorld([
      ...refused(`${said}service "policy" not found`),
      configuration,
      namespace('guard'),
    ])
    expect(new Set(roots(diagnosis).map(({ object: ref }) => ref.kind))).toEqual(
      new Set(['ValidatingWebhookConfiguration']),
    )
    expect(roots(diagnosis).map(wordsOf).join()).toMatch(/which does not exist/)
  })

  test('nobody behind it is told before anything is refused, a working backend is not', () => {
    const alone = diagnoseWorld([...app('api').objects, configuration, namespace('guard')])
    expect(rootNames(alone)).toEqual(['ValidatingWebhookConfiguration/policy webhook-backend'])
    const backend = [
      namespace('guard'),
      service('policy', { app: 'policy' }, {}, 'guard'),
      ...app('policy', { namespace: 'guard' }).objects,
    ]
    expect(diagnoseWorld([configuration, ...backend]).findings).toEqual([])
  })

  test('a certificate that is not trusted', () => {
    const backend = app('policy', { namespace: 'guard' })
    const diagnosis = diagnoseWorld([
      ...refused(`${said}tls: failed to verify certificate: x509: certificate signed by unknown authority`),
      configuration,
      namespace('guard'),
      service('policy', { app: 'policy' }, {}, 'guard'),
      ...backend.objects,
    ])
    expect(wordsOf(roots(diagnosis).find(({ check }) => check === 'webhook-down'))).toMatch(
      /because of its certificate.*Renew the certificate that Service guard\/policy serves/s,
    )
  })
})

test('a refusal that was overcome is nothing', () => {
  const { objects } = app('api', { replicas: 3 })
  expect(
    diagnoseWorld([
      ...objects,
      event(
        objects[1]!,
        'FailedCreate',
        'Error creating: exceeded quota: team, requested: pods=1, used: pods=5, limited: pods=5',
      ),
    ]).findings,
  ).toEqual([])
})
