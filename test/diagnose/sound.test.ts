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

test('a pod whose containers are no list is left out and named', () => {
  const { objects } = app('cart', { replicas: 1 })
  const broken = object('v1', 'Pod', 'broken', { spec: { containers: 'web' }, status: {} })
  expect(diagnoseWorld([...objects, broken]).partial).toEqual(['malformed and left out: Pod shop/broken'])
})
