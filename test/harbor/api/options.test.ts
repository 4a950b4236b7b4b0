// Options of requests at their edges, as a 1.36.2 server takes them.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Harbor, startHarbor } from '../../../src/harbor/index.ts'

let harbor: Harbor
let core: string
beforeAll(async () => {
  harbor = await startHarbor()
  core = `${harbor.url}/api/v1/namespaces/default`
})
afterAll(() => harbor.close())

const config = (name: string) =>
  fetch(`${core}/configmaps`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ metadata: { name }, data: { yes: '2026-01-01', on: 'true' } }),
  })

it('a grace period below zero is as short as can be', async () => {
  await config('a')
  const answer = await fetch(`${core}/configmaps/a?gracePeriodSeconds=-5`, { method: 'DELETE' })
  expect([answer.status, await answer.json()]).toEqual([200, expect.objectContaining({ status: 'Success' })])
})

it('a revision that is none is a mistake of the client', async () => {
  await config('b')
  const answer = await fetch(`${core}/configmaps/b?resourceVersion=abc`)
  expect([answer.status, await answer.json()]).toEqual([
    400,
    expect.objectContaining({
      message: 'resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
    }),
  ])
})

it('YAML is sorted, and nothing in it is a time or a truth to readers of YAML 1.1', async () => {
  await config('c')
  const answer = await fetch(`${core}/configmaps/c`, { headers: { accept: 'application/yaml' } })
  expect(await answer.text()).toMatch(
    /^apiVersion: v1\ndata:\n {2}"on": "true"\n {2}"yes": "2026-01-01"\nkind: ConfigMap\nmetadata:\n {2}creationTimestamp: "\d{4}-/,
  )
})

it('a watch that ends at once has no bookmark', async () => {
  const answer = await fetch(`${core}/pods?watch=1&allowWatchBookmarks=true&timeoutSeconds=1&resourceVersion=0`)
  expect(await answer.text()).not.toContain('BOOKMARK')
})
