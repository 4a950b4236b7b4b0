// Bad input gets the API's own Status: thousands of malformed requests, never a crash, never an answer of 5xx.
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { capacity } from '../../src/harbor/admission/capacity.ts'
import type { Admission } from '../../src/harbor/admission/plugin.ts'
import { type Harbor, startHarbor } from '../../src/harbor/index.ts'
import { createRandom } from '../../src/harbor/random.ts'

const random = createRandom(20260101)
const pick = <T>(list: readonly T[]): T => list[random.int(list.length)] as T

const WORDS = [
  'a',
  '',
  'pods',
  '__proto__',
  'constructor',
  '..',
  '%',
  'Ü',
  '💥',
  ' ',
  "'",
  '"',
  '\\',
  '\n',
  'x'.repeat(300),
  '-1',
  '1e309',
]
const RESOURCES = [
  '/api/v1/namespaces/default/pods',
  '/api/v1/namespaces/default/configmaps',
  '/api/v1/namespaces/default/secrets',
  '/api/v1/namespaces/default/services',
  '/api/v1/namespaces/default/events',
  '/api/v1/namespaces/default/serviceaccounts',
  '/api/v1/namespaces/default/persistentvolumeclaims',
  '/api/v1/namespaces/default/resourcequotas',
  '/api/v1/namespaces/default/limitranges',
  '/api/v1/nodes',
  '/api/v1/namespaces',
  '/apis/apps/v1/namespaces/default/deployments',
  '/apis/apps/v1/namespaces/default/statefulsets',
  '/apis/apps/v1/namespaces/default/daemonsets',
  '/apis/batch/v1/namespaces/default/jobs',
  '/apis/batch/v1/namespaces/default/cronjobs',
  '/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers',
  '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers',
  '/apis/policy/v1/namespaces/default/poddisruptionbudgets',
  '/apis/networking.k8s.io/v1/namespaces/default/ingresses',
  '/apis/networking.k8s.io/v1/namespaces/default/networkpolicies',
  '/apis/events.k8s.io/v1/namespaces/default/events',
  '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings',
  '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
  '/apis/authorization.k8s.io/v1/subjectaccessreviews',
  '/apis/authentication.k8s.io/v1/tokenreviews',
  '/apis/metrics.k8s.io/v1beta1/pods',
]
const FIELDS = [
  'spec',
  'status',
  'metadata',
  'data',
  'template',
  'containers',
  'name',
  'labels',
  'selector',
  'matchLabels',
  'rules',
  'ports',
  'replicas',
  'env',
  'resources',
  'limits',
  'annotations',
  'ownerReferences',
  'finalizers',
  'namespace',
  'jobTemplate',
  'metrics',
  'type',
  'schedule',
  'versions',
  'names',
  'volumes',
  'subjects',
  'roleRef',
  'taints',
  'strategy',
  'rollingUpdate',
  'clusterIP',
  'involvedObject',
  '__proto__',
  'kind',
  'apiVersion',
]
const TYPES = [
  'application/json',
  'application/yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
  'text/plain',
  '',
  'application/vnd.kubernetes.protobuf',
]
const QUERIES = [
  'limit',
  'continue',
  'resourceVersion',
  'resourceVersionMatch',
  'labelSelector',
  'fieldSelector',
  'dryRun',
  'fieldManager',
  'fieldValidation',
  'force',
  'gracePeriodSeconds',
  'propagationPolicy',
  'tailLines',
  'sinceSeconds',
  'container',
  'previous',
  'sendInitialEvents',
  'pretty',
]
const VALUES = [
  ...WORDS,
  '0',
  '1',
  'true',
  'All',
  'Strict',
  'Exact',
  'NotOlderThan',
  'a=b',
  'a in (b',
  '!',
  'metadata.name=x',
  'status.phase!=',
  'abc',
  '999',
  'Foreground',
  'eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ',
]

function value(depth: number): unknown {
  const kind = random.int(depth > 5 ? 6 : 9)
  if (kind === 0) return null
  if (kind === 1) return random.int(5) - 2
  if (kind === 2) return pick([1.5, 1e300, -0, 2 ** 53, 2147483648])
  if (kind === 3) return random.int(2) === 0
  if (kind < 6) return pick(WORDS)
  if (kind === 6) return Array.from({ length: random.int(3) }, () => value(depth + 1))
  return map(depth + 1)
}

