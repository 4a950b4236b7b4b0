// The tools themselves on a practice cluster: names, types, scope, budget, and what a page may be.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Harbor, startHarbor } from '../../src/harbor/index.ts'
import { clusterAt } from '../../src/kube/clusters.ts'
import { loadFiles } from '../../src/objects/files.ts'
import { newestTime } from '../../src/objects/snapshot.ts'
import { fetchPage } from '../../src/tools/fetch-page.ts'
import { READING_TOOLS, TOOLS } from '../../src/tools/index.ts'
import { readToolSettings } from '../../src/tools/settings.ts'
import type { ToolContext, ToolScope } from '../../src/tools/tool.ts'
import { createToolbox } from '../../src/tools/toolbox.ts'

const OBSERVE =
  'list_namespaces get_pods get_deployments get_services get_pod_logs get_events describe_resource get_nodes get_hpa get_resource_quotas get_pvcs get_jobs get_cronjobs get_daemonsets get_statefulsets get_pdbs get_node_conditions get_container_statuses'.split(
    ' ',
  )

const TLS = join(import.meta.dirname, '../kube/tls')

let harbor: Harbor
let prometheus: Server
let queries: string[]
let context: ToolContext

beforeAll(async () => {
  const load = await loadFiles([join(import.meta.dirname, '../../src/cli/practice/shop.yaml')])
  const now = newestTime(load.objects) ?? new Date()
  harbor = await startHarbor({ load, controllers: false, now })
  queries = []
  prometheus = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      queries.push(new URLSearchParams(body).get('query') ?? '')
      const series = ['shop', 'bank'].map((namespace) => ({
        metric: { namespace, pod: 'p' },
        value: [now.getTime() / 1000, '42'],
      }))
      response.end(
        JSON.stringify({
          status: 'success',
          data: { resultType: 'vector', result: [...series, { metric: {}, value: [1, '84'] }] },
        }),
      )
    })
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => prometheus.once('listening', resolve))
  const { port } = prometheus.address() as { port: number }
  context = {
    scope: scope(undefined),
    now: () => now,
    signal: new AbortController().signal,
    settings: { urls: [], privateRanges: [], prometheus: `http://127.0.0.1:${port}` },
  }
})
afterAll(async () => {
  await harbor.close()
  prometheus.close()
})

function scope(namespaces: string[] | undefined): ToolScope {
  return {
    cluster: clusterAt('prod-eu', harbor.url),
    namespace: namespaces?.[0],
    namespaces: namespaces && new Set(namespaces),
    named: [],
  }
}

function box(namespaces: string[] | undefined, limits = { calls: 100, characters: 6000 }) {
  const toolbox = createToolbox({ context: { ...context, scope: scope(namespaces) }, limits })
  return { toolbox, call: (name: string, args: object) => toolbox.call('tester', READING_TOOLS, name, args) }
}

it('has the 18 observing tools, and no shell', () => {
  const names = TOOLS.map(({ name }) => name)
  expect(OBSERVE.filter((name) => !names.includes(name))).toEqual([])
  expect(names.filter((name) => /shell|exec|bash|write|delete|apply/.test(name))).toEqual([])
  expect(TOOLS.filter(({ effect }) => effect !== 'read').map(({ name }) => name)).toEqual(['propose_change'])
})

const ARGS: Record<string, object> = {
  get_pod_logs: { namespace: 'shop', pod: '' },
  describe_resource: { kind: 'Deployment', name: 'checkout', namespace: 'shop' },
  run_kubectl: { command: 'get pods -n shop' },
  read_resource: { path_or_url: 'configmap:kube-root-ca.crt:shop' },
  query_prometheus: { query: 'up' },
}

for (const { name } of TOOLS.filter(({ effect }) => effect === 'read')) {
  it(`${name} gives a result of its type`, async () => {
    const pods = harbor.world.list('Pod', { namespace: 'shop' })
    const args = name === 'get_pod_logs' ? { namespace: 'shop', pod: pods[0]?.metadata.name } : (ARGS[name] ?? {})
    const { toolbox, call } = box(undefined)
    const text = await call(name, args)
    // an object that this world does not have is an answer too, if it says so
    if (!toolbox.calls[0]?.ok) expect(text).toMatch(/not found|does not|no /i)
    else expect(text).toMatch(/^<tool_result call="c1" tool="[a-z_]+">\n[\s\S]+\n<\/tool_result>$/)
    expect(text.length).toBeLessThan(7000)
  })
}

describe('scope', () => {
  it('keeps every tool to the namespaces of the question', async () => {
    const { toolbox, call } = box(['shop'])
    for (const name of [
      'get_pods',
      'get_deployments',
      'get_services',
      'get_events',
      'get_hpa',
      'get_resource_quotas',
      'get_pvcs',
      'get_jobs',
      'get_cronjobs',
      'get_daemonsets',
      'get_statefulsets',
      'get_pdbs',
      'get_container_statuses',
      'diagnose',
    ]) {
      for (const namespace of ['kube-system', 'all', '*'])
        expect(await call(name, { namespace })).toContain('not permitted: ')
      expect(await call(name, {})).not.toMatch(/^c\d+: /)
    }
    expect(toolbox.calls.filter(({ ok }) => !ok).length).toBe(14 * 3)
    expect(await call('list_namespaces', {})).not.toContain('kube-system')
  })

  it('leaves out series of other namespaces and refuses what mixes them', async () => {
    const { call } = box(['shop'])
    const text = await call('query_prometheus', { query: 'up' })
    expect(text).toContain('namespace=shop')
    expect(text).not.toContain('bank')
    expect(text).toContain('2 series without a namespace of this question were left out')
    queries = []
    expect(await call('query_prometheus', { query: 'label_replace(up, "namespace", "shop", "", "")' })).toContain(
      'not permitted',
    )
    expect(await call('query_prometheus', { query: 'up{namespace="bank"}' })).toContain('not permitted')
    expect(await call('query_prometheus', { query: 'up{namespace=~".*"}' })).toContain('not permitted')
    expect(queries).toEqual([])
  })
})

