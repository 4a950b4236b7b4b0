// kill -9 of every process, Redis restarted, chat away and every watch cut, in the middle of a storm: four threads, nothing twice, nothing lost.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Crew, muster } from './incident-crew.ts'
import { report } from './storm.ts'

const EVENTS = 2000
let crew: Crew
beforeAll(async () => {
  crew = await muster()
}, 60_000)
afterAll(() => crew.stop())

describe('a storm in which everything is killed once', () => {
  it('becomes four threads on each platform with one root and one diagnosis each, and every workload is in one of them', async () => {
    const { harbor, boards, redis } = crew
    const trouble: Record<number, () => Promise<void>> = {
      200: async () => crew.kill('first'),
      500: async () => harbor.disconnect(),
      700: async () => {
        for (const board of boards) board.outage(true)
        await sleep(4000)
        for (const board of boards) board.outage(false)
      },
      1000: async () => {
        await crew.kill('bot')
        await crew.start('bot')
      },
      1300: async () => redis.restart(500),
      1600: async () => {
        await crew.start('first')
        await crew.kill('second')
      },
    }
    const under: Promise<void>[] = []
    for (let index = 0; index < EVENTS; index++) {
      report(harbor, index)
      const now = trouble[index]
      if (now) under.push(now())
      if (index % 20 === 19) await sleep(60)
    }
    await Promise.all(under)
    await crew.settled(60_000)
    expect(crew.faults(), boards.map((board) => board.show()).join('\n')).toEqual([])
    expect(await crew.workloads()).toBe(40)
  }, 150_000)

  it('is led by the other watcher within 15 s when the leader vanishes', async () => {
    await crew.start('second')
    await sleep(500)
    await crew.kill('first')
    const killed = performance.now()
    crew.harbor.world.create({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'late', namespace: 'default' },
      involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'late-7d9f64c8bb-x2p9q' },
      type: 'Warning',
      reason: 'FailedCreate',
      message: 'late',
      count: 3,
      firstTimestamp: new Date().toISOString(),
      lastTimestamp: new Date().toISOString(),
    })
    await Promise.all(crew.boards.map((board) => board.root(/default\/late/)))
    expect(performance.now() - killed).toBeLessThan(17_000)
    for (const board of crew.boards) expect(board.roots()).toHaveLength(5)
  }, 60_000)
})
