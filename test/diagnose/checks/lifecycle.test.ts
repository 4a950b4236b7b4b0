// Deletions that hang, GitOps that does not sync, custom resources, bindings and removed APIs.
import { describe, expect, test } from 'vitest'
import { ownersOf } from '../../../src/diagnose/look/ownership.ts'
import type { KubeObject } from '../../../src/objects/object.ts'
import { ago, app, diagnoseWorld, event, namespace, object, rootNames, roots, wordsOf, world } from '../build.ts'

// biome-ignore lint/suspicious/noExplicitAny: fields as the API prints them
type Fields = Record<string, any>
const cluster = (made: KubeObject) => {
  delete made.metadata.namespace
  return made
}
const condition = (type: string, status: string, reason = '', message = '', minutes = 30) => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: ago(minutes),
})

describe('deletions', () => {
  const going = (minutes: number, conditions: Fields[] = []) => {
    const made = namespace('preview')
    made.metadata.deletionTimestamp = ago(minutes)
    made.status = { phase: 'Terminating', conditions }
    return made
  }
  const remaining = [
    condition(
      'NamespaceFinalizersRemaining',
      'True',
      'SomeFinalizersRemain',
      'Some content in the namespace has finalizers remaining: kafka.acme.io/cleanup in 1 resource instances',
    ),
  ]
  const topic = object(
    'kafka.acme.io/v1',
    'Topic',
    'orders',
    { metadata: { deletionTimestamp: ago(60), finalizers: ['kafka.acme.io/cleanup'] } },
    'preview',
  )

  test('a namespace waits for a finalizer whose operator is scaled to zero', () => {
    const operator = app('kafka-operator', { namespace: 'kafka-system', replicas: 0 })
    const found = diagnoseWorld([going(60, remaining), topic, ...operator.objects])
    expect(rootNames(found)).toEqual(['Namespace/preview namespace-terminating'])
    expect(wordsOf(roots(found)[0])).toMatch(/kafka\.acme\.io\/cleanup.*kafka-operator, which is scaled to 0/s)
    expect(roots(found)[0]?.action).toMatchObject({ verb: 'scale', target: { name: 'kafka-operator' } })
  })

  test('an operator that is gone altogether', () => {
    expect(wordsOf(roots(diagnoseWorld([going(60, remaining), topic]))[0])).toMatch(/its operator is gone/)
  })

  test('an API that does not answer holds the namespace', () => {
    const api = cluster(
      object('apiregistration.k8s.io/v1', 'APIService', 'v1.things.acme.io', {
        spec: { group: 'things.acme.io', service: { namespace: 'acme', name: 'things' } },
        status: {
          conditions: [condition('Available', 'False', 'ServiceNotFound', 'service/things in "acme" is not present')],
        },
      }),
    )
    const found = diagnoseWorld([
      api,
      going(60, [
        condition(
          'NamespaceDeletionDiscoveryFailure',
          'True',
          'DiscoveryFailed',
          'Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: things.acme.io/v1: stale GroupVersion discovery',
        ),
      ]),
    ])
    expect(rootNames(found)).toEqual(['APIService/v1.things.acme.io metrics-api'])
  })

  test('an object outside a dying namespace', () => {
    const stuck = object('kafka.acme.io/v1', 'Topic', 'orders', {
      metadata: { deletionTimestamp: ago(60), finalizers: ['kafka.acme.io/cleanup'] },
    })
    expect(rootNames(diagnoseWorld([stuck]))).toEqual(['Topic/orders stuck-deletion'])
  })

  test('silent: a deletion of a minute ago', () => {
    expect(diagnoseWorld([going(1)]).healthy).toBe(true)
  })

  test('a deleted claim that a pod still mounts', () => {
    const claim = object('v1', 'PersistentVolumeClaim', 'data', {
      metadata: { deletionTimestamp: ago(60), finalizers: ['kubernetes.io/pvc-protection'] },
      spec: {},
      status: { phase: 'Bound' },
    })
    const made = app('db', { spec: { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] } })
    const found = diagnoseWorld([claim, ...made.objects])
    expect(rootNames(found)).toEqual(['PersistentVolumeClaim/data stuck-deletion'])
    expect(wordsOf(roots(found)[0])).toMatch(/still mounted by db-.*copy the data first/s)
  })
})

