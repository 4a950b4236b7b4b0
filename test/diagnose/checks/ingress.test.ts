// What serves from outside: Ingresses, their controllers and certificates.
import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../../src/objects/object.ts'
import { ago, app, diagnoseWorld, event, logs, object, rootNames, roots, service, wordsOf } from '../build.ts'

// biome-ignore lint/suspicious/noExplicitAny: fields as the API prints them
type Fields = Record<string, any>
const cluster = (made: KubeObject) => {
  delete made.metadata.namespace
  return made
}
const ingressClass = (name: string, fields: Fields = {}) =>
  cluster(object('networking.k8s.io/v1', 'IngressClass', name, fields))
const web = () => [
  ...app('web', { container: { ports: [{ name: 'http', containerPort: 8080 }] } }).objects,
  service('web', { app: 'web' }),
]

function ingress(
  spec: Fields = {},
  fields: Fields = {},
  backend: Fields = { service: { name: 'web', port: { number: 80 } } },
): KubeObject {
  const rules = [{ host: 'shop.example.com', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }]
  return object('networking.k8s.io/v1', 'Ingress', 'shop', {
    spec: { ingressClassName: 'nginx', rules, ...spec },
    status: { loadBalancer: {} },
    ...fields,
  })
}

describe('classes', () => {
  test('a class that does not exist, and the one that does', () => {
    const found = diagnoseWorld([...web(), ingressClass('nginx'), ingress({ ingressClassName: 'ngnix' })])
    expect(rootNames(found)).toEqual(['Ingress/shop ingress-class'])
    expect(wordsOf(roots(found)[0])).toMatch(/names class ngnix.*there is nginx.*Set ingressClassName to nginx/s)
  })

  test('no class and no default', () => {
    expect(
      rootNames(diagnoseWorld([...web(), ingressClass('nginx'), ingress({ ingressClassName: undefined })])),
    ).toEqual(['Ingress/shop ingress-class'])
  })

  test('silent: the class exists, or there is a default', () => {
    const standard = ingressClass('nginx', {
      metadata: { annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } },
    })
    expect(diagnoseWorld([...web(), standard, ingress()]).healthy).toBe(true)
    expect(diagnoseWorld([...web(), standard, ingress({ ingressClassName: undefined })]).healthy).toBe(true)
  })
})

describe('backends', () => {
  test('a Service that does not exist, with the nearest', () => {
    const found = diagnoseWorld([
      ...web(),
      ingressClass('nginx'),
      ingress({}, {}, { service: { name: 'webb', port: { number: 80 } } }),
    ])
    expect(rootNames(found)).toEqual(['Ingress/shop ingress-backend'])
    expect(wordsOf(roots(found)[0])).toMatch(/no Service webb in namespace shop \(nearest: web\)/)
  })

  test('a port that the Service does not have', () => {
    const found = diagnoseWorld([
      ...web(),
      ingressClass('nginx'),
      ingress({}, {}, { service: { name: 'web', port: { number: 8080 } } }),
    ])
    expect(wordsOf(roots(found)[0])).toMatch(/has port 80; 8080 is the targetPort of its port 80/)
    expect(roots(found)[0]?.action).toMatchObject({
      patch: { spec: { rules: [{ http: { paths: [{ backend: { service: { port: { number: 80 } } } }] } }] } },
    })
  })
})

