// The practice cluster at size: 5,000 pods, 1,000 creates, 50 watchers.
import { Agent, get, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { startHarbor } from '../../src/harbor/index.ts'
import type { KubeObject } from '../../src/objects/object.ts'
import type { Figure } from './figure.ts'

const WATCHERS = 50
const CHANGES = 300

export async function bench(): Promise<Figure[]> {
  const objects = Array.from({ length: 5000 }, (_, index) => pod(`pod-${index}`))
  const began = performance.now()
  const harbor = await startHarbor({ load: { objects, logs: [] } })
  const starting = performance.now() - began
  await list(harbor.url)
  const listing = await timed(() => list(harbor.url))
  const memory = process.memoryUsage().rss / 1e6
  await harbor.close()
  const fresh = await startHarbor()
  await create(fresh.url, 200, 'warm')
  const creating = await timed(() => create(fresh.url, 1000, 'new'))
  await fresh.close()
  const lost = await watchers()
  return [
    { name: 'start with a 5,000-pod snapshot, controllers at work', value: starting, target: 4000, unit: 'ms' },
    { name: 'list 5,000 pods over HTTP', value: listing, target: 1000, unit: 'ms' },
    { name: '1,000 creates over HTTP, controllers at work', value: creating, target: 1000, unit: 'ms' },
    { name: 'resident memory with 5,000 pods (client included)', value: memory, target: 300, unit: 'MB' },
    {
      name: `${WATCHERS} watchers × ${CHANGES} changes at 100/s: events lost or out of order`,
      value: lost,
      target: 0,
      unit: '',
    },
  ]
}

function pod(name: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: { app: 'web' }, creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: {
      nodeName: 'worker-a',
      containers: [{ name: 'a', image: 'nginx:1.27', resources: { requests: { cpu: '10m' } } }],
    },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  }
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await run()
  return performance.now() - began
}

async function list(url: string): Promise<number> {
  const answer = (await (await fetch(`${url}/api/v1/pods`)).json()) as { items: unknown[] }
  return answer.items.length
}

// a light client: it shares the process with the server that is measured
const agent = new Agent({ keepAlive: true, maxSockets: 20 })

async function create(url: string, count: number, prefix: string): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, (_, at) => {
      const { status: _status, ...body } = pod(`${prefix}-${at}`)
      return post(`${url}/api/v1/namespaces/default/pods`, JSON.stringify(body))
    }),
  )
}

function post(url: string, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const sending = request(
      url,
      { method: 'POST', agent, headers: { 'content-type': 'application/json' } },
      (answer) => {
        answer.resume()
        answer.once('end', () =>
          answer.statusCode === 201 ? resolve() : reject(new Error(`create answered ${answer.statusCode}`)),
        )
      },
    )
    sending.once('error', reject)
    sending.end(body)
  })
}

async function watchers(): Promise<number> {
  const harbor = await startHarbor({ controllers: false })
  const seen = Array.from({ length: WATCHERS }, () => [] as number[])
  const streams = seen.map((versions) => {
    const request = get(`${harbor.url}/api/v1/namespaces/default/configmaps?watch=true`, (answer) => {
      let rest = ''
      answer.on('data', (chunk: Buffer) => {
        const lines = (rest + chunk.toString()).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) {
          const event = JSON.parse(line) as { object: { metadata: { name: string; resourceVersion: string } } }
          if (event.object.metadata.name.startsWith('bench-'))
            versions.push(Number(event.object.metadata.resourceVersion))
        }
      })
    })
    request.on('error', () => undefined)
    return request
  })
  await sleep(300)
  for (let at = 0; at < CHANGES; at++) {
    harbor.world.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `bench-${at}`, namespace: 'default' },
      data: { at: String(at) },
    })
    await sleep(10)
  }
  const until = performance.now() + 5000
  while (seen.some((versions) => versions.length < CHANGES) && performance.now() < until) await sleep(20)
  for (const stream of streams) stream.destroy()
  await harbor.close()
  return seen.reduce(
    (lost, versions) =>
      lost +
      (CHANGES - versions.length) +
      versions.filter((version, at) => at > 0 && version <= (versions[at - 1] ?? 0)).length,
    0,
  )
}