describe('GitOps', () => {
  const application = (status: Fields, spec: Fields = {}) =>
    object(
      'argoproj.io/v1alpha1',
      'Application',
      'shop',
      {
        spec: { source: { repoURL: 'https://git.example.com/shop', path: 'deploy', targetRevision: 'main' }, ...spec },
        status: { health: { status: 'Healthy' }, ...status },
      },
      'argocd',
    )

  test('an application that cannot be rendered', () => {
    const found = diagnoseWorld([
      application({
        sync: { status: 'Unknown' },
        conditions: [
          {
            type: 'ComparisonError',
            message: 'rpc error: code = Unknown desc = Manifest generation error: app path does not exist: deploy',
          },
        ],
      }),
    ])
    expect(rootNames(found)).toEqual(['Application/shop argo-application'])
    expect(wordsOf(roots(found)[0])).toMatch(/app path does not exist/)
  })

  test('drift, with the objects that differ', () => {
    const drifted = application(
      {
        sync: { status: 'OutOfSync', revision: 'abc' },
        operationState: { phase: 'Succeeded', finishedAt: ago(300) },
        resources: [{ kind: 'Deployment', namespace: 'shop', name: 'web', status: 'OutOfSync' }],
      },
      { syncPolicy: { automated: { prune: true } } },
    )
    expect(wordsOf(roots(diagnoseWorld([drifted]))[0])).toMatch(/Deployment shop\/web.*self-heal is off/s)
  })

  test('a degraded application is the symptom of its workload', () => {
    const sick = app('web', {
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { exitCode: 1, finishedAt: ago(1) } },
      restarts: 5,
    })
    const degraded = application({
      sync: { status: 'Synced' },
      health: { status: 'Degraded' },
      resources: [
        { kind: 'Deployment', namespace: 'shop', name: 'web', status: 'Synced', health: { status: 'Degraded' } },
      ],
    })
    expect([...new Set(roots(diagnoseWorld([...sick.objects, degraded])).map(({ object }) => object.kind))]).toEqual([
      'Deployment',
    ])
  })

  test('silent: in sync, syncing right now', () => {
    expect(diagnoseWorld([application({ sync: { status: 'Synced' } })]).healthy).toBe(true)
    expect(
      diagnoseWorld([application({ sync: { status: 'OutOfSync' }, operationState: { phase: 'Running' } })]).healthy,
    ).toBe(true)
  })

  test('Flux: the source explains what is built from it', () => {
    const source = object(
      'source.toolkit.fluxcd.io/v1',
      'GitRepository',
      'shop',
      {
        status: {
          conditions: [
            condition('Ready', 'False', 'GitOperationFailed', 'failed to checkout: authentication required'),
          ],
        },
      },
      'flux-system',
    )
    const kustomization = object(
      'kustomize.toolkit.fluxcd.io/v1',
      'Kustomization',
      'shop',
      {
        spec: { sourceRef: { kind: 'GitRepository', name: 'shop' } },
        status: { conditions: [condition('Ready', 'False', 'ArtifactFailed', 'Source is not ready')] },
      },
      'flux-system',
    )
    const found = diagnoseWorld([source, kustomization])
    expect(rootNames(found)).toEqual(['GitRepository/shop flux-sync'])
    const paused = { ...source, spec: { suspend: true } }
    expect(diagnoseWorld([paused]).healthy).toBe(true)
  })

  test('who manages an object', () => {
    const helm = object('apps/v1', 'Deployment', 'a', {
      metadata: { annotations: { 'meta.helm.sh/release-name': 'shop', 'meta.helm.sh/release-namespace': 'shop' } },
    })
    const argo = object('apps/v1', 'Deployment', 'b', {
      metadata: { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:shop/b' } },
    })
    const flux = object('apps/v1', 'Deployment', 'c', {
      metadata: {
        labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' },
      },
    })
    const plain = object('apps/v1', 'Deployment', 'd')
    const snapshot = world([helm, argo, flux, plain])
    expect(
      [helm, argo, flux, plain].map((made) => ownersOf(snapshot, made).map(({ text, reverts }) => [text, reverts])),
    ).toEqual([
      [['Helm release shop/shop', false]],
      [['Argo CD application shop', true]],
      [['Flux Kustomization flux-system/apps', true]],
      [],
    ])
  })
})

describe('custom resources', () => {
  const external = (minutes: number) =>
    object('external-secrets.io/v1', 'ExternalSecret', 'db', {
      spec: { secretStoreRef: { kind: 'ClusterSecretStore', name: 'vault' }, target: { name: 'db' } },
      status: {
        conditions: [
          condition(
            'Ready',
            'False',
            'SecretSyncedError',
            'could not get secret data from provider: permission denied',
            minutes,
          ),
        ],
      },
    })

  test('say themselves what is wrong', () => {
    expect(rootNames(diagnoseWorld([external(30)]))).toEqual(['ExternalSecret/db custom-resource'])
    expect(diagnoseWorld([external(2)]).healthy).toBe(true)
  })

  test('a verdict without a reason is told with what the operator says of it', () => {
    const made = external(30)
    made.status.conditions[0].message = 'could not get secret data from provider'
    const said = event(made, 'UpdateFailed', 'cannot read secret data from Vault: Code: 403. Errors: permission denied')
    expect(roots(diagnoseWorld([made, said]))[0]?.cause).toMatch(/from provider; UpdateFailed ×5: .*Code: 403/)
  })

  test('a definition that is not established', () => {
    const made = cluster(
      object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'things.acme.io', {
        status: { conditions: [condition('NamesAccepted', 'False', 'PluralConflict', '"things" is already in use')] },
      }),
    )
    expect(rootNames(diagnoseWorld([made]))).toEqual([
      'CustomResourceDefinition/things.acme.io custom-resource-definition',
    ])
  })
})

describe('worth knowing', () => {
  test('a binding to a role that does not exist', () => {
    const role = object('rbac.authorization.k8s.io/v1', 'Role', 'reader', { rules: [] })
    const binding = (name: string) =>
      object('rbac.authorization.k8s.io/v1', 'RoleBinding', 'b', { roleRef: { kind: 'Role', name }, subjects: [] })
    expect(diagnoseWorld([role, binding('raeder')]).findings.map(({ check, severity }) => [check, severity])).toEqual([
      ['role-binding', 'info'],
    ])
    expect(diagnoseWorld([role, binding('reader')]).findings).toEqual([])
  })

  test('an object written for a removed API version', () => {
    const made = (version: string) =>
      object('batch/v1', 'CronJob', 'nightly', {
        metadata: {
          annotations: {
            'kubectl.kubernetes.io/last-applied-configuration': `{"apiVersion":"${version}","kind":"CronJob"}`,
          },
        },
        spec: { schedule: '0 2 * * *', jobTemplate: {} },
      })
    const [found] = diagnoseWorld([made('batch/v1beta1')]).findings.filter(({ check }) => check === 'deprecated-api')
    expect(found?.summary).toMatch(/applied as batch\/v1beta1, which Kubernetes 1\.25 removed/)
    expect(diagnoseWorld([made('batch/v1')]).findings.filter(({ check }) => check === 'deprecated-api')).toEqual([])
  })
})