describe('TLS', () => {
  const tls = { tls: [{ hosts: ['shop.example.com'], secretName: 'shop-tls' }] }
  const secret = (name: string, data: Fields) => object('v1', 'Secret', name, { type: 'kubernetes.io/tls', data })

  test('a Secret that does not exist', () => {
    const found = diagnoseWorld([
      ...web(),
      ingressClass('nginx'),
      ingress(tls),
      secret('shop-tls-2026', { 'tls.crt': 'eA==', 'tls.key': 'eA==' }),
    ])
    expect(rootNames(found)).toEqual(['Ingress/shop ingress-tls'])
    expect(wordsOf(roots(found)[0])).toMatch(/TLS Secret shop-tls does not exist.*nearest: shop-tls-2026/s)
  })

  test('a Secret without a key', () => {
    const found = diagnoseWorld([
      ...web(),
      ingressClass('nginx'),
      ingress(tls),
      secret('shop-tls', { 'tls.crt': 'eA==' }),
    ])
    expect(rootNames(found)).toEqual(['Secret/shop-tls ingress-tls'])
  })

  test('an expired certificate, by its own dates', () => {
    const found = diagnoseWorld([
      ...web(),
      ingressClass('nginx'),
      ingress(tls),
      secret('shop-tls', { 'tls.crt': EXPIRED, 'tls.key': 'eA==' }),
    ])
    expect(rootNames(found)).toEqual(['Secret/shop-tls tls-expired'])
    expect(wordsOf(roots(found)[0])).toMatch(/shop\.example\.com.*expired.*2026-11-10/s)
  })

  test('a certificate for other hosts', () => {
    const other = { tls: [{ hosts: ['other.example.com'], secretName: 'shop-tls' }] }
    const found = diagnoseWorld([
      ...web(),
      ingressClass('nginx'),
      ingress(other),
      secret('shop-tls', { 'tls.crt': VALID, 'tls.key': 'eA==' }),
    ])
    expect(wordsOf(roots(found)[0])).toMatch(/is not for other\.example\.com/)
  })

  test('silent: a hidden or a valid certificate', () => {
    const hidden = secret('shop-tls', { 'tls.crt': '(hidden, 1200 bytes)', 'tls.key': '(hidden, 1700 bytes)' })
    expect(diagnoseWorld([...web(), ingressClass('nginx'), ingress(tls), hidden]).healthy).toBe(true)
    expect(
      diagnoseWorld([
        ...web(),
        ingressClass('nginx'),
        ingress(tls),
        secret('shop-tls', { 'tls.crt': VALID, 'tls.key': 'eA==' }),
      ]).healthy,
    ).toBe(true)
  })
})

describe('cert-manager', () => {
  const conditions = (status: string, reason: string, message: string, minutes = 60) => ({
    conditions: [{ type: 'Ready', status, reason, message, lastTransitionTime: ago(minutes) }],
  })
  const certificate = (status: Fields) =>
    object('cert-manager.io/v1', 'Certificate', 'shop', {
      spec: {
        secretName: 'shop-tls',
        dnsNames: ['shop.example.com'],
        issuerRef: { kind: 'ClusterIssuer', name: 'letsencrypt' },
      },
      status,
    })
  const issuer = (status: Fields) => cluster(object('cert-manager.io/v1', 'ClusterIssuer', 'letsencrypt', { status }))
  const tls = { tls: [{ hosts: ['shop.example.com'], secretName: 'shop-tls' }] }

  test('the issuer is the root of its Certificates, and of the Ingress that waits for the Secret', () => {
    const found = diagnoseWorld([
      ...web(),
      ingressClass('nginx'),
      ingress(tls),
      certificate(conditions('False', 'DoesNotExist', 'Issuing certificate as Secret does not exist')),
      issuer(
        conditions(
          'False',
          'ErrRegisterACMEAccount',
          'Failed to register ACME account: 403 urn:ietf:params:acme:error:unauthorized',
        ),
      ),
    ])
    expect(rootNames(found)).toEqual(['ClusterIssuer/letsencrypt issuer-not-ready'])
  })

  test('an issuer that does not exist', () => {
    const found = diagnoseWorld([certificate(conditions('False', 'DoesNotExist', 'Issuing'))])
    expect(wordsOf(roots(found)[0])).toMatch(/ClusterIssuer letsencrypt does not exist/)
  })

  test('a challenge that fails is quoted', () => {
    const made = certificate(conditions('False', 'DoesNotExist', 'Issuing'))
    const owned = (kind: string, name: string, owner: KubeObject, fields: Fields) =>
      object(kind === 'CertificateRequest' ? 'cert-manager.io/v1' : 'acme.cert-manager.io/v1', kind, name, {
        metadata: {
          ownerReferences: [{ kind: owner.kind, name: owner.metadata.name, uid: owner.metadata.uid, controller: true }],
        },
        ...fields,
      })
    const request = owned('CertificateRequest', 'shop-1', made, {
      status: conditions('False', 'Pending', 'Waiting on certificate issuance from order'),
    })
    const order = owned('Order', 'shop-1-o', request, { status: { state: 'pending' } })
    const challenge = owned('Challenge', 'shop-1-c', order, {
      spec: { type: 'HTTP-01', dnsName: 'shop.example.com' },
      status: {
        state: 'pending',
        reason: "Waiting for HTTP-01 challenge propagation: wrong status code '404', expected '200'",
      },
    })
    const found = diagnoseWorld([
      made,
      request,
      order,
      challenge,
      issuer(conditions('True', 'ACMEAccountRegistered', '')),
    ])
    expect(rootNames(found)).toEqual(['Certificate/shop certificate-not-ready'])
    expect(wordsOf(roots(found)[0])).toMatch(/HTTP-01 challenge for shop\.example\.com is pending: .*404/)
  })

  test('why the renewal failed says more than that it expired', () => {
    const made = certificate({
      notAfter: ago(190),
      conditions: [
        ...conditions('False', 'Expired', 'Certificate expired').conditions,
        {
          type: 'Issuing',
          status: 'False',
          reason: 'Failed',
          message: 'urn:ietf:params:acme:error:rateLimited: too many certificates',
          lastTransitionTime: ago(60),
        },
      ],
    })
    const found = diagnoseWorld([made, issuer(conditions('True', 'ACMEAccountRegistered', ''))])
    expect(wordsOf(roots(found)[0])).toMatch(/expired 3 h ago.*rateLimited/s)
  })

  test('a controller that does not run is named', () => {
    const expired = certificate({ ...conditions('False', 'Expired', 'Certificate expired'), notAfter: ago(300) })
    const off = app('cert-manager', { namespace: 'cert-manager', replicas: 0 })
    const found = diagnoseWorld([expired, issuer(conditions('True', 'ACMEAccountRegistered', '')), ...off.objects])
    expect(wordsOf(roots(found)[0])).toMatch(/Deployment cert-manager\/cert-manager does not run/)
  })

  test('silent: ready, being issued for a minute', () => {
    const good = issuer(conditions('True', 'ACMEAccountRegistered', ''))
    expect(
      diagnoseWorld([
        good,
        certificate({
          ...conditions('True', 'Ready', 'up to date'),
          notAfter: ago(-60 * 24 * 60),
          renewalTime: ago(-60 * 24 * 30),
        }),
      ]).healthy,
    ).toBe(true)
    expect(diagnoseWorld([good, certificate(conditions('False', 'DoesNotExist', 'Issuing', 1))]).healthy).toBe(true)
  })
})

