// Services that do not reach their pods, and those that only look so.
import { describe, expect, test } from 'vitest'
import { ago, app, diagnoseWorld, event, logs, object, rootNames, roots, service, wordsOf } from '../build.ts'

const HTTP = { container: { ports: [{ name: 'http', containerPort: 8080 }] } }

describe('selectors', () => {
  const rows: [string, Record<string, string>, Record<string, string>, RegExp][] = [
    ['another value', { app: 'web', tier: 'v2' }, { app: 'web', tier: 'v1' }, /tier=v2.*carry tier=v1/s],
    ['a typing error', { app: 'wbe' }, { app: 'web' }, /app=wbe.*carry app=web/s],
    [
      'another key with the same value',
      { 'app.kubernetes.io/name': 'web' },
      { app: 'web' },
      /app=web and no label app\.kubernetes\.io\/name/,
    ],
    ['a label the pods lack', { app: 'web', release: 'prod' }, { app: 'web' }, /carry no label release/],
  ]
  for (const [name, selector, labels, words] of rows) {
    test(`${name}: the label that differs is named`, () => {
      const made = app('web')
      for (const object of made.objects) {
        const target = object.kind === 'Pod' ? object : object.spec?.template
        target.metadata = { ...target.metadata, labels }
      }
      const found = diagnoseWorld([...made.objects, service('web', selector)])
      expect(rootNames(found)).toEqual(['Service/web service-selector'])
      expect(wordsOf(roots(found)[0])).toMatch(words)
    })
  }

  test('the fix makes the selector match', () => {
    const found = diagnoseWorld([...app('web').objects, service('web', { app: 'web', version: 'v2' })])
    expect(roots(found)[0]?.action).toMatchObject({ verb: 'patch', patch: { spec: { selector: { version: null } } } })
  })

  test('a Service that matches is silent, and so is one without any relative here', () => {
    const found = diagnoseWorld([
      ...app('web').objects,
      service('web', { app: 'web' }),
      service('legacy-importer', { component: 'importer' }),
    ])
    expect(found.healthy).toBe(true)
  })

  test('a Service for one pod of a StatefulSet that is scaled away is silent', () => {
    const found = diagnoseWorld([
      ...app('db', { kind: 'StatefulSet' }).objects,
      service('db-2', { 'statefulset.kubernetes.io/pod-name': 'db-2' }),
    ])
    expect(found.healthy).toBe(true)
  })
})

describe('target ports', () => {
  test('a number that no container declares', () => {
    const found = diagnoseWorld([
      ...app('web', HTTP).objects,
      service('web', { app: 'web' }, { ports: [{ port: 80, targetPort: 8081 }] }),
    ])
    expect(rootNames(found)).toEqual(['Service/web service-target-port'])
    expect(wordsOf(roots(found)[0])).toMatch(/targetPort 8081.*declare 8080/s)
    expect(roots(found)[0]?.action).toMatchObject({ patch: { spec: { ports: [{ port: 80, targetPort: 'http' }] } } })
  })

  test('a name that no container port has', () => {
    const found = diagnoseWorld([
      ...app('web', HTTP).objects,
      service('web', { app: 'web' }, { ports: [{ port: 80, targetPort: 'htpp' }] }),
    ])
    expect(wordsOf(roots(found)[0])).toMatch(/htpp names no container port.*Set targetPort of Service web to http/s)
  })

  test('silent: containers that declare nothing, a probe that is answered there, a log that says it listens there, one port of two', () => {
    const probed = {
      container: { ports: [{ containerPort: 9000 }], readinessProbe: { httpGet: { path: '/', port: 8080 } } },
    }
    const listens = app('c', { container: { ports: [{ containerPort: 9000 }] } })
    const two = [
      { name: 'web', port: 80, targetPort: 'http' },
      { name: 'metrics', port: 9090, targetPort: 9090 },
    ]
    const found = diagnoseWorld(
      [
        ...app('a').objects,
        service('a', { app: 'a' }),
        ...app('b', probed).objects,
        service('b', { app: 'b' }),
        ...listens.objects,
        service('c', { app: 'c' }),
        ...app('d', HTTP).objects,
        service('d', { app: 'd' }, { ports: two }),
      ],
      logs(listens, '2026-11-20T11:00:00Z INFO server listening on 0.0.0.0:8080\n'),
    )
    expect(found.healthy).toBe(true)
  })
})

