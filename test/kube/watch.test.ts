// A watch of state: what is there, then every difference, whatever happens to the connection, the server or its history.
import { expect, it } from 'vitest'
import { fakeApi, status } from './fake-api.ts'
import { cleanups, Store, seen, start, until } from './watch-store.ts'

it('delivers what is there, then what changes, projected', async () => {
  const store = new Store()
  store.put('a')
  const { changes } = await start(store)
  await until(() => store.open.size === 1)
  store.put('b')
  store.put('a')
  store.remove('b')
  await until(() => changes.length === 4)
  expect(seen(changes)).toEqual(['added a', 'added b', 'modified a', 'deleted b'])
  expect(changes[1]).toEqual({
    type: 'added',
    kind: 'Pod',
    namespace: 'shop',
    name: 'b',
    uid: 'uid-b',
    object: { name: 'b' },
  })
  expect(JSON.stringify(changes)).not.toContain('xxx')
})

it('goes on after a broken connection without a new list and without repeating', async () => {
  const store = new Store()
  store.put('a')
  const { changes } = await start(store)
  await until(() => store.open.size === 1)
  for (let round = 0; round < 5; round++) {
    store.put(`during-${round}`)
    await until(() => changes.length === 1 + round * 2 + 1)
    store.cut()
    store.put(`after-${round}`)
    await until(() => changes.length === 1 + round * 2 + 2)
    await until(() => store.open.size === 1)
  }
  expect(new Set(seen(changes)).size).toBe(changes.length)
  expect(store.lists).toBe(1)
})

it('goes on when the server ends the watch, as it does every few minutes', async () => {
  const store = new Store()
  const { changes } = await start(store)
  await until(() => store.open.size === 1)
  store.put('a')
  await until(() => changes.length === 1)
  store.end()
  await until(() => store.watches.length === 2)
  expect(store.watches[1]).toBe('101')
  store.put('b')
  await until(() => changes.length === 2)
  expect(store.lists).toBe(1)
})

it('after 410 delivers only the differences', async () => {
  const store = new Store()
  store.put('same')
  store.put('changed')
  store.put('gone')
  const { changes, states } = await start(store)
  await until(() => store.open.size === 1)
  store.silent = true
  store.cut()
  store.put('changed')
  store.put('new')
  store.remove('gone')
  store.compact()
  store.silent = false
  await until(() => store.lists === 2 && changes.length === 6, 'the new list')
  expect(seen(changes.slice(3))).toEqual(['modified changed', 'added new', 'deleted gone'])
  expect(changes[5]?.object).toBeUndefined()
  await until(() => store.open.size === 1)
  expect(states.at(-1)?.state).toBe('watching')
})

it('follows bookmarks, so that a quiet watch does not expire', async () => {
  const store = new Store()
  const { progress } = await start(store)
  await until(() => store.open.size === 1)
  store.version = 500
  store.compact()
  store.bookmark()
  await until(() => progress.includes('500'))
  store.cut()
  await until(() => store.watches.length === 2)
  expect(store.watches[1]).toBe('500')
  expect(store.lists).toBe(1)
})

it('opens a watch again that says nothing', async () => {
  const store = new Store()
  const { changes, states } = await start(store, {}, { inactivityMs: 60 })
  await until(() => store.open.size === 1)
  store.silent = true
  store.put('missed')
  store.silent = false
  await until(() => changes.length === 1, 'the missed change')
  expect(store.watches.length).toBeGreaterThan(1)
  expect(store.lists).toBe(1)
  // we hung up ourselves: nothing is wrong that a person should hear of
  expect(states.filter(({ state }) => state === 'waiting')).toEqual([])
})

it('lives through a server that is gone and comes back', async () => {
  const store = new Store()
  store.put('a')
  const { changes, states, server } = await start(store)
  await until(() => store.open.size === 1)
  const port = Number(new URL(server.url).port)
  await server.close()
  await until(() => states.some(({ state, reason }) => state === 'waiting' && /connection refused/.test(reason ?? '')))
  store.put('b')
  const again = await store.serve(port)
  cleanups.push(() => again.close())
  await until(() => changes.length === 2)
  expect(seen(changes)).toEqual(['added a', 'added b'])
})

it('gives a change again to a handler that failed', async () => {
  const store = new Store()
  const { changes, fail } = await start(store)
  await until(() => store.open.size === 1)
  fail(2)
  store.put('a')
  await until(() => changes.length === 1)
  expect(seen(changes)).toEqual(['added a'])
  expect(store.lists).toBe(1)
})

it('backs off from a server that refuses', async () => {
  let asked = 0
  const api = await fakeApi(({ path }, response) => {
    if (path !== '/api/v1/pods') return undefined
    asked++
    return status(response, 500, 'no')
  })
  const { states } = await start(new Store(), {}, { minPauseMs: 40, maxPauseMs: 200 }, api)
  await new Promise((resolve) => setTimeout(resolve, 600))
  expect(asked).toBeLessThan(15)
  await until(() => asked > 2)
  expect(states.at(-1)?.reason).toMatch(/answered 500/)
})

it('stops at once', async () => {
  const store = new Store()
  const { stop, running } = await start(store)
  await until(() => store.open.size === 1)
  stop()
  await running
  await until(() => store.open.size === 0)
})

it('tells of a deletion once, also when history ends behind it', async () => {
  const store = new Store()
  store.put('a')
  store.put('b')
  const { changes } = await start(store)
  await until(() => store.open.size === 1)
  store.remove('a')
  await until(() => changes.length === 3)
  store.silent = true
  store.cut()
  store.put('c')
  store.compact()
  store.silent = false
  await until(() => changes.length === 4)
  expect(seen(changes)).toEqual(['added a', 'added b', 'deleted a', 'added c'])
})

it('does not open a watch again that says something now and then', async () => {
  const store = new Store()
  const { changes } = await start(store, {}, { inactivityMs: 1500 })
  await until(() => store.open.size === 1)
  for (let n = 0; n < 5; n++) {
    await new Promise((resolve) => setTimeout(resolve, 500))
    store.put(`pod-${n}`)
  }
  await until(() => changes.length === 5)
  expect(store.watches).toHaveLength(1)
})
