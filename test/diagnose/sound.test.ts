// What an API server of today prints is sound; what none would let pass is left out and named.
import { describe, expect, test } from 'vitest'
import { app, CRASH, diagnoseWorld, ended, object, rootNames } from './build.ts'

describe('shapes of a real API server', () => {
  test('a pod with the newer fields of its status is looked at like any other', () => {
    const made = app('cart', { state: CRASH, lastState: ended(137, 'OOMKilled'), restarts: 4, replicas: 1 })
    const [pod] = made.pods
    Object.assign(pod!.metadata, {
      managedFields: [
        {
          manager: 'kubelet',
          operation: 'Update',
          subresource: 'status',
          apiVersion: 'v1',
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:status': { 'f:conditions': { 'k:{"type":"Ready"}': { '.': {}, 'f:status': {} } } } },
        },
      ],
    })
    Object.assign(pod!.status, { observedGeneration: 1, hostIPs: [{ ip: '10.0.0.4' }], podIPs: [{ ip: '10.1.0.9' }] })
    Object.assign(pod!.status.containerStatuses[0], {
      allocatedResources: { cpu: '50m' },
      allocatedResourcesStatus: [{ name: 'claim:gpu', resources: [{ resourceID: 'a', health: 'Healthy' }] }],
      resources: { requests: { cpu: '50m' }, claims: [{ name: 'gpu' }] },
      user: { linux: { uid: 1000, gid: 1000, supplementalGroups: [1000] } },
      volumeMounts: [{ name: 'data', mountPath: '/data', readOnly: true, recursiveReadOnly: 'Disabled' }],
      stopSignal: 'SIGTERM',
    })
    const found = diagnoseWorld(made.objects)
    expect(found.partial).toEqual([])
    expect(rootNames(found)).toEqual(['Deployment/cart oom-unlimited'])
  })

  test('an EndpointSlice without ports or endpoints is one, too', () => {
    const slice = object('discovery.k8s.io/v1', 'EndpointSlice', 'cart-x', {
      metadata: { labels: { 'kubernetes.io/service-name': 'cart' } },
      addressType: 'IPv4',
      endpoints: null,
      ports: null,
    })
    expect(diagnoseWorld([slice]).partial).toEqual([])
  })
})

describe('maps whose keys people choose', () => {
  test.each([
    ['Service', 'v1', { spec: { selector: { app: 'web', env: 'prod', metrics: 'on' } } }],
    ['ConfigMap', 'v1', { data: { env: 'prod', labels: 'a=b', ports: '80' } }],
    ['Secret', 'v1', { type: 'Opaque', data: { tls: 'eA==', containers: 'eA==' } }],
    [
      'ResourceQuota',
      'v1',
      { spec: { hard: { secrets: '10' } }, status: { hard: { secrets: '10' }, used: { secrets: '2' } } },
    ],
    ['StorageClass', 'storage.k8s.io/v1', { provisioner: 'p', parameters: { labels: 'team=a', type: 'ssd' } }],
    ['PersistentVolume', 'v1', { spec: { csi: { driver: 'd', volumeAttributes: { paths: '/x', secrets: 'none' } } } }],
    ['NetworkPolicy', 'networking.k8s.io/v1', { spec: { podSelector: { matchLabels: { env: 'prod', tls: 'on' } } } }],
    ['LimitRange', 'v1', { spec: { limits: [{ type: 'Container', max: { memory: '1Gi' } }] } }],
  ])('%s', (kind, apiVersion, fields) => {
    expect(diagnoseWorld([object(apiVersion, kind, 'free', fields)]).partial).toEqual([])
  })
})

test('a pod whose containers are no list is left out and named', () => {
  const { objects } = app('cart', { replicas: 1 })
  const broken = object('v1', 'Pod', 'broken', { spec: { containers: 'web' }, status: {} })
  expect(diagnoseWorld([...objects, broken]).partial).toEqual(['malformed and left out: Pod shop/broken'])
})
