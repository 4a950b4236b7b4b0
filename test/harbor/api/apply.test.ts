// kubectl that turns from client-side to server-side apply, as recorded from a 1.36.2 server.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Harbor, startHarbor } from '../../../src/harbor/index.ts'
import type { KubeObject } from '../../../src/objects/object.ts'

let harbor: Harbor
beforeAll(async () => {
  harbor = await startHarbor({ controllers: false })
})
afterAll(() => harbor.close())

async function send(method: string, path: string, type: string, body: unknown): Promise<[number, KubeObject]> {
  const answer = await fetch(`${harbor.url}/api/v1/namespaces/default/configmaps${path}`, {
    method,
    headers: { 'content-type': type },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return [answer.status, (await answer.json()) as KubeObject]
}

const config = (name: string, data: object, annotations?: object) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...(annotations ? { annotations } : {}) },
  data,
})
const lastApplied = (text: string) => ({ 'kubectl.kubernetes.io/last-applied-configuration': text })

async function byClient(name: string, data: object, last = JSON.stringify(config(name, data))): Promise<void> {
  const manager = '?fieldManager=kubectl-client-side-apply'
  await send('POST', manager, 'application/json', config(name, data, lastApplied(last)))
}
const byServer = (name: string, data: object, manager = 'kubectl') =>
  send('PATCH', `/${name}?fieldManager=${manager}`, 'application/apply-patch+yaml', config(name, data))

it('what it applied itself is taken over without force', async () => {
  await byClient('a', { x: '1', y: '1' })
  const [status, object] = await byServer('a', { x: '2', y: '1' })
  expect([status, object.data]).toEqual([200, { x: '2', y: '1' }])
  expect(object.metadata.annotations).toEqual(
    lastApplied(
      '{"apiVersion":"v1","data":{"x":"2","y":"1"},"kind":"ConfigMap","metadata":{"name":"a","namespace":"default"}}\n',
    ),
  )
})

it('what somebody changed since is a conflict', async () => {
  await byClient('b', { x: '1', y: '1' })
  await send('PATCH', '/b?fieldManager=other', 'application/merge-patch+json', { data: { y: '7' } })
  const [status, object] = await byServer('b', { x: '2', y: '2' })
  expect([status, object.message]).toEqual([
    409,
    'Apply failed with 1 conflict: conflict with "other" using v1: .data.y',
  ])
})

it('another manager has to force', async () => {
  await byClient('c', { x: '1' })
  expect((await byServer('c', { x: '2' }, 'argocd'))[0]).toBe(409)
})

it.each([
  ['no-json', 'no json'],
  ['text', '"text"'],
  ['deep', '['.repeat(5000)],
  ['odd-metadata', '{"metadata":7}'],
  ['odd-data', '{"metadata":{},"data":["x"]}'],
])('an annotation that is %s gives nothing over', async (name, text) => {
  await byClient(name, { x: '1' }, text)
  expect((await byServer(name, { x: '2' }))[0]).toBe(409)
})

it('a manager that asks for what is there has no time of writing', async () => {
  await byClient('e', { x: '1' })
  const [, object] = await byServer('e', { x: '1' }, 'argocd')
  const entries = object.metadata.managedFields as { manager: string; time?: string }[]
  expect(entries.map(({ manager, time }) => [manager, time !== undefined])).toEqual([
    ['argocd', false],
    ['kubectl-client-side-apply', true],
  ])
})
