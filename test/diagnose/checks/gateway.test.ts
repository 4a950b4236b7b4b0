// Gateways and the routes that are attached to them.
import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../../src/objects/object.ts'
import { app, diagnoseWorld, object, rootNames, roots, service, wordsOf } from '../build.ts'

// biome-ignore lint/suspicious/noExplicitAny: fields as the API prints them
type Fields = Record<string, any>
const cluster = (made: KubeObject) => {
  delete made.metadata.namespace
  return made
}
const web = () => [
  ...app('web', { container: { ports: [{ name: 'http', containerPort: 8080 }] } }).objects,
  service('web', { app: 'web' }),
]

describe('Gateway API', () => {
  const api = 'gateway.networking.k8s.io/v1'
  const gatewayClass = cluster(
    object(api, 'GatewayClass', 'envoy', {
      spec: { controllerName: 'x' },
      status: { conditions: [{ type: 'Accepted', status: 'True' }] },
    }),
  )
  const gateway = (spec: Fields = {}, status: Fields = {}) =>
    object(api, 'Gateway', 'edge', {
      spec: { gatewayClassName: 'envoy', listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }], ...spec },
      status,
    })
  const route = (spec: Fields = {}, status: Fields = {}) =>
    object(api, 'HTTPRoute', 'shop', {
      spec: { parentRefs: [{ name: 'edge' }], rules: [{ backendRefs: [{ name: 'web', port: 80 }] }], ...spec },
      status,
    })

  test('silent when all fits', () =>
    expect(diagnoseWorld([...web(), gatewayClass, gateway(), route()]).healthy).toBe(true))

  const rows: [string, KubeObject[], string, RegExp][] = [
    [
      'a class that does not exist',
      [gateway({ gatewayClassName: 'envoi' }), route()],
      'Gateway/edge gateway',
      /no GatewayClass envoi; there is envoy/,
    ],
    [
      'a listener without its certificate',
      [
        gateway(
          { listeners: [{ name: 'https', tls: { certificateRefs: [{ name: 'edge-tls' }] } }] },
          {
            listeners: [
              {
                name: 'https',
                conditions: [
                  {
                    type: 'ResolvedRefs',
                    status: 'False',
                    reason: 'InvalidCertificateRef',
                    message: 'secret not found',
                  },
                ],
              },
            ],
          },
        ),
      ],
      'Gateway/edge gateway',
      /Secret shop\/edge-tls does not exist/,
    ],
    [
      'a backend that does not exist',
      [gateway(), route({ rules: [{ backendRefs: [{ name: 'wep', port: 80 }] }] })],
      'HTTPRoute/shop gateway-route',
      /no Service wep in namespace shop \(nearest: web\)/,
    ],
    [
      'a backend port that does not exist',
      [gateway(), route({ rules: [{ backendRefs: [{ name: 'web', port: 8080 }] }] })],
      'HTTPRoute/shop gateway-route',
      /has port 80/,
    ],
    [
      'a Gateway that does not exist',
      [gateway(), route({ parentRefs: [{ name: 'egde' }] })],
      'HTTPRoute/shop gateway-route',
      /no Gateway shop\/egde/,
    ],
    [
      'a listener that does not exist',
      [gateway(), route({ parentRefs: [{ name: 'edge', sectionName: 'https' }] })],
      'HTTPRoute/shop gateway-route',
      /listeners of Gateway shop\/edge are http/,
    ],
    [
      'a host that no listener serves',
      [
        gateway(),
        route(
          { hostnames: ['a.example.com'] },
          {
            parents: [
              {
                parentRef: { name: 'edge' },
                conditions: [
                  { type: 'Accepted', status: 'False', reason: 'NoMatchingListenerHostname', message: 'no' },
                ],
              },
            ],
          },
        ),
      ],
      'HTTPRoute/shop gateway-route',
      /route is for a\.example\.com/,
    ],
  ]
  for (const [name, objects, root, words] of rows) {
    test(name, () => {
      const found = diagnoseWorld([...web(), gatewayClass, ...objects])
      expect(rootNames(found)).toEqual([root])
      expect(wordsOf(roots(found)[0])).toMatch(words)
    })
  }

  test('another namespace needs a ReferenceGrant', () => {
    const other = [...app('api', { namespace: 'back' }).objects, service('api', { app: 'api' }, {}, 'back')]
    const crossing = route({ rules: [{ backendRefs: [{ name: 'api', namespace: 'back', port: 80 }] }] })
    const grant = object(
      api,
      'ReferenceGrant',
      'shop',
      {
        spec: {
          from: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'shop' }],
          to: [{ group: '', kind: 'Service' }],
        },
      },
      'back',
    )
    expect(wordsOf(roots(diagnoseWorld([...other, gatewayClass, gateway(), crossing]))[0])).toMatch(
      /ReferenceGrant in back/,
    )
    expect(diagnoseWorld([...other, gatewayClass, gateway(), crossing, grant]).healthy).toBe(true)
  })
})
