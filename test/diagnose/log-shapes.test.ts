// The shapes in which programs write their logs: what is read must not depend on them.
import { describe, expect, test } from 'vitest'
import { linesOf } from '../../src/diagnose/look/log-lines.ts'
import { lastErrorLine, logReason } from '../../src/diagnose/look/logs.ts'
import { ago, app, crashing, diagnoseWorld, logs, object, rootNames, roots, service } from './build.ts'

describe('one line of JSON', () => {
  test.each([
    [
      'zap',
      '{"level":"error","ts":1763639940.5,"caller":"main.go:12","msg":"init","error":"dial tcp 10.0.0.9:5432: connect: connection refused"}',
      '2025-11-20T11:59:00.500Z ERROR init: dial tcp 10.0.0.9:5432: connect: connection refused caller=main.go:12',
    ],
    [
      'pino',
      '{"level":60,"time":1763639940000,"pid":1,"msg":"no store"}',
      '2025-11-20T11:59:00.000Z FATAL no store pid=1',
    ],
    [
      'Serilog',
      '{"@t":"2026-11-20T11:59:00.1Z","@l":"Error","@mt":"Login failed for {User}","User":"shop"}',
      '2026-11-20T11:59:00.1Z ERROR Login failed for {User} User=shop',
    ],
    [
      'MongoDB',
      '{"t":{"$date":"2026-11-20T11:59:00.000Z"},"s":"I","c":"ACCESS","id":5286307,"msg":"Failed to authenticate","attr":{"user":"x"}}',
      '2026-11-20T11:59:00.000Z I Failed to authenticate c=ACCESS id=5286307 attr={"user":"x"}',
    ],
    [
      'an error as an object, after a time of the runtime',
      '2026-11-20T11:59:00Z {"severity":"ERROR","message":"boot","err":{"type":"Error","message":"getaddrinfo ENOTFOUND cache"}}',
      '2026-11-20T11:59:00Z ERROR boot: getaddrinfo ENOTFOUND cache',
    ],
  ])('of %s', (_, line, plain) => {
    expect(linesOf(line, 10)).toEqual([plain])
  })

  test.each([
    '{"a":',
    '{"count":3}',
    '[]',
    '{}',
    `{"msg":${'"'}${'x'.repeat(20_000)}"}`,
    '{"msg":null}',
    '{"ts":9e99,"msg":"x"}',
  ])('or what only looks like it: %.30s', (line) => {
    expect(linesOf(line, 10).join('').length).toBeLessThanOrEqual(1000)
  })
})

test("klog's escaped quotes, and a message of several lines in one", () => {
  const denied =
    'E1120 11:58:00.1 1 reflector.go:205] "Failed to watch" err="pods is forbidden: User \\"system:serviceaccount:a:b\\" cannot list resource \\"pods\\" in API group \\"\\" in the namespace \\"a\\""'
  expect(logReason(denied)?.rbac).toMatchObject({ verb: 'list', resource: 'pods', namespace: 'a' })
  const checks =
    '{"log.level":"ERROR","message":"node validation exception\\n[1] bootstrap checks failed\\nbootstrap check failure [1] of [1]: max virtual memory areas vm.max_map_count [65530] is too low"}'
  expect(logReason(checks)).toMatchObject({ kind: 'watch-limit', subject: 'vm.max_map_count' })
})

test('the sentence of a fault, wherever its runtime puts it', () => {
  const npe = 'Exception in thread "main" java.lang.NullPointerException: Cannot invoke "Tariff.rate()"'
  expect(lastErrorLine(`${npe}\n\tat com.acme.Engine.load(Engine.java:77)`)).toBe(npe)
  const old = "thread 'main' panicked at 'no such rule', src/x.rs:1:1"
  expect(lastErrorLine(`${old}\nnote: run with \`RUST_BACKTRACE=1\``)).toBe(old)
  expect(logReason('Web server failed to start. Port 8080 was already in use.')).toMatchObject({ port: 8080 })
})

describe('a program that runs and complains', () => {
  const complaining = (line: (minutes: number) => string) => {
    const made = app('web', { replicas: 1 })
    const db = [...app('db', { replicas: 0 }).objects, service('db', { app: 'db' }, { ports: [{ port: 5432 }] })]
    return diagnoseWorld([...made.objects, ...db], logs(made, [9, 6, 3].map(line).join('\n')))
  }
  const SAID = 'dial tcp db:5432: connect: connection refused'

  test.each<[string, (minutes: number) => string]>([
    ['plain', (minutes) => `${ago(minutes)} ERROR ${SAID}`],
    ['JSON', (minutes) => `{"level":"error","time":"${ago(minutes)}","msg":"query","err":"${SAID}"}`],
    ['logfmt', (minutes) => `time="${ago(minutes)}" level=error msg="query" err="${SAID}"`],
    ['Go', (minutes) => `${ago(minutes).replace('T', ' ').replaceAll('-', '/').replace('Z', '')} ERROR ${SAID}`],
  ])('is heard in %s', (_, line) => {
    expect(complaining(line).findings.map(({ check }) => check)).toContain('app-cannot-connect')
  })

  test('is not heard when it works again', () => {
    const well = (minutes: number) =>
      `{"level":"error","time":"${ago(minutes)}","msg":"query","err":"${SAID}"}\n{"level":"info","time":"${ago(minutes)}","msg":"query","status":200}`
    expect(complaining(well).findings.map(({ check }) => check)).not.toContain('app-cannot-connect')
  })
})

