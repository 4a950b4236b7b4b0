// The subresource resize of pods, and a few refusals, in the words of a 1.36.2 server.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Harbor, startHarbor } from '../../../src/harbor/index.ts'

const POD = '/api/v1/namespaces/default/pods'
const resources = {
  requests: { cpu: '100m', memory: '64Mi' },
  limits: { cpu: '200m', memory: '128Mi' },
}
let harbor: Harbor

// biome-ignore lint/suspicious/noExplicitAny: any JSON document
type Json = any

async function send(method: string, path: string, body?: unknown): Promise<Json> {
  const answer = await fetch(`${harbor.url}${path}`, {
    method,
    headers: { 'content-type': method === 'PATCH' ? 'application/strategic-merge-patch+json' : 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return answer.json()
}
const resize = (container: object) =>
  send('PATCH', `${POD}/p/resize`, { spec: { containers: [{ name: 'a', ...container }] } })

beforeAll(async () => {
  harbor = await startHarbor()
  await send('POST', POD, {
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'a', image: 'nginx', resources }] },
  })
  while (!(await send('GET', `${POD}/p`)).spec.nodeName) await sleep(10)
})
afterAll(() => harbor.close())

it('changes cpu and memory of a running pod, and nothing else', async () => {
  const patched = await send('PATCH', `${POD}/p/resize`, {
    metadata: { labels: { a: 'b' } },
    spec: { containers: [{ name: 'a', image: 'other', resources: { requests: { cpu: '50m' } } }] },
  })
  expect(patched.metadata.generation).toBe(2)
  expect(patched.metadata.labels?.a).toBeUndefined()
  expect(patched.spec.containers[0]).toMatchObject({
    image: 'nginx',
    resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: resources.limits },
  })
})

it.each<[string, object, string]>([
  [
    'a request above its limit',
    { resources: { requests: { cpu: '500m' } } },
    'Pod "p" is invalid: spec.containers[0].resources.requests: Invalid value: "500m": must be less than or equal to cpu limit of 200m',
  ],
  [
    'another class',
    { resources: { requests: resources.limits } },
    'Pod "p" is invalid: spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing',
  ],
  [
    'a limit less',
    { resources: { limits: { memory: null } } },
    'Pod "p" is invalid: spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed',
  ],
  [
    'another resource',
    { resources: { requests: { 'ephemeral-storage': '1Gi' } } },
    'Pod "p" is invalid: spec: Forbidden: only cpu and memory resources are mutable',
  ],
])('refuses %s', async (_, container, message) => expect((await resize(container)).message).toBe(message))

it('refuses what is more than the node has', async () => {
  const { code, message } = await resize({ resources: { limits: { cpu: '100' }, requests: { cpu: '100' } } })
  expect([code, message]).toEqual([
    403,
    expect.stringMatching(
      /^pods "p" is forbidden: node didn't have enough allocatable resources: cpu, requested: 100000, allocatable: \d{4}$/,
    ),
  ])
})

it.each(['default', 'kube-system', 'kube-public'])('the namespace %s cannot be deleted', async (name) => {
  const { code, message } = await send('DELETE', `/api/v1/namespaces/${name}`)
  expect([code, message]).toEqual([403, `namespaces "${name}" is forbidden: this namespace may not be deleted`])
})

it('refuses an unknown level of pod security, and a node port out of range', async () => {
  const namespace = await send('POST', '/api/v1/namespaces', {
    metadata: { name: 'n', labels: { 'pod-security.kubernetes.io/enforce': 'foo' } },
  })
  expect(namespace.message).toBe(
    'Namespace "n" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "foo": must be one of privileged, baseline, restricted',
  )
  const service = await send('POST', '/api/v1/namespaces/default/services', {
    metadata: { name: 's' },
    spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 99 }] },
  })
  expect(service.message).toBe(
    'Service "s" is invalid: spec.ports[0].nodePort: Invalid value: 99: provided port is not in the valid range. The range of valid ports is 30000-32767',
  )
})