function map(depth: number): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (let count = random.int(5); count > 0; count--) {
    Object.defineProperty(result, pick(FIELDS), {
      value: value(depth),
      enumerable: true,
      configurable: true,
      writable: true,
    })
  }
  return result
}

// objects that would be accepted, to be bent in one place
const GOOD: Record<string, Record<string, unknown>> = {
  pods: { spec: { containers: [{ name: 'a', image: 'nginx:1.27' }] } },
  configmaps: { data: { a: '1' } },
  secrets: { stringData: { a: '1' } },
  services: { spec: { selector: { app: 'a' }, ports: [{ port: 80 }] } },
  deployments: workload(),
  statefulsets: workload(),
  daemonsets: workload(),
  jobs: { spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'busybox' }] } } } },
  clusterroles: { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
  namespaces: {},
  nodes: {},
}

function workload(): Record<string, unknown> {
  const labels = { app: 'a' }
  return {
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'nginx:1.27' }] } },
    },
  }
}

// replaces one value somewhere inside
function bend(object: unknown): void {
  let at = object as Record<string, unknown>
  for (;;) {
    const keys = Object.keys(at)
    if (keys.length === 0) return
    const key = pick(keys)
    const inner = at[key]
    if (typeof inner !== 'object' || inner === null || random.int(4) === 0) {
      at[key] = value(2)
      return
    }
    at = inner as Record<string, unknown>
  }
}

function patchBody(): string {
  const operation = () => ({
    op: pick(['add', 'remove', 'replace', 'test', 'move', 'copy', 'x']),
    path: pick(['/spec', '/metadata/labels/a', '', '/data/-', '/a/b/c', 'x', '/spec/containers/0', '/metadata']),
    from: '/metadata',
    value: value(2),
  })
  return JSON.stringify(Array.from({ length: random.int(4) }, operation))
}

const GARBAGE = [
  '',
  '{',
  'null',
  '[]',
  '"x"',
  '{"a":1,"a":2}',
  '[[[[',
  '{"metadata":',
  '0',
  'a: &x [*x]',
  '- a\n- b',
  '\0',
]

function body(resource: string, name: string): string {
  const form = random.int(12)
  if (form === 0) return pick(GARBAGE)
  if (form < 3) return patchBody()
  if (form < 6) return JSON.stringify({ metadata: random.int(3) ? { name } : value(1), ...map(0) })
  const plural = resource.split('/').at(-1) ?? ''
  const object = structuredClone({ metadata: { name, labels: { app: 'a' } }, ...(GOOD[plural] ?? map(0)) })
  if (form < 9) bend(object)
  return JSON.stringify(object)
}

function queryText(): string {
  const list = Array.from({ length: random.int(6) - 3 }, () => `${pick(QUERIES)}=${encodeURIComponent(pick(VALUES))}`)
  return list.length > 0 ? `?${list.join('&')}` : ''
}

const SUBRESOURCES = [
  '/status',
  '/scale',
  '/log',
  '/eviction',
  '/binding',
  '/token',
  '/finalize',
  '/exec',
  '/x/y',
  '/proxy/a',
]

interface Shot {
  method: string
  path: string
  body: string | undefined
  headers: Record<string, string>
}

function shot(): Shot {
  const method = pick(['GET', 'POST', 'POST', 'PUT', 'PATCH', 'PATCH', 'PATCH', 'DELETE'])
  const resource = pick(RESOURCES)
  const name = `f${random.int(15)}`
  const named = method === 'POST' ? random.int(8) === 0 : random.int(6) > 0
  const leaf = !named ? '' : `/${random.int(12) === 0 ? encodeURIComponent(pick(WORDS)) : name}`
  const below = leaf && random.int(5) === 0 ? pick(SUBRESOURCES) : ''
  const types = method === 'PATCH' ? TYPES.slice(2, 6) : TYPES.slice(0, 1)
  const headers = { 'content-type': random.int(6) ? pick(types) : pick(TYPES), accept: pick(ACCEPTED) }
  return {
    method,
    path: resource + leaf + below + queryText(),
    body: method === 'GET' ? undefined : body(resource, name),
    headers,
  }
}

const ACCEPTED = ['application/json', '*/*', 'application/yaml', 'application/json;as=Table;v=v1;g=meta.k8s.io']

function judge(status: number, answer: string, about: string): void {
  expect(status, about).toBeLessThan(500)
  if (status >= 400 && answer.startsWith('{')) {
    expect(JSON.parse(answer), about).toMatchObject({ kind: 'Status', status: 'Failure', code: status })
  }
}

