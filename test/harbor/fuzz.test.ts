// Bad input gets the API's own Status: thousands of malformed requests, never a crash, never an answer of 5xx.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { capacity } from '../../src/harbor/admission/capacity.ts'
import type { Admission } from '../../src/harbor/admission/plugin.ts'
import { type Harbor, startHarbor } from '../../src/harbor/index.ts'
import { CONFIGMAPS, DEPLOYMENT, HOSTILE, RAW, sendRaw } from './support/hostile-requests.ts'
import { shot, workload } from './support/random-requests.ts'

function judge(status: number, answer: string, about: string): void {
  expect(status, about).toBeLessThan(500)
  if (status >= 400 && answer.startsWith('{')) {
    expect(JSON.parse(answer), about).toMatchObject({ kind: 'Status', status: 'Failure', code: status })
  }
}

describe('bad input', () => {
  let harbor: Harbor
  beforeAll(async () => {
    harbor = await startHarbor()
  })
  afterAll(() => harbor.close())

  it('is answered with 2xx or 4xx and a Status, whatever it is', { timeout: 120_000 }, async () => {
    const seen = new Map<number, number>()
    for (let round = 0; round < 30; round++) {
      await Promise.all(
        Array.from({ length: 100 }, async () => {
          const { method, path, body: text, headers } = shot()
          const response = await fetch(harbor.url + path, { method, headers, ...(text ? { body: text } : {}) })
          const answer = await response.text()
          seen.set(response.status, (seen.get(response.status) ?? 0) + 1)
          const sent = `${method} ${path} [${headers['content-type']}] ${text?.slice(0, 600)}`
          judge(response.status, answer, `${sent} -> ${response.status} ${answer.slice(0, 400)}`)
        }),
      )
    }
    // the requests are not all refused for the same reason
    for (const code of [200, 201, 400, 404, 409, 415, 422])
      expect(seen.get(code) ?? 0, String(code)).toBeGreaterThan(10)
  })

  it('made by hand is refused as well, and soon', { timeout: 60_000 }, async () => {
    const post = (path: string, object: unknown) =>
      fetch(harbor.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(object),
      })
    await post(CONFIGMAPS, { metadata: { name: 'f0' }, data: { a: '1' } })
    await post(DEPLOYMENT.slice(0, -3), { metadata: { name: 'f0' }, ...workload() })
    for (const [method, path, type, text] of HOSTILE) {
      const began = performance.now()
      const response = await fetch(harbor.url + path, {
        method,
        headers: type ? { 'content-type': type } : {},
        ...(text === undefined ? {} : { body: text }),
      })
      const about = `${method} ${path.slice(0, 200)} [${type}] ${String(text).slice(0, 80)}`
      judge(response.status, await response.text(), about)
      expect(response.status, about).toBeGreaterThanOrEqual(path.includes('limit=') ? 200 : 400)
      expect(performance.now() - began, about).toBeLessThan(15_000)
    }
  })

  it.each(RAW)('below HTTP: %s', async (_name, text, status) => {
    expect(await sendRaw(harbor.url, text)).toBe(status)
  })

  it('cannot fill the memory: pods are bounded, and who asks for more is told', () => {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'more', namespace: 'default' } }
    const admission = { operation: 'create', resource: { id: 'pods', plural: 'pods', group: '' }, object: pod }
    const ask = (held: number) => () => capacity.validate?.({ ...admission, held: () => held } as unknown as Admission)
    expect(ask(9_999)).not.toThrow()
    expect(ask(10_000)).toThrow('pods "more" is forbidden: the practice cluster holds at most 10000 pods')
  })

  it('does not reach into JavaScript: prototypes stay clean', () => {
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  it('of more than 3 MiB is refused', async () => {
    const response = await fetch(`${harbor.url}/api/v1/namespaces/default/configmaps`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{"data":{"a":"${'x'.repeat(4 * 1024 * 1024)}"}}`,
    })
    expect(response.status).toBe(413)
  })
})
