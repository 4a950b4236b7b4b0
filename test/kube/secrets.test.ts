import { describe, expect, it } from 'vitest'
import { hiddenSize, isSecretPath, maskSecrets, mayHoldSecrets } from '../../src/kube/secrets.ts'

const VALUE = 'canary-hunter2'
const data = { password: Buffer.from(VALUE).toString('base64') }
const secret = () => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name: 'db',
    annotations: {
      'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ data }),
      'kapp.k14s.io/original': `{"data":"${data.password}"}`,
      team: 'payments',
    },
  },
  type: 'Opaque',
  data: { ...data },
  stringData: { plain: VALUE },
})
const leaks = (value: unknown) => JSON.stringify(value).includes(VALUE) || JSON.stringify(value).includes(data.password)

describe('Secret values', () => {
  it('are replaced by their size, keys and names stay', () => {
    const masked = maskSecrets(secret())
    expect(masked.data.password).toBe('(hidden, 14 bytes)')
    expect(masked.stringData.plain).toBe('(hidden, 14 bytes)')
    expect(hiddenSize(masked.data.password)).toBe(14)
    expect(masked.metadata.name).toBe('db')
    expect(masked.metadata.annotations.team).toBe('payments')
    expect(masked.type).toBe('Opaque')
    expect(leaks(masked)).toBe(false)
  })

  it('the certificates of a TLS Secret stay, because they are public; keys never do', () => {
    const pem = (label: string) => `-----BEGIN ${label}-----\nTUlJQg==\n-----END ${label}-----\n`
    const tls = (crt: string, type = 'kubernetes.io/tls') =>
      maskSecrets({
        kind: 'Secret',
        metadata: { name: 'site' },
        type,
        data: {
          'tls.crt': Buffer.from(crt).toString('base64'),
          'tls.key': Buffer.from(pem('PRIVATE KEY')).toString('base64'),
        },
      }).data
    const chain = pem('CERTIFICATE').repeat(2)
    expect(Buffer.from(tls(chain)['tls.crt'], 'base64').toString()).toBe(chain)
    expect(hiddenSize(tls(chain)['tls.key'])).toBeGreaterThan(0)
    // a key in the wrong field, words before the certificate, another type of Secret
    for (const data of [
      tls(pem('CERTIFICATE') + pem('PRIVATE KEY')),
      tls(pem('RSA PRIVATE KEY')),
      tls(`password=${VALUE}\n${chain}`),
      tls(chain, 'Opaque'),
    ])
      expect(hiddenSize(data['tls.crt'])).toBeGreaterThan(0)
  })

  it('are masked in whatever form an answer holds them', () => {
    const { kind: _kind, apiVersion: _version, ...bare } = secret()
    const forms: [string, unknown, boolean][] = [
      ['typed list, items without kind', { kind: 'SecretList', items: [bare, structuredClone(bare)] }, false],
      ['list from a secrets path that names no kind', { items: [bare] }, true],
      ['mixed list', { kind: 'List', items: [{ kind: 'Pod', metadata: { name: 'a' } }, secret()] }, false],
      ['table row with the whole object', { kind: 'Table', rows: [{ cells: ['db'], object: secret() }] }, false],
      [
        'table row with partial metadata',
        { kind: 'Table', rows: [{ object: { kind: 'PartialObjectMetadata', metadata: secret().metadata } }] },
        true,
      ],
      ['watch event', { type: 'ADDED', object: secret() }, false],
      ['inside a custom resource', { kind: 'Bundle', spec: { resources: [{ manifest: secret() }] } }, false],
      ['data that is a list', { kind: 'Secret', metadata: { name: 'x' }, data: [data.password] }, false],
      ['deep inside', deep(secret(), 90), false],
    ]
    for (const [name, value, secretPath] of forms) expect(leaks(maskSecrets(value, secretPath)), name).toBe(false)
  })

  it('do not survive by depth', () => {
    expect(leaks(maskSecrets(deep(secret(), 5000)))).toBe(false)
  })

  it('keep hostile keys as plain keys', () => {
    const parsed = JSON.parse(
      `{"kind":"Secret","metadata":{"name":"x"},"data":{"__proto__":"${data.password}"}}`,
    ) as Record<string, object>
    const masked = maskSecrets(parsed)
    expect(leaks(masked)).toBe(false)
    expect(Object.keys(masked.data!)).toEqual(['__proto__'])
    expect(({} as Record<string, unknown>).password).toBeUndefined()
  })

  it('masking twice changes nothing', () => {
    const once = JSON.stringify(maskSecrets(secret()))
    expect(JSON.stringify(maskSecrets(JSON.parse(once)))).toBe(once)
  })

  it('leaves other kinds alone', () => {
    const map = { kind: 'ConfigMap', metadata: { name: 'a' }, data: { level: 'info' } }
    expect(maskSecrets(structuredClone(map))).toEqual(map)
  })

  it('are looked for wherever they may be', () => {
    expect(isSecretPath('/api/v1/namespaces/shop/secrets?limit=1')).toBe(true)
    expect(isSecretPath('/api/v1/watch/secrets')).toBe(true)
    expect(isSecretPath('/api/v1/pods')).toBe(false)
    expect(mayHoldSecrets('{"kind":"\\u0053ecret"}')).toBe(true)
  })
})

function deep(value: unknown, levels: number): unknown {
  let nested = value
  for (let i = 0; i < levels; i++) nested = { inner: nested }
  return nested
}
