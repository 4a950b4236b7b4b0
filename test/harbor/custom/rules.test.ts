// x-kubernetes-validations: the sentences are those that a 1.36.2 server gave to the same requests.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Harbor, startHarbor } from '../../../src/harbor/index.ts'

const GROUP = 'rules.example.com'
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const GIZMOS = `/apis/${GROUP}/v1/namespaces/default/gizmos`

function definition(spec: object): object {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `gizmos.${GROUP}` },
    spec: {
      group: GROUP,
      names: { plural: 'gizmos', kind: 'Gizmo' },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties: { spec } } },
        },
      ],
    },
  }
}

const integer = { type: 'integer' }
const SPEC = {
  type: 'object',
  required: ['min', 'max'],
  'x-kubernetes-validations': [
    { rule: 'self.min <= self.max', message: 'min over max', fieldPath: '.min', reason: 'FieldValueForbidden' },
    { rule: '!has(oldSelf.fixed) || self.fixed == oldSelf.fixed', message: 'fixed is immutable' },
    {
      rule: "!has(self.names) || self.names.all(n, n.startsWith('a'))",
      messageExpression: "'bad names: ' + self.names[0]",
    },
    { rule: '!has(self.deep) || self.deep.all(a, self.deep.all(b, self.deep.all(c, self.deep.all(d, true))))' },
    { rule: 'isURL("x")', message: 'of a library that is not known here' },
  ],
  properties: {
    min: integer,
    max: integer,
    fixed: { type: 'string', 'x-kubernetes-validations': [{ rule: "self.matches('^[a-z]+$')", message: 'letters' }] },
    slow: { type: 'string', 'x-kubernetes-validations': [{ rule: "self.matches('^(a+)+$')", message: 'never asked' }] },
    names: { type: 'array', items: { type: 'string' } },
    deep: { type: 'array', items: integer },
    when: {
      type: 'string',
      format: 'date-time',
      'x-kubernetes-validations': [{ rule: "self > timestamp('2020-01-01T00:00:00Z')", message: 'too early' }],
    },
    ratio: { type: 'number', 'x-kubernetes-validations': [{ rule: 'self < 1.0' }] },
    count: { ...integer, 'x-kubernetes-validations': [{ rule: 'self >= oldSelf', message: 'only up' }] },
    'my-field': { type: 'string' },
  },
}

describe('the rules of a custom kind', () => {
  let harbor: Harbor
  beforeAll(async () => {
    harbor = await startHarbor({ controllers: false })
    expect((await send('POST', DEFINITIONS, definition(SPEC))).code).toBeUndefined()
    await send('POST', GIZMOS, gizmo('kept', { min: 1, max: 2, fixed: 'abc', count: 3 }))
  })
  afterAll(() => harbor.close())

  async function send(method: string, path: string, body: object): Promise<{ code?: number; message?: string }> {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
    const options = { method, headers: { 'content-type': type }, body: JSON.stringify(body) }
    const { code, message } = (await (await fetch(harbor.url + path, options)).json()) as Record<string, never>
    return { ...(code === undefined ? {} : { code }), ...(message === undefined ? {} : { message }) }
  }
  const gizmo = (name: string, spec: object) => ({ apiVersion: `${GROUP}/v1`, kind: 'Gizmo', metadata: { name }, spec })
  const refused = (name: string, why: string) => ({ code: 422, message: `Gizmo.${GROUP} "${name}" is invalid: ${why}` })

  it.each([
    ['spec.min: Forbidden: min over max', { min: 3 }],
    ['spec: Invalid value: bad names: bc', { names: ['bc', 'a'] }],
    ['spec.fixed: Invalid value: "A1": letters', { fixed: 'A1' }],
    ['spec.when: Invalid value: "2019-01-01T00:00:00Z": too early', { when: '2019-01-01T00:00:00Z' }],
    ['spec.ratio: Invalid value: 2: failed rule: self < 1.0', { ratio: 2 }],
    ['spec.min: Required value', { min: null }],
  ])('refuse what breaks them: %s', async (why, spec) => {
    const answer = await send('POST', GIZMOS, gizmo('g', { min: 1, max: 2, ...spec }))
    expect(answer.code).toBe(422)
    expect(answer.message).toContain(why)
  })

  it('of change are asked of changes alone', async () => {
    expect(await send('PATCH', `${GIZMOS}/kept`, { spec: { fixed: 'abd' } })).toEqual(
      refused('kept', 'spec: Invalid value: fixed is immutable'),
    )
    expect(await send('PATCH', `${GIZMOS}/kept`, { spec: { count: 2 } })).toEqual(
      refused('kept', 'spec.count: Invalid value: 2: only up'),
    )
    expect(await send('PATCH', `${GIZMOS}/kept`, { spec: { count: 4, 'my-field': 'x' } })).toEqual({})
  })

  it('may not take for ever: costs and patterns are bounded', async () => {
    const deep = Array.from({ length: 1000 }, (_, at) => at)
    const began = performance.now()
    const answer = await send('POST', GIZMOS, gizmo('deep', { min: 1, max: 2, deep }))
    expect(answer.message).toContain('validation failed due to running out of cost budget')
    expect(await send('POST', GIZMOS, gizmo('slow', { min: 1, max: 2, slow: `${'a'.repeat(60)}!` }))).toEqual({})
    expect(performance.now() - began).toBeLessThan(2000)
  })

  it('that are no CEL, or give no yes or no, are refused with their definition', async () => {
    const ask = async (rule: string) => {
      const spec = { type: 'object', properties: {}, 'x-kubernetes-validations': [{ rule }] }
      return (await send('POST', `${DEFINITIONS}?dryRun=All`, definition(spec))).message
    }
    expect(await ask('self.min <')).toContain(
      'spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule: Invalid value: {"Rule":"self.min \\u003c"',
    )
    expect(await ask('self.min <')).toContain('compilation failed: ERROR: <input>: Syntax error')
    expect(await ask('1 + 1')).toContain('cel expression must evaluate to a bool')
  })
})
