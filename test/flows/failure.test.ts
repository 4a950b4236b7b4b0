// The API server dies under a running Firstmate: the thread hears it, with an id to look up; when it is back, so are the answers.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startHarbor } from '../../src/harbor/index.ts'
import { loadFiles } from '../../src/objects/files.ts'
import { launch, type Ship, STORY, textOf } from './ship.ts'

let ship: Ship
beforeAll(async () => {
  ship = await launch()
}, 60_000)
afterAll(() => ship.stop())

it('says so in the thread with an id that doctor knows, marks the question, and recovers by itself', async () => {
  await ship.ask('is payments ok?', /Nothing is wrong in payments/)
  const port = Number(new URL(ship.harbor.url).port)
  await ship.harbor.close()
  const { root } = await ship.ask('what is wrong in shop?', /could not finish this/, 'U1')
  expect(textOf(ship.thread(root))).toMatch(/prod/)
  await ship.until('the mark', () => root.reactions.some((reaction) => reaction.name === 'x'))
  const id = /with id[^0-9a-f]*([0-9a-f]{8})/.exec(ship.slack.show(root.channel))?.[1]
  expect((await ship.app.queue.failedTasks()).map((task) => task.id)).toContain(id)
  ship.harbor = await startHarbor({ load: await loadFiles([STORY]), port })
  await ship.ask('what is wrong in shop?', /DATABASE_URL/)
}, 120_000)