const nested = (depth: number, open: string, close: string) => open.repeat(depth) + close.repeat(depth)
const FILLED = `${'x'.repeat(900)}`
const CONFIGMAPS = '/api/v1/namespaces/default/configmaps'
const DEPLOYMENT = '/apis/apps/v1/namespaces/default/deployments/f0'
const YAML = 'application/yaml'
const MERGE = 'application/merge-patch+json'
const JSON_PATCH = 'application/json-patch+json'

/** What chance does not find: depth, size, doubling, and numbers beyond 64 bits. */
const HOSTILE: [method: string, path: string, type: string, body?: string | Buffer][] = [
  ...[1000, 9000, 100_000].flatMap((depth): typeof HOSTILE => [
    ['POST', CONFIGMAPS, 'application/json', nested(depth, '[', ']')],
    [
      'POST',
      CONFIGMAPS,
      'application/json',
      `{"metadata":{"name":"x"},"data":${nested(depth, '{"a":', '}').replace('{"a":}', '{}')}}`,
    ],
    ['POST', CONFIGMAPS, YAML, nested(depth, '[', ']')],
    ['POST', CONFIGMAPS, YAML, '- '.repeat(depth)],
    ['PATCH', `${CONFIGMAPS}/f0`, MERGE, `{"data":${nested(depth, '{"a":', '}').replace('{"a":}', '{}')}}`],
  ]),
  [
    'POST',
    CONFIGMAPS,
    YAML,
    'a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b]',
  ],
  ['POST', CONFIGMAPS, YAML, 'metadata: &m\n  name: *m\n'],
  ['POST', CONFIGMAPS, YAML, Array.from({ length: 20_000 }, (_, at) => `k${at}: v`).join('\n')],
  ['POST', CONFIGMAPS, 'application/vnd.kubernetes.protobuf', Buffer.from('6b387300ffffffffffffffffff01', 'hex')],
  ['POST', CONFIGMAPS, 'application/json', Buffer.from([0xff, 0xfe, 0x7b, 0x7d])],
  ['POST', CONFIGMAPS, 'application/cbor', Buffer.from('d9d9f7a0', 'hex')],
  [
    'PATCH',
    `${CONFIGMAPS}/f0`,
    JSON_PATCH,
    JSON.stringify([
      { op: 'add', path: '/data', value: { a: FILLED } },
      ...Array.from({ length: 60 }, (_, at) => ({ op: 'copy', from: '/data', path: `/data/b${at}` })),
    ]),
  ],
  [
    'PATCH',
    `${CONFIGMAPS}/f0`,
    JSON_PATCH,
    JSON.stringify([{ op: 'add', path: `/data${'/a'.repeat(20_000)}`, value: 1 }]),
  ],
  ...['1e400', '99999999999999999999999', '2147483648', '1.5', '-1', '"1"', '[]', 'true'].flatMap(
    (number): typeof HOSTILE => [
      ['PUT', `${DEPLOYMENT}/scale`, 'application/json', `{"metadata":{"name":"f0"},"spec":{"replicas":${number}}}`],
      ['PATCH', DEPLOYMENT, MERGE, `{"spec":{"replicas":${number}}}`],
      [
        'DELETE',
        `${CONFIGMAPS}/absent`,
        'application/json',
        `{"gracePeriodSeconds":${number},"preconditions":{"uid":${number}}}`,
      ],
      [
        'POST',
        '/api/v1/namespaces/default/serviceaccounts/default/token',
        'application/json',
        `{"spec":{"expirationSeconds":${number},"audiences":${number}}}`,
      ],
      ['GET', `${CONFIGMAPS}?watch=1&timeoutSeconds=1&resourceVersion=x${number}`, ''],
      [
        'GET',
        `${CONFIGMAPS}?limit=${number}&continue=${Buffer.from(`{"v":"meta.k8s.io/v1","rv":${number},"start":5}`).toString('base64')}`,
        '',
      ],
    ],
  ),
  ['GET', `${CONFIGMAPS}?resourceVersion=18446744073709551616`, ''],
  ['GET', `${CONFIGMAPS}?watch=1&resourceVersion=99999999999999999999999`, ''],
  ['GET', `${CONFIGMAPS}?labelSelector=${'!,'.repeat(5000)}`, ''],
  ['GET', '/api/v1/namespaces/%00/pods/%ff', ''],
  ['GET', '/api/v1/nodes/worker-a/proxy/stats', ''],
]

