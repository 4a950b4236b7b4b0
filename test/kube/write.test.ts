import { describe, expect, it } from 'vitest'
import { canonicalJson } from '../../src/core/canonical.ts'
import { UnavailableError } from '../../src/core/errors.ts'
import type { Request } from '../../src/core/plan.ts'
import { clusterAt } from '../../src/kube/clusters.ts'
import { createWriter, OutcomeUnknownError } from '../../src/kube/write.ts'
import { type Answer, apiOf, later, status } from './fake-api.ts'

async function writerOf(answer: Answer) {
  const api = await apiOf(answer)
  return { api, writer: createWriter(clusterAt('prod', api.url)) }
}

const scale: Request = {
  method: 'PATCH',
  path: '/apis/apps/v1/namespaces/shop/deployments/web?fieldManager=firstmate',
  contentType: 'application/json-patch+json',
  body: [
    { value: 'u1', op: 'test', path: '/metadata/uid' },
    { op: 'replace', path: '/spec/replicas', value: 3 },
  ],
}

describe('the writer', () => {
  it('sends the bytes that the digest names, once', async () => {
    const { api, writer } = await writerOf(() => ({ kind: 'Deployment', metadata: { name: 'web' } }))
    const sent = await writer.send(scale, { dryRun: false })
    expect(sent).toEqual({ status: 200, body: { kind: 'Deployment', metadata: { name: 'web' } } })
    expect(api.asked).toHaveLength(1)
    const [{ method, path, query, headers, body } = api.asked[0]!] = api.asked
    expect({ method, path, query: query.toString(), type: headers['content-type'], body }).toEqual({
      method: 'PATCH',
      path: '/apis/apps/v1/namespaces/shop/deployments/web',
      query: 'fieldManager=firstmate',
      type: 'application/json-patch+json',
      body: canonicalJson(scale.body),
    })
  })

  it('has the server try it without effect', async () => {
    const { api, writer } = await writerOf(() => ({}))
    await writer.send(scale, { dryRun: true })
    expect(api.asked[0]?.query.toString()).toBe('fieldManager=firstmate&dryRun=All')
    await writer.send({ method: 'DELETE', path: '/api/v1/namespaces/shop/pods/web-1' }, { dryRun: true })
    expect(api.asked[1]?.query.toString()).toBe('dryRun=All')
  })

  it('has a deletion tried by its body, because a server that finds options there does not look at the query', async () => {
    const { api, writer } = await writerOf(() => ({}))
    const remove: Request = {
      method: 'DELETE',
      path: '/api/v1/namespaces/shop/pods/web-1',
      contentType: 'application/json',
      body: { kind: 'DeleteOptions', preconditions: { uid: 'u1' } },
    }
    await writer.send(remove, { dryRun: true })
    expect(JSON.parse(String(api.asked[0]?.body))).toEqual({ ...(remove.body as object), dryRun: ['All'] })
    await writer.send(remove, { dryRun: false })
    expect(JSON.parse(String(api.asked[1]?.body))).toEqual(remove.body)
  })

  it('refuses a plan that hides a dry run, a collection or a way in', async () => {
    const { api, writer } = await writerOf(() => ({}))
    for (const request of [
      { ...scale, path: `${scale.path}&dryRun=All` },
      { ...scale, path: `${scale.path}&dry%52un=All` },
      { ...scale, path: `${scale.path}&x=?&DryRun` },
      { method: 'DELETE', path: '/api/v1/pods/x', contentType: 'application/json', body: { dryRun: ['All'] } } as const,
      { method: 'DELETE', path: '/api/v1/namespaces/shop/pods' } as const,
      { method: 'POST', path: '/api/v1/namespaces/shop/pods/web/exec?command=id' } as const,
      { method: 'POST', path: '/api/v1/namespaces/shop/pods', body: {} } as const,
    ]) {
      await expect(writer.send(request, { dryRun: false })).rejects.toThrow(/not permitted|dry run|content type/)
    }
    expect(api.asked).toHaveLength(0)
  })

  it('hands on refusals with their status', async () => {
    const { writer } = await writerOf((_, response) =>
      status(response, 422, 'the server rejected our request due to an error in our request'),
    )
    expect(await writer.send(scale, { dryRun: false })).toMatchObject({ status: 422, body: { kind: 'Status' } })
  })

  it('does not repeat what the server asks to repeat', async () => {
    const { api, writer } = await writerOf((_, response) =>
      status(response, 429, 'Cannot evict pod', { 'retry-after': '0' }),
    )
    expect((await writer.send(scale, { dryRun: false })).status).toBe(429)
    expect(api.asked).toHaveLength(1)
  })

  it('masks Secret values in answers', async () => {
    const { writer } = await writerOf(() => ({ kind: 'Secret', metadata: { name: 'db' }, data: { p: 'aHVudGVyMg==' } }))
    expect(JSON.stringify(await writer.send(scale, { dryRun: true }))).not.toContain('aHVudGVyMg==')
  })

  it('tells never sent from outcome unknown', async () => {
    const { api, writer } = await writerOf((_, response) => {
      response.socket?.destroy()
      return later(response)
    })
    await expect(writer.send(scale, { dryRun: false })).rejects.toThrow(OutcomeUnknownError)
    expect(api.asked).toHaveLength(1)
    await api.close()
    await expect(writer.send(scale, { dryRun: false })).rejects.toThrow(UnavailableError)
  })

  it('gives up after its time, not knowing the outcome', async () => {
    const { api, writer } = await writerOf((_, response) => later(response))
    await expect(writer.send(scale, { dryRun: false, timeoutMs: 200 })).rejects.toThrow(
      'Cluster prod gave no answer within 200 ms to: patch deployments web in shop. Whether it took effect is not known.',
    )
    expect(api.asked).toHaveLength(1)
  })
})
