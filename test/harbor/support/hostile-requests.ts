// Requests that chance does not find: too deep, too large, doubled, and some that are no HTTP at all.
import { connect } from 'node:net'

const nested = (depth: number, open: string, close: string) => open.repeat(depth) + close.repeat(depth)
const FILLED = `${'x'.repeat(900)}`
export const CONFIGMAPS = '/api/v1/namespaces/default/configmaps'
export const DEPLOYMENT = '/apis/apps/v1/namespaces/default/deployments/f0'
const YAML = 'application/yaml'
const MERGE = 'application/merge-patch+json'
const JSON_PATCH = 'application/json-patch+json'

/** What chance does not find: depth, size, doubling, and numbers beyond 64 bits. */
export const HOSTILE: [method: string, path: string, type: string, body?: string | Buffer][] = [
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
export function sendRaw(url: string, text: string): Promise<number> {
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
/** What is sent, and the status that it is answered with. */
export const RAW: [name: string, text: string, status: number][] = [
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
