// A watch of events: nothing old, nothing twice, and after a gap only what is newer.
import { expect, it } from 'vitest'
import { Store, seen, start, until } from './watch-store.ts'

it('delivers nothing old', async () => {
  const store = new Store()
  for (let index = 0; index < 50; index++) store.put(`old-${index}`)
  const { changes } = await start(store, { from: 'now' })
  await until(() => store.open.size === 1)
  store.put('new')
  await until(() => changes.length === 1)
  expect(seen(changes)).toEqual(['added new'])
})

it('after 410 delivers what came in between, in order, and nothing twice', async () => {
  const store = new Store()
  store.put('old')
  const { changes } = await start(store, { from: 'now' })
  await until(() => store.open.size === 1)
  store.put('seen')
  await until(() => changes.length === 1)
  store.silent = true
  store.cut()
  store.put('z-first')
  store.put('a-second')
  store.compact()
  store.silent = false
  await until(() => changes.length === 3)
  store.put('last')
  await until(() => changes.length === 4)
  expect(seen(changes)).toEqual(['added seen', 'modified z-first', 'modified a-second', 'added last'])
})

it('reads anew what the server cannot tell, as after a compaction in the wrong moment', async () => {
  const store = new Store()
  const { changes } = await start(store, { from: 'now' })
  await until(() => store.open.size === 1)
  store.put('seen')
  await until(() => changes.length === 1)
  store.silent = true
  store.cut()
  store.put('untold')
  store.poison = store.version
  store.silent = false
  await until(() => changes.length === 2)
  store.put('last')
  await until(() => changes.length === 3)
  expect(seen(changes)).toEqual(['added seen', 'modified untold', 'added last'])
})

it('goes on where an earlier process stopped', async () => {
  const store = new Store()
  store.put('handled')
  const resourceVersion = String(store.version)
  store.put('missed')
  const { changes } = await start(store, { from: 'now', resourceVersion })
  await until(() => changes.length === 1)
  expect(seen(changes)).toEqual(['added missed'])
  expect(store.lists).toBe(0)
})

it('goes on from there even when history is gone', async () => {
  const store = new Store()
  store.put('handled')
  const resourceVersion = String(store.version)
  store.put('missed')
  store.compact()
  const { changes } = await start(store, { from: 'now', resourceVersion })
  await until(() => changes.length === 1)
  await until(() => store.open.size === 1)
  expect(seen(changes)).toEqual(['modified missed'])
})

it('takes only what is of interest', async () => {
  const store = new Store()
  const { changes } = await start(store, {
    from: 'now',
    project: (pod) => (pod.type === 'Warning' ? { name: pod.metadata.name } : undefined),
  })
  await until(() => store.open.size === 1)
  store.put('normal', { type: 'Normal' })
  store.put('warning', { type: 'Warning' })
  await until(() => changes.length === 1)
  expect(seen(changes)).toEqual(['added warning'])
})

it('survives lines that are no events', async () => {
  const store = new Store()
  const { changes } = await start(store, { from: 'now' })
  await until(() => store.open.size === 1)
  for (const response of store.open) response.write('\n{"type":"ADDED"}\nnot json\n')
  await until(() => store.watches.length === 2)
  store.put('a')
  await until(() => changes.length === 1)
})
