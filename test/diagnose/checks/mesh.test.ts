// Service meshes: blamed only where policies contradict each other or somebody suffers.
import { describe, expect, test } from 'vitest'
import { app, crashing, diagnoseWorld, logs, namespace, object, rootNames, roots, service, wordsOf } from '../build.ts'

describe('mesh', () => {
  const sidecar = {
    spec: {
      containers: [
        { name: 'app', image: 'x' },
        { name: 'istio-proxy', image: 'istio/proxyv2' },
      ],
    },
  }
  const callee = () => [...app('ledger', sidecar).objects, service('ledger', { app: 'ledger' })]

  test('an AuthorizationPolicy that names another caller', () => {
    const caller = app('web', sidecar)
    const rules = [{ from: [{ source: { principals: ['cluster.local/ns/shop/sa/api'] } }] }]
    const authorization = object('security.istio.io/v1', 'AuthorizationPolicy', 'ledger', {
      spec: { selector: { matchLabels: { app: 'ledger' } }, action: 'ALLOW', rules },
    })
    const said = logs(
      caller,
      '2026-11-20T11:59:00Z ERROR POST http://ledger.shop.svc/charge failed: status 403 Forbidden body="RBAC: access denied"\n',
      false,
      'app',
    )
    const found = diagnoseWorld([...callee(), ...caller.objects, authorization], said)
    expect(rootNames(found)).toEqual(['AuthorizationPolicy/ledger mesh-denied'])
    expect(wordsOf(roots(found)[0])).toMatch(/sa\/api.*the caller is cluster\.local\/ns\/shop\/sa\/default/s)
    expect(diagnoseWorld([...callee(), ...caller.objects, authorization]).healthy).toBe(true)
  })

  test('STRICT mutual TLS and a caller without sidecar', () => {
    const caller = crashing(
      'cron',
      '2026-11-20T11:59:00Z ERROR Get "http://ledger:80/": read tcp: connection reset by peer\n',
    )
    const strict = object('security.istio.io/v1', 'PeerAuthentication', 'default', {
      spec: { mtls: { mode: 'STRICT' } },
    })
    const found = diagnoseWorld([...callee(), ...caller.objects, strict], caller.logs)
    expect(rootNames(found)).toEqual(['PeerAuthentication/default mesh-mutual-tls'])
  })

  test('a VirtualService to a subset that nobody defines', () => {
    const route = (subset?: string) =>
      object('networking.istio.io/v1', 'VirtualService', 'ledger', {
        spec: {
          hosts: ['ledger'],
          http: [{ route: [{ destination: { host: 'ledger', ...(subset ? { subset } : {}) } }] }],
        },
      })
    const rule = object('networking.istio.io/v1', 'DestinationRule', 'ledger', {
      spec: { host: 'ledger', subsets: [{ name: 'v1', labels: { app: 'ledger' } }] },
    })
    expect(wordsOf(roots(diagnoseWorld([...callee(), rule, route('v2')]))[0])).toMatch(/subset v2.*has subset v1/s)
    expect(diagnoseWorld([...callee(), rule, route('v1')]).healthy).toBe(true)
  })

  const peer = (mode: string, more: object = {}) =>
    object('security.istio.io/v1', 'PeerAuthentication', 'default', { spec: { mtls: { mode }, ...more } })
  const destination = (mode: string, host = 'ledger') =>
    object('networking.istio.io/v1', 'DestinationRule', 'ledger', { spec: { host, trafficPolicy: { tls: { mode } } } })

  test('a DestinationRule that speaks another TLS than the policy demands, with the caller it cuts off', () => {
    const caller = app('web', { ...sidecar, replicas: 1, ready: 0, pod: { sick: true }, state: { running: {} } })
    const said = logs(
      caller,
      '2026-11-20T11:59:00Z WARN ledger call failed: 503 Service Unavailable: upstream connect error, reset reason: connection termination\n',
      false,
      'app',
    )
    const found = diagnoseWorld([...callee(), ...caller.objects, peer('STRICT'), destination('DISABLE')], said)
    expect(rootNames(found)).toEqual(['DestinationRule/ledger mesh-mutual-tls'])
    expect(wordsOf(roots(found)[0])).toMatch(/DISABLE, which PeerAuthentication shop\/default \(STRICT\) refuses/)
    expect(roots(found)[0]?.explains.map(({ name }) => name)).toContain('web')
  })

  test.each([
    ['STRICT', 'SIMPLE', 'ledger.shop.svc.cluster.local', false],
    ['DISABLE', 'ISTIO_MUTUAL', 'ledger', false],
    ['STRICT', 'ISTIO_MUTUAL', 'ledger', true],
    ['PERMISSIVE', 'DISABLE', 'ledger', true],
    ['STRICT', 'SIMPLE', 'api.partner.example', true],
  ])('policy %s, rule %s for %s: healthy %s', (policy, rule, host, healthy) => {
    expect(diagnoseWorld([...callee(), peer(policy), destination(rule, host)]).healthy).toBe(healthy)
  })

  test('exceptions by port may be what the rule is for', () => {
    const exceptions = peer('STRICT', { portLevelMtls: { 8080: { mode: 'DISABLE' } } })
    expect(diagnoseWorld([...callee(), exceptions, destination('DISABLE')]).healthy).toBe(true)
  })

  test('a callee named without a scheme, in another namespace', () => {
    const core = { namespace: 'core', ...sidecar }
    const far = [namespace('core'), ...app('ledger', core).objects, service('ledger', { app: 'ledger' }, {}, 'core')]
    const strict = object(
      'security.istio.io/v1',
      'PeerAuthentication',
      'strict',
      { spec: { mtls: { mode: 'STRICT' } } },
      'core',
    )
    const caller = app('web', { replicas: 1, ready: 0, pod: { sick: true }, state: { running: {} } })
    const said = logs(
      caller,
      '2026-11-20T11:59:00Z WARN call to ledger.core:80 failed with status 503 Service Unavailable\n',
    )
    expect(rootNames(diagnoseWorld([...far, strict, ...caller.objects], said))).toEqual([
      'PeerAuthentication/strict mesh-mutual-tls',
    ])
  })

  test('an AuthorizationPolicy of another mesh is not read as one of Istio', () => {
    const other = object('policy.linkerd.io/v1alpha1', 'AuthorizationPolicy', 'ledger', {
      spec: { targetRef: { kind: 'Server', name: 'ledger' } },
    })
    const caller = app('web', sidecar)
    const said = logs(caller, '2026-11-20T11:59:00Z ERROR GET http://ledger/charge: 403 Forbidden\n', false, 'app')
    const names = rootNames(diagnoseWorld([...callee(), ...caller.objects, other], said))
    expect(names.filter((name) => name.includes('mesh-denied'))).toEqual([])
  })
})
