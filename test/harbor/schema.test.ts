import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { PLUGINS } from '../../src/harbor/admission/index.ts'
import { KIND_RULES } from '../../src/harbor/kinds/index.ts'
import { DecodeError, decode } from '../../src/harbor/schema/decode.ts'
import { addQuantities, canonicalQuantity, compareQuantities } from '../../src/harbor/schema/quantity.ts'
import { schemaFromClient } from './support/schema-from-client.ts'

const HARBOR = new URL('../../src/harbor/', import.meta.url)
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`schema/${name}`, HARBOR), 'utf8'))

describe('the schema', () => {
  it('is what the client library of Kubernetes 1.36 says; support/schema-from-client.ts writes it anew', () => {
    const { schema, docs } = schemaFromClient()
    expect(read('roots.json')).toEqual(schema.roots)
    expect(read('types.json')).toEqual(schema.types)
    expect(read('docs.json')).toEqual(docs)
  })
})

describe('decoding', () => {
  const pod = (spec: unknown) => () => decode('V1Pod', { spec })

  it('reports unknown fields with their place, and drops them', () => {
    const { value, unknown } = decode('V1Pod', {
      spec: { containers: [{ name: 'a', imagePullPolice: 'x' }], colour: 1 },
    })
    expect(unknown).toEqual(['spec.containers[0].imagePullPolice', 'spec.colour'])
    expect(value).toEqual({ spec: { containers: [{ name: 'a' }] } })
  })

  it('refuses wrong types in the words of the API server', () => {
    expect(pod({ containers: 'x' })).toThrow(
      new DecodeError(
        'json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type []v1.Container',
      ),
    )
    expect(() => decode('V1ConfigMap', { data: { a: 1 } })).toThrow(
      new DecodeError('json: cannot unmarshal number into Go struct field ConfigMap.data of type string'),
    )
  })

  it('refuses depth without end', () => {
    let deep: unknown = {}
    for (let level = 0; level < 5000; level++) deep = { properties: { a: deep } }
    const definition = { spec: { versions: [{ name: 'v1', schema: { openAPIV3Schema: deep } }] } }
    expect(() => decode('V1CustomResourceDefinition', definition)).toThrow(DecodeError)
  })
})

describe('quantities', () => {
  it.each([
    ['0.5', '500m'],
    ['1000m', '1'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['268435456', '268435456'],
    ['1e3', '1e3'],
    ['0', '0'],
    ['100k', '100k'],
    ['0.1Ki', '102400m'],
    ['-1', '-1'],
  ])('%s is spelled %s', (text, spelled) => {
    expect(canonicalQuantity(text)).toBe(spelled)
  })

  it.each(['lots', '1.2.3', '', 'Mi', '1 Gi', '0x10', '1e9999'])('%j is none', (text) => {
    expect(canonicalQuantity(text)).toBeUndefined()
  })

  it('add and compare exactly', () => {
    expect(addQuantities(['100m', '0.2', '1'])).toBe('1300m')
    expect(addQuantities(['128Mi', '1Gi'])).toBe('1152Mi')
    expect(compareQuantities('1', '1000m')).toBe(0)
    expect(compareQuantities('1Gi', '1G')).toBe(1)
  })
})

describe('members', () => {
  it('every file of kinds/ and admission/ is in its list', () => {
    const listed = (folder: string) => readFileSync(new URL(`${folder}/index.ts`, HARBOR), 'utf8')
    const helpers = new Set([
      'index',
      'kind',
      'columns',
      'pod-spec',
      'pod-checks',
      'pod-placement',
      'template-warnings',
      'workload',
      'plugin',
      'pod-security-checks',
      'resize',
      'schedule',
    ])
    for (const folder of ['kinds', 'admission']) {
      for (const file of readdirSync(new URL(folder, HARBOR))) {
        if (!helpers.has(file.replace('.ts', ''))) expect(listed(folder), file).toContain(`'./${file}'`)
      }
    }
  })

  it('no kind and no plugin is listed twice', () => {
    const kinds = KIND_RULES.map(({ apiVersion, kind }) => `${apiVersion}/${kind}`)
    expect(new Set(kinds).size).toBe(kinds.length)
    expect(new Set(PLUGINS.map(({ name }) => name)).size).toBe(PLUGINS.length)
  })
})
