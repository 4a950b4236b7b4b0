// Structured data on its way out: the values of telling names are masked, Secrets keep their keys, and nothing is too odd to be looked at.
import { expect, it } from 'vitest'
import { redactValue } from '../../src/core/redact.ts'

it('structured data loses the values of telling names and keeps the rest', () => {
  expect(
    redactValue({
      name: 'checkout',
      password: 'hunter2',
      replicas: 3,
      secretName: 'checkout-db',
      env: [
        { name: 'DB_PASSWORD', value: 'hunter2' },
        { name: 'LOG_LEVEL', value: 'debug' },
        { name: 'T', valueFrom: { secretKeyRef: { name: 'a', key: 'password' } } },
      ],
      args: ['--token', 'hunter2', '--port', '80'],
      ready: true,
      nothing: null,
    }),
  ).toEqual({
    name: 'checkout',
    password: '[redacted: password]',
    replicas: 3,
    secretName: 'checkout-db',
    env: [
      { name: 'DB_PASSWORD', value: '[redacted: password]' },
      { name: 'LOG_LEVEL', value: 'debug' },
      { name: 'T', valueFrom: { secretKeyRef: { name: 'a', key: 'password' } } },
    ],
    args: ['--token', '[redacted: token]', '--port', '80'],
    ready: true,
    nothing: null,
  })
})

it('structured data of a Secret keeps its keys only, wherever it is', () => {
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'db' },
    type: 'Opaque',
    data: { user: 'c2hvcA==' },
    stringData: { a: 'b' },
  }
  expect(redactValue({ items: [secret, { kind: 'ConfigMap', data: { a: 'b' } }] })).toEqual({
    items: [
      { ...secret, data: { user: '[redacted: secret]' }, stringData: { a: '[redacted: secret]' } },
      { kind: 'ConfigMap', data: { a: 'b' } },
    ],
  })
  expect(
    JSON.stringify(
      redactValue({ kind: 'SecretList', items: [{ metadata: { name: 'db' }, data: { user: 'c2hvcA==' } }] }),
    ),
  ).not.toContain('c2hvcA')
})

it('structured data may be kept in a Map, a Set or bytes', () => {
  expect(
    redactValue(
      new Map<string, unknown>([
        ['password', 'hunter2'],
        ['seen', new Set(['a', 'password=hunter2'])],
      ]),
    ),
  ).toEqual({ password: '[redacted: password]', seen: ['a', 'password=[redacted: password]'] })
  expect(redactValue({ key: Buffer.from('hunter2') })).toEqual({ key: '[redacted: bytes]' })
})

it('structured data of more values than can be looked at is not given out', () => {
  const wide = redactValue(Array.from({ length: 200_010 }, () => [])) as unknown[]
  expect(wide[0]).toEqual([])
  expect(wide.at(-1)).toBe('[redacted: too large to check]')
})

it('structured data may be a circle, deep, huge or hostile', () => {
  const circle: Record<string, unknown> = { a: 1 }
  circle.self = circle
  expect(JSON.stringify(redactValue(circle))).toContain('too large to check')
  expect(JSON.stringify(redactValue(JSON.parse('{"__proto__":{"polluted":"password=hunter2"}}')))).not.toContain(
    'hunter2',
  )
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  const hostile = {
    get trap() {
      throw new Error('no')
    },
  }
  expect(redactValue(hostile)).toBe('[redacted: this text could not be checked for secrets]')
  expect(redactValue(new Error('password=hunter2'))).toMatchObject({
    name: 'Error',
    message: 'password=[redacted: password]',
  })
})