describe('conflicts', () => {
  const second = (path: string) =>
    object('networking.k8s.io/v1', 'Ingress', 'other', {
      spec: {
        ingressClassName: 'nginx',
        rules: [
          {
            host: 'shop.example.com',
            http: { paths: [{ path, backend: { service: { name: 'api', port: { number: 80 } } } }] },
          },
        ],
      },
    })
  const api = () => [...app('api').objects, service('api', { app: 'api' })]

  test('two Ingresses with the same host and path inform', () => {
    const [found] = diagnoseWorld([...web(), ...api(), ingressClass('nginx'), ingress(), second('/')]).findings
    expect([found?.check, found?.severity]).toEqual(['ingress-conflict', 'info'])
    expect(diagnoseWorld([...web(), ...api(), ingressClass('nginx'), ingress(), second('/api')]).findings).toEqual([])
  })
})

describe("the controller's log", () => {
  const controller = app('ingress-nginx-controller', {
    replicas: 1,
    container: { image: 'registry.k8s.io/ingress-nginx/controller:v1.13.0' },
  })

  test('is believed only while it is still so', () => {
    const line =
      '2026-11-20T11:59:00Z W1120 controller.go:1118] Service "shop/web" does not have any active Endpoint.\n'
    const healthy = diagnoseWorld(
      [...controller.objects, ...web(), ingressClass('nginx'), ingress()],
      logs(controller, line),
    )
    expect(healthy.healthy).toBe(true)
  })

  test('names an Ingress that it refuses', () => {
    const line =
      'E1120 11:58:00.1 store.go:920] "Ignoring ingress because of error while validating ingress class" ingress="shop/shop" error="ingress does not contain a valid IngressClass"\n'
    const found = diagnoseWorld(
      [...controller.objects, ...web(), ingressClass('nginx'), ingress()],
      logs(controller, line),
    )
    expect(rootNames(found)).toEqual(['Ingress/shop ingress-controller'])
  })
})