describe('whose trouble it is', () => {
  const runs = (text: string, env: { name: string; value: string }[] = []) => {
    const made = app('web', { replicas: 1, container: { env } })
    const db = [...app('db').objects, service('db', { app: 'db' }, { ports: [{ port: 5432 }] })]
    const said = [9, 6, 3].map((minutes) => `${ago(minutes)} ERROR ${text}`).join('\n')
    return rootNames(diagnoseWorld([...made.objects, ...db], logs(made, said)))
  }

  test.each([
    'login failed for user bob: invalid password',
    'invalid token: jwt expired (client 203.0.113.9)',
    'GET /v1/orders 401 Unauthorized client=203.0.113.9',
    'permission denied: user viewer may not delete project 7',
    'write: connection reset by peer client=203.0.113.9:51234',
    'http: TLS handshake error from 10.0.0.9:51234: remote error: tls: unknown certificate authority',
    'handler /report: context deadline exceeded',
  ])('a client of a server that is well: %s', (text) => {
    expect(runs(text)).toEqual([])
  })

  test.each([
    ['pq: password authentication failed for user "web"', 'app-auth-rejected'],
    ['refresh: POST https://idp.example/oauth2/token: 401 Unauthorized', 'app-auth-rejected'],
    ['open /var/cache/app/x: read-only file system', 'app-permission-denied'],
    ['push to https://collector.example failed: x509: certificate has expired', 'app-tls-failure'],
    ['flush failed: dial tcp 203.0.113.77:9000: connect: connection refused', 'app-cannot-connect'],
  ])('its own: %s', (text, check) => {
    expect(runs(text)).toEqual([`Deployment/web ${check}`])
  })

  test('a line that names nobody is its own when its variables name whom it calls', () => {
    expect(runs('query failed: connection refused')).toEqual([])
    expect(runs('query failed: connection refused', [{ name: 'DB_HOST', value: 'db' }])).toEqual([
      'Deployment/web app-cannot-connect',
    ])
  })
})

test('a host that only a mounted file names is corrected there', () => {
  const made = crashing(
    'edge',
    'nginx: [emerg] host not found in upstream "api-v2:8080" in /etc/nginx/conf.d/site.conf:3',
    {
      spec: { volumes: [{ name: 'c', configMap: { name: 'edge-conf' } }] },
      container: { volumeMounts: [{ name: 'c', mountPath: '/etc/nginx/conf.d' }] },
    },
  )
  const map = object('v1', 'ConfigMap', 'edge-conf', { data: { 'site.conf': 'proxy_pass http://api-v2:8080;' } })
  const api = [...app('api').objects, service('api', { app: 'api' })]
  const found = diagnoseWorld([...made.objects, map, ...api], made.logs)
  expect(rootNames(found)).toEqual(['Deployment/edge app-dns-failure'])
  expect(roots(found)[0]?.remedy).toMatch(/Use api in ConfigMap edge-conf, key site\.conf/)
})

test('the value that is refused is looked for before the other words of the message', () => {
  const made = crashing('agent', `'exporters' unknown type: "loki" for id: "loki" (valid values: [debug otlp])`, {
    spec: { volumes: [{ name: 'c', configMap: { name: 'agent' } }] },
    container: { volumeMounts: [{ name: 'c', mountPath: '/conf' }] },
  })
  const map = object('v1', 'ConfigMap', 'agent', { data: { 'relay.yaml': 'exporters:\n  loki:\n    endpoint: x\n' } })
  expect(roots(diagnoseWorld([...made.objects, map], made.logs))[0]?.remedy).toMatch(
    /Correct "loki:" in ConfigMap agent/,
  )
})

test('a summary names its workload even when the image is called alike', () => {
  const image = 'registry.example.com/shop/web:1.0'
  const made = app('web', {
    replicas: 1,
    container: { image },
    state: { waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}": not found` } },
  })
  expect(roots(diagnoseWorld(made.objects))[0]?.summary).toMatch(/^shop\/web: the only pod cannot pull image/)
})
