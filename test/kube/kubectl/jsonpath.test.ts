import { describe, expect, it } from 'vitest'
import { UsageError } from '../../../src/core/errors.ts'
import { compilePath, compileTemplate } from '../../../src/kube/kubectl/jsonpath.ts'
import { printerFor } from '../../../src/kube/kubectl/output.ts'
import { columns, eventAge } from '../../../src/kube/kubectl/print.ts'

const list = {
  kind: 'List',
  items: [
    {
      kind: 'Pod',
      metadata: { name: 'a', labels: { app: 'web', 'k8s.io/name': 'x' } },
      status: { restarts: 0, ports: [80, 443] },
    },
    { kind: 'Pod', metadata: { name: 'b', labels: {} }, status: { restarts: 7, ports: [] } },
    { kind: 'Pod', metadata: { name: 'c' } },
  ],
}

describe('JSONPath as kubectl takes it', () => {
  it.each([
    ['{.kind}', 'List'],
    ['.kind', 'List'],
    ['{.items[*].metadata.name}', 'a b c'],
    ['{.items[0].metadata.name}', 'a'],
    ['{.items[-1].metadata.name}', 'c'],
    ['{.items[0,2].metadata.name}', 'a c'],
    ['{.items[0:2].metadata.name}', 'a b'],
    ['{.items[1:].metadata.name}', 'b c'],
    ['{.items[0:3:2].metadata.name}', 'a c'],
    ['{range .items[*]}{.metadata.name}{"\\t"}{.status.restarts}{"\\n"}{end}', 'a\t0\nb\t7\nc\t\n'],
    ['{range .items[*]}[{range .status.ports[*]}<{@}>{end}]{end}', '[<80><443>][][]'],
    ['{.items[?(@.metadata.name=="b")].status.restarts}', '7'],
    ["{.items[?(@.metadata.name!='b')].metadata.name}", 'a c'],
    ['{.items[?(@.status.restarts>3)].metadata.name}', 'b'],
    ['{.items[?(@.status.restarts<=0)].metadata.name}', 'a'],
    ['{.items[?(@.status)].metadata.name}', 'a b'],
    ['{.items[0].metadata.labels.k8s\\.io/name}', 'x'],
    ["{.items[0].metadata.labels['k8s.io/name']}", 'x'],
    ["{.items[0]['metadata.name','kind']}", 'a Pod'],
    ['{.items[0].metadata.labels}', '{"app":"web","k8s.io/name":"x"}'],
    ['{.items[0].status.*}', '0 [80,443]'],
    ['{..name}', 'a b c'],
    ['{$.kind}/{@.kind}', 'List/List'],
    ['names: {.items[*].metadata.name}!', 'names: a b c!'],
    ['{.nope.nope}', ''],
    ['{.constructor}{.__proto__}{.items.length}', ''],
  ])('%s', (template, expected) => {
    expect(compileTemplate(template)(list)).toBe(expected)
  })

  it.each([
    '{',
    '{.a',
    '{range .items[*]}x',
    '{end}',
    '{.a[}',
    '{.a[?(@.b==)]}',
    '{.a["}',
    '{a b c}',
    '{.a[1:2:3:4]}',
    `{${'.a'.repeat(5000)}}`,
  ])('refuses %s in one sentence', (template) => {
    expect(() => compileTemplate(template)(list)).toThrow(UsageError)
  })

  it('takes an expression with and without braces', () => {
    for (const text of ['.items[0].metadata.name', 'items[0].metadata.name', '{.items[0].metadata.name}'])
      expect(compilePath(text)(list)).toEqual(['a'])
  })

  it('cannot be made to work for long', () => {
    const wide = { items: Array.from({ length: 2000 }, () => ({ a: 1 })) }
    const began = Date.now()
    expect(() =>
      compileTemplate('{range .items[*]}{range $.items[*]}{range $.items[*]}x{end}{end}{end}')(wide),
    ).toThrow(/too many values/)
    expect(() => compileTemplate('{..}{..}{..}{....}')(wide)).not.toThrow(RangeError)
    expect(Date.now() - began).toBeLessThan(5000)
  })
})

describe('printed forms', () => {
  const kind = { singular: 'deployment', apiVersion: 'apps/v1' }
  const item = {
    object: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: { at: '2026-10-14T10:00:00Z', on: 'yes' },
    },
    kind,
  }

  it('prints names, yaml and json as kubectl does', () => {
    expect(printerFor('name', undefined)?.([item], true)).toBe('deployment.apps/web')
    expect(printerFor('yaml', undefined)?.([item], true)).toBe(
      'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  at: "2026-10-14T10:00:00Z"\n  on: "yes"'.replace(
        '  on:',
        '  "on":',
      ),
    )
    expect(JSON.parse(printerFor('json', undefined)?.([item], false) ?? '')).toMatchObject({
      kind: 'List',
      items: [{ kind: 'Deployment' }],
    })
  })

  it('prints columns of one’s own', () => {
    const print = printerFor('custom-columns=NAME:.metadata.name,WHAT:.spec[?(@.a==",")],AT:.spec.at', undefined)
    expect(print?.([item], false)).toBe('NAME   WHAT     AT\nweb    <none>   2026-10-14T10:00:00Z')
  })

  it.each(['go-template={{.}}', 'xml', 'jsonpath', 'custom-columns=x', 'constructor'])('refuses -o %s', (output) => {
    expect(() => printerFor(output, undefined)).toThrow(UsageError)
  })

  it('says how often an event came, and since when', () => {
    const now = new Date('2026-10-14T10:00:00Z')
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'x' },
      count: 14,
      firstTimestamp: '2026-10-14T09:34:00Z',
      lastTimestamp: '2026-10-14T09:56:40Z',
    }
    expect(eventAge(event, now)).toBe('3m20s (x14 over 26m)')
  })

  it('aligns columns three spaces apart', () => {
    expect(
      columns([
        ['A', 'BBB', 'C'],
        ['aaaa', 'b', ''],
      ]),
    ).toBe('A      BBB   C\naaaa   b')
  })
})