describe("the controller's events", () => {
  const built = (minutes: number, reason: string, type = 'Warning') =>
    event(
      ingress(),
      reason,
      "Failed build model due to couldn't auto-discover subnets: unable to resolve at least one subnet",
      {
        type,
        lastTimestamp: ago(minutes),
      },
    )
  const served = ingress({}, { status: { loadBalancer: { ingress: [{ hostname: 'lb.example' }] } } })

  test('say why an Ingress has no address', () => {
    const [root] = roots(diagnoseWorld([...web(), ingressClass('nginx'), ingress(), built(3, 'FailedBuildModel')]))
    expect(root).toMatchObject({ check: 'ingress-controller', severity: 'critical' })
    expect(wordsOf(root)).toMatch(/has no address.*auto-discover subnets/s)
  })

  test('weigh less when it is served by what was set up before', () => {
    const [root] = roots(diagnoseWorld([...web(), ingressClass('nginx'), served, built(3, 'FailedDeployModel')]))
    expect(root?.severity).toBe('warning')
  })

  test('count for nothing when it has been done since', () => {
    const events = [built(9, 'FailedBuildModel'), built(2, 'SuccessfullyReconciled', 'Normal')]
    expect(diagnoseWorld([...web(), ingressClass('nginx'), served, ...events]).healthy).toBe(true)
  })
})

// shop.example.com, 2026-08-10 to 2026-11-10; its key was thrown away
const EXPIRED =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJXakNDQVFDZ0F3SUJBZ0lCQnpBS0JnZ3Foa2pPUFFRREFqQWJNUmt3RndZRFZRUUREQkJ6YUc5d0xtVjQKWVcxd2JHVXVZMjl0TUI0WERUSTJNRGd4TURBd01EQXdNRm9YRFRJMk1URXhNREF3TURBd01Gb3dHekVaTUJjRwpBMVVFQXd3UWMyaHZjQzVsZUdGdGNHeGxMbU52YlRCWk1CTUdCeXFHU000OUFnRUdDQ3FHU000OUF3RUhBMElBCkJGUzd5Nkd2T213K0NiMmNoZXE3Q0ZsYm9xV3dFcFJxcU9hUWhtYlRQNHZrZ2RTV3hzVk82YzBYL1VNRU5xbXIKOTJHQnZwcFk4eVdSZSs4R1VseEFIR21qTlRBek1ERUdBMVVkRVFRcU1DaUNFSE5vYjNBdVpYaGhiWEJzWlM1agpiMjJDRkhkM2R5NXphRzl3TG1WNFlXMXdiR1V1WTI5dE1Bb0dDQ3FHU000OUJBTUNBMGdBTUVVQ0lIYzBmZXBsCmpZd1VpSW5WbHFyd1VTbm9DOEVIbTkzUm93REFRbVBrRXo3S0FpRUF5UHU5SUgvSXJJcEZaOFBiS2JralBKQXIKZGxiQUk5bTAxSzdFdFprQW4vVT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo='

// shop.example.com, 2026-08-10 to 2027-08-10; its key was thrown away
const VALID =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJXVENDQVFDZ0F3SUJBZ0lCQnpBS0JnZ3Foa2pPUFFRREFqQWJNUmt3RndZRFZRUUREQkJ6YUc5d0xtVjQKWVcxd2JHVXVZMjl0TUI0WERUSTJNRGd4TURBd01EQXdNRm9YRFRJM01EZ3hNREF3TURBd01Gb3dHekVaTUJjRwpBMVVFQXd3UWMyaHZjQzVsZUdGdGNHeGxMbU52YlRCWk1CTUdCeXFHU000OUFnRUdDQ3FHU000OUF3RUhBMElBCkJFNHJFdWZlekpXWmlXbnE2YmFqZ3JIVzhaMVdTVW1rRk1tY2dsMVRid2U2blZsdi81MVJ4UHJ4SnpGbFB2eXMKV3Y4aFlmM041WDZIN2xSM3paamRqNGlqTlRBek1ERUdBMVVkRVFRcU1DaUNFSE5vYjNBdVpYaGhiWEJzWlM1agpiMjJDRkhkM2R5NXphRzl3TG1WNFlXMXdiR1V1WTI5dE1Bb0dDQ3FHU000OUJBTUNBMGNBTUVRQ0lBMTYzUXp0CnZsM1F5SjRqbUsvWGNXY3l4SEFSK01vOFNrM2ZtNDhxOXdPT0FpQjUwMkxmS0drWExSZkdRYlpLWklCaThGcGkKZkdIazZJcFd1VTdUMngwV2lnPT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo='