/** What no HTTP client would send. Resolves to the status, or 0 when the connection was just closed. */
function sendRaw(url: string, text: string): Promise<number> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(text, 'latin1'))
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
      socket.end()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)))
  })
}

const WEBSOCKET =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
const RAW: [name: string, text: string, status: number][] = [
  [
    'a websocket to exec',
    `GET /api/v1/namespaces/default/pods/none/exec?command=ls HTTP/1.1\r\nHost: x\r\n${WEBSOCKET}\r\n`,
    404,
  ],
  [
    'an upgrade to SPDY',
    'POST /api/v1/namespaces/default/pods/none/attach HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n',
    404,
  ],
  ['an upgrade to HTTP/2', 'GET /version HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n', 200],
  ['an absolute URL', 'GET http://elsewhere/version HTTP/1.1\r\nHost: x\r\n\r\n', 200],
  ['CONNECT', 'CONNECT a:80 HTTP/1.1\r\nHost: x\r\n\r\n', 405],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  ['TLS', '\x16\x03\x01\x02\x00\x01\x00', 400],
  ['a broken chunk', `POST ${CONFIGMAPS} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n`, 400],
  ['a header without end', `GET /version HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`, 431],
]

describe('bad input', () => {
  let harbor: Harbor
  beforeAll(async () => {
    harbor = await startHarbor()
  })
  afterAll(() => harbor.close())

  it('is answered with 2xx or 4xx and a Status, whatever it is', { timeout: 120_000 }, async () => {
    const seen = new Map<number, number>()
    for (let round = 0; round < 30; round++) {
      await Promise.all(
        Array.from({ length: 100 }, async () => {
          const { method, path, body: text, headers } = shot()
          const response = await fetch(harbor.url + path, { method, headers, ...(text ? { body: text } : {}) })
          const answer = await response.text()
          seen.set(response.status, (seen.get(response.status) ?? 0) + 1)
          const sent = `${method} ${path} [${headers['content-type']}] ${text?.slice(0, 600)}`
          judge(response.status, answer, `${sent} -> ${response.status} ${answer.slice(0, 400)}`)
        }),
      )
    }
    // the requests are not all refused for the same reason
    for (const code of [200, 201, 400, 404, 409, 415, 422])
      expect(seen.get(code) ?? 0, String(code)).toBeGreaterThan(10)
  })

  it('made by hand is refused as well, and soon', { timeout: 60_000 }, async () => {
    const post = (path: string, object: unknown) =>
      fetch(harbor.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(object),
      })
    await post(CONFIGMAPS, { metadata: { name: 'f0' }, data: { a: '1' } })
    await post(DEPLOYMENT.slice(0, -3), { metadata: { name: 'f0' }, ...workload() })
    for (const [method, path, type, text] of HOSTILE) {
      const began = performance.now()
      const response = await fetch(harbor.url + path, {
        method,
        headers: type ? { 'content-type': type } : {},
        ...(text === undefined ? {} : { body: text }),
      })
      const about = `${method} ${path.slice(0, 200)} [${type}] ${String(text).slice(0, 80)}`
      judge(response.status, await response.text(), about)
      expect(response.status, about).toBeGreaterThanOrEqual(path.includes('limit=') ? 200 : 400)
      expect(performance.now() - began, about).toBeLessThan(15_000)
    }
  })

  it.each(RAW)('below HTTP: %s', async (_name, text, status) => {
    expect(await sendRaw(harbor.url, text)).toBe(status)
  })

  it('cannot fill the memory: pods are bounded, and who asks for more is told', () => {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'more', namespace: 'default' } }
    const admission = { operation: 'create', resource: { id: 'pods', plural: 'pods', group: '' }, object: pod }
    const ask = (held: number) => () => capacity.validate?.({ ...admission, held: () => held } as unknown as Admission)
    expect(ask(9_999)).not.toThrow()
    expect(ask(10_000)).toThrow('pods "more" is forbidden: the practice cluster holds at most 10000 pods')
  })

  it('does not reach into JavaScript: prototypes stay clean', () => {
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  it('of more than 3 MiB is refused', async () => {
    const response = await fetch(`${harbor.url}/api/v1/namespaces/default/configmaps`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{"data":{"a":"${'x'.repeat(4 * 1024 * 1024)}"}}`,
    })
    expect(response.status).toBe(413)
  })
})