describe('endpoints', () => {
  test('are the symptom of the workload behind', () => {
    const sick = app('web', {
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { exitCode: 1, finishedAt: ago(2) } },
      restarts: 6,
    })
    const found = diagnoseWorld([...sick.objects, service('web', { app: 'web' })])
    expect(roots(found).map(({ object }) => object.kind)).toEqual(['Deployment'])
    expect(found.findings.find(({ check }) => check === 'service-endpoints')?.root).toBe(false)
  })

  test('scaled to zero is silent until somebody calls it', () => {
    const idle = app('report', { replicas: 0 })
    const caller = app('web')
    const world = [...idle.objects, service('report', { app: 'report' }), ...caller.objects]
    expect(diagnoseWorld(world).healthy).toBe(true)
    const loud = diagnoseWorld(
      world,
      logs(caller, '2026-11-20T11:58:00Z ERROR dial tcp: connect to report:80: connection refused\n'),
    )
    expect(roots(loud).map(({ object }) => `${object.kind}/${object.name}`)).toEqual(['Deployment/report'])
    expect(roots(loud)[0]?.action).toMatchObject({ verb: 'scale', replicas: 1 })
  })

  test('without a selector nobody fills them', () => {
    const slice = object('discovery.k8s.io/v1', 'EndpointSlice', 'ext-1', {
      metadata: { labels: { 'kubernetes.io/service-name': 'ext' } },
      endpoints: null,
    })
    const ingress = object('networking.k8s.io/v1', 'Ingress', 'web', {
      spec: {
        ingressClassName: 'nginx',
        rules: [
          {
            host: 'a.example.com',
            http: { paths: [{ path: '/', backend: { service: { name: 'ext', port: { number: 80 } } } }] },
          },
        ],
      },
    })
    const nginx = object('networking.k8s.io/v1', 'IngressClass', 'nginx', {}, undefined)
    const found = diagnoseWorld([service('ext', {}, { selector: undefined }), slice, ingress, nginx])
    expect(rootNames(found)).toEqual(['Service/ext service-endpoints'])
  })
})

describe('other sorts', () => {
  test('an application that binds to localhost', () => {
    const made = app('web', { ready: 0, pod: { sick: true }, state: { running: { startedAt: ago(30) } } })
    const said = logs(made, '2026-11-20T11:30:00Z Server listening on 127.0.0.1:8080\n')
    const found = diagnoseWorld([...made.objects, service('web', { app: 'web' })], said)
    expect(roots(found).some(({ check }) => check === 'service-loopback')).toBe(true)
  })

  test('an alias for a Service that does not exist', () => {
    const alias = service(
      'db',
      {},
      { type: 'ExternalName', selector: undefined, externalName: 'postgres.shop.svc.cluster.local' },
    )
    const found = diagnoseWorld([alias, ...app('postgresql').objects, service('postgresql', { app: 'postgresql' })])
    expect(wordsOf(roots(found)[0])).toMatch(/no Service postgres in namespace shop \(nearest: postgresql\)/)
    const outside = service('db', {}, { type: 'ExternalName', selector: undefined, externalName: 'db.example.com' })
    expect(diagnoseWorld([outside]).healthy).toBe(true)
  })

  test("a load balancer that gets no address, with the controller's reason", () => {
    const pending = service('web', { app: 'web' }, { type: 'LoadBalancer' })
    const failed = event(
      pending,
      'SyncLoadBalancerFailed',
      'Error syncing load balancer: failed to ensure load balancer: quota exceeded',
    )
    const found = diagnoseWorld([...app('web').objects, pending, failed])
    expect(rootNames(found)).toEqual(['Service/web load-balancer-pending'])
    expect(wordsOf(roots(found)[0])).toMatch(/quota exceeded/)
    const served = { ...pending, status: { loadBalancer: { ingress: [{ ip: '203.0.113.9' }] } } }
    expect(diagnoseWorld([...app('web').objects, served]).healthy).toBe(true)
  })

  test('a StatefulSet without its headless Service hurts who asks for its pods by name', () => {
    const set = app('db', { kind: 'StatefulSet', deployment: { serviceName: 'db-peers' } })
    const quiet = diagnoseWorld(set.objects)
    expect(quiet.findings.map(({ check, severity }) => [check, severity])).toEqual([['service-of-set', 'info']])
    const caller = app('web')
    const said = logs(caller, '2026-11-20T11:59:00Z ERROR lookup db-0.db-peers.shop.svc.cluster.local: no such host\n')
    const loud = diagnoseWorld([...set.objects, ...caller.objects], said)
    expect(roots(loud).map(({ object: ref }) => `${ref.kind}/${ref.name}`)).toContain('StatefulSet/db')
    expect(diagnoseWorld([...set.objects, service('db-peers', { app: 'db' }, { clusterIP: 'None' })]).findings).toEqual(
      [],
    )
  })
})
