// Clusters with more of a kind than fits in a table: the newest are among what is shown, and counts are of all.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Harbor, startHarbor } from '../../src/harbor/index.ts'
import { clusterAt } from '../../src/kube/clusters.ts'
import { loadFiles } from '../../src/objects/files.ts'
import { READING_TOOLS } from '../../src/tools/index.ts'
import { createToolbox } from '../../src/tools/toolbox.ts'

const NOW = new Date('2026-11-21T12:00:00Z')
const folder = mkdtempSync(join(tmpdir(), 'many-'))
let harbor: Harbor

beforeAll(async () => {
  const events = Array.from({ length: 700 }, (_, at) => ({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { namespace: 'shop', name: `web.${String(at).padStart(4, '0')}` },
    involvedObject: { kind: 'Pod', namespace: 'shop', name: 'web' },
    type: 'Warning',
    reason: 'BackOff',
    message: `number ${at}`,
    count: 1,
    // the last by name is the newest by time
    lastTimestamp: new Date(NOW.getTime() - (700 - at) * 1000).toISOString(),
  }))
  const services = Array.from({ length: 700 }, (_, at) => `s${String(at).padStart(4, '0')}`).flatMap((name) => [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: 'shop', name },
      spec: { selector: { app: name }, ports: [{ port: 80 }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { namespace: 'shop', name: `${name}-x`, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: true } }],
      ports: [],
    },
  ])
  const file = join(folder, 'many.json')
  writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [...events, ...services] }))
  harbor = await startHarbor({ load: await loadFiles([file]), controllers: false, now: NOW })
})
afterAll(async () => {
  await harbor.close()
  rmSync(folder, { recursive: true })
})

function call(tool: string, args: object): Promise<string> {
  const scope = { cluster: clusterAt('prod-eu', harbor.url), namespace: 'shop', namespaces: undefined, named: [] }
  const settings = { urls: [], privateRanges: [], prometheus: undefined }
  const context = { scope, now: () => NOW, signal: new AbortController().signal, settings }
  const toolbox = createToolbox({ context, limits: { calls: 10, characters: 100_000 } })
  return toolbox.call('tester', READING_TOOLS, tool, args)
}

it('shows the newest events, however many older ones there are', async () => {
  const text = await call('get_events', { namespace: 'shop' })
  expect(text.split('\n')[2]).toContain('number 699')
  expect(text).not.toContain('number 12\n')
})

it('counts the endpoints of every Service', async () => {
  const text = await call('get_services', { namespace: 'shop', name: 's0699' })
  const [head = '', row = ''] = text.split('\n').slice(1)
  expect(row.split('\t')[head.split('\t').indexOf('ready')]).toBe('1')
})
