// The promises of size and speed, with room for a busy machine; `npm run bench` prints the exact figures.
import { get } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { type Harbor, startHarbor } from '../../src/harbor/index.ts'
import type { KubeObject } from '../../src/objects/object.ts'

// a machine that runs other suites beside this one is slower
const ROOM = 20

const open: Harbor[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((harbor) => harbor.close()))
})
async function start(options: Parameters<typeof startHarbor>[0] = {}): Promise<Harbor> {
  const harbor = await startHarbor({ controllers: false, ...options })
  open.push(harbor)
  return harbor
}

function pod(index: number): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `pod-${index}`,
      namespace: 'default',
      labels: { app: 'web' },
      creationTimestamp: '2026-01-01T00:00:00Z',
    },
    spec: {
      nodeName: 'worker-a',
      containers: [{ name: 'a', image: 'nginx:1.27', resources: { requests: { cpu: '10m' } } }],
    },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  }
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const begin = performance.now()
  await run()
  return performance.now() - begin
}

describe('a large practice cluster', () => {
  it('starts with 5,000 pods and lists them over HTTP', { timeout: 60_000 }, async () => {
    const objects = Array.from({ length: 5000 }, (_, index) => pod(index))
    let harbor: Harbor | undefined
    const starting = await timed(async () => {
      harbor = await start({ load: { objects, logs: [] } })
    })
    expect(starting).toBeLessThan(4000 * ROOM)
    let count = 0
    const listing = await timed(async () => {
      const response = await fetch(`${harbor?.url}/api/v1/pods`)
      count = ((await response.json()) as { items: unknown[] }).items.length
    })
    expect(count).toBe(5000)
    expect(listing).toBeLessThan(1000 * ROOM)
  })

  it('takes 1,000 creates a second', { timeout: 60_000 }, async () => {
    const harbor = await start()
    const create = async (index: number) => {
      const { status: _status, ...body } = pod(index)
      const headers = { 'content-type': 'application/json' }
      const response = await fetch(`${harbor.url}/api/v1/namespaces/default/pods`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      })
      expect(response.status).toBe(201)
      await response.arrayBuffer()
    }
    const creating = await timed(async () => {
      for (let batch = 0; batch < 1000; batch += 20) {
        await Promise.all(Array.from({ length: 20 }, (_, index) => create(batch + index)))
      }
    })
    expect(creating).toBeLessThan(1000 * ROOM)
  })

  it('tells 50 watchers 100 changes a second, in order, none lost', { timeout: 60_000 }, async () => {
    const harbor = await start()
    const metadata = { name: 'counter', namespace: 'default' }
    harbor.world.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { n: '0' } })
    const revision = harbor.world.revision()
    const received = Array.from({ length: 50 }, () => [] as number[])
    const watchers = await Promise.all(received.map((list) => watch(harbor, revision, list)))
    const begin = performance.now()
    for (let count = 1; count <= 200; count++) {
      harbor.world.modify('ConfigMap', 'default', 'counter', (draft) => void (draft.data.n = String(count)))
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, begin + count * 10 - performance.now())))
    }
    for (let tries = 0; tries < 100 && received.some((list) => list.length < 200); tries++) {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    const wanted = Array.from({ length: 200 }, (_, index) => index + 1)
    for (const list of received) expect(list).toEqual(wanted)
    for (const stop of watchers) stop()
  })
})

function watch(harbor: Harbor, revision: number, into: number[]): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const path = `/api/v1/namespaces/default/configmaps?watch=1&resourceVersion=${revision}`
    const request = get(harbor.url + path, (response) => {
      let rest = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) into.push(Number(JSON.parse(line).object.data.n))
      })
      response.on('error', () => undefined)
      resolve(() => void request.destroy())
    })
    request.on('error', reject)
  })
}