describe('the toolbox', () => {
  it('cuts large results and goes on by handle', async () => {
    const { call } = box(undefined, { calls: 10, characters: 500 })
    const first = await call('run_kubectl', { command: 'kubectl get deployments -n shop -o yaml' })
    expect(first).toMatch(/\(cut: characters 0–500 of \d+; go on with read_more \{"handle":"c1","from":500\}/)
    const next = await call('read_more', { handle: 'c1', from: 500 })
    expect(next).toContain('characters 500–1000')
    expect(await call('read_more', { handle: 'c9', from: 0 })).toContain('there is nothing more under this handle')
  })

  it('ends at its budget and says so', async () => {
    const { call } = box(undefined, { calls: 2, characters: 6000 })
    await call('get_pods', { namespace: 'shop' })
    await call('get_nodes', {})
    expect(await call('get_hpa', {})).toContain('The budget of 2 tool calls for this question is used up')
  })

  it('names wrong arguments', async () => {
    const { call } = box(undefined)
    expect(await call('get_pod_logs', { pod: 7, tail: 0 })).toMatch(
      /^c1: get_pod_logs\(\{"pod":7,"tail":0\}\) failed: .*pod.*tail/,
    )
    expect(await call('get_pods', { labels: 'a in (' })).toContain('failed: ')
  })

  it('shows each tool in few tokens', () => {
    const described = box(undefined).toolbox.describe(READING_TOOLS)
    expect(described).toHaveLength(READING_TOOLS.length + 1)
    expect(JSON.stringify(described).length / 4).toBeLessThan(2500)
  })
})

describe('read_resource', () => {
  const signal = new AbortController().signal

  it('reads listed https addresses only', async () => {
    const urls = ['https://runbooks.example.com/public/']
    for (const url of [
      'http://runbooks.example.com/public/a',
      'https://evil.example/',
      'https://runbooks.example.com.evil.example/public/',
      'https://runbooks.example.com/public/../secret',
      'https://runbooks.example.com/public/%2e%2e/secret',
      'https://user:pw@runbooks.example.com/public/',
      'https://runbooks.example.com@evil.example/public/',
      'https://runbooks.example.com:8443/public/',
    ]) {
      // thrown at once or rejected: both before a connection is made
      await expect((async () => fetchPage(url, { urls, privateRanges: [], signal }))(), url).rejects.toThrow(
        /not listed|only https|password/,
      )
    }
  })

  it('refuses private addresses, also behind a public name, unless their range is listed', async () => {
    for (const host of [
      '127.0.0.1',
      '10.1.2.3',
      '169.254.169.254',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '2130706433',
      '0x7f.1',
      'localhost',
    ]) {
      const url = `https://${host}/`
      await expect(fetchPage(url, { urls: [url], privateRanges: [], signal }), host).rejects.toThrow(/private network/)
    }
    // listed: the connection is tried, and nobody listens there
    await expect(
      fetchPage('https://127.0.0.1:9/', { urls: ['https://127.0.0.1:9/'], privateRanges: ['127.0.0.0/8'], signal }),
    ).rejects.toThrow(/cannot be reached/)
  })

  it('follows no redirect, and reads no more than it should', async () => {
    const before = getCACertificates('default')
    setDefaultCACertificates([...before, readFileSync(join(TLS, 'ca.crt'), 'utf8')])
    const server = createTlsServer(
      { cert: readFileSync(join(TLS, 'server.crt')), key: readFileSync(join(TLS, 'server.key')) },
      (request, response) => {
        asked.push(request.url ?? '')
        if (request.url === '/away') response.writeHead(302, { location: 'https://127.0.0.1/inside' }).end()
        else if (request.url === '/gone') response.writeHead(404).end()
        else response.end('runbook '.repeat(200_000))
      },
    )
    const asked: string[] = []
    try {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const base = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
      const options = { urls: [base], privateRanges: ['127.0.0.0/8'], signal }
      await expect(fetchPage(`${base}away`, options)).rejects.toThrow(/redirects \(302\), which is not followed/)
      await expect(fetchPage(`${base}gone`, options)).rejects.toThrow(/answered 404/)
      const page = await fetchPage(`${base}book`, options)
      expect(page.cut).toBe(true)
      expect(page.text.length).toBeLessThanOrEqual(512 * 1024)
      expect(asked).toEqual(['/away', '/gone', '/book'])
    } finally {
      setDefaultCACertificates(before)
      server.close()
    }
  })

  it('takes only sensible settings', () => {
    expect(readToolSettings({ READ_URLS: 'https://a.example/x/, https://b.example/' }).READ_URLS).toHaveLength(2)
    expect(() => readToolSettings({ READ_URLS: 'https://a.example' })).toThrow(
      'READ_URLS takes beginnings of https addresses',
    )
    expect(() => readToolSettings({ READ_PRIVATE_RANGES: '10.0.0.0' })).toThrow('READ_PRIVATE_RANGES takes ranges')
  })
})
