// What a button asks is kept in our store: whoever can write there must not speak for the person who presses it.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createIntents } from '../../src/chat/intents.ts'
import type { Task } from '../../src/core/task.ts'
import { click } from '../../src/tasks/click.ts'
import { heard } from '../../src/tasks/orders.ts'
import { JO, type Rig, startRig, THREAD } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.stop())

async function press(question: string, fields: Record<string, string> = {}): Promise<Task | undefined> {
  const control = await createIntents(rig.store).keep(THREAD, { kind: 'ask', cluster: 'prod', question })
  const on = { thread: THREAD, message: '1' }
  const taken: Task[] = []
  const enqueue = async (task: Task) => ({ accepted: taken.push(task) > 0 })
  await click(
    { control, person: JO, on, trigger: `t-${question}`, fields },
    {
      ...rig.context,
      enqueue,
      hear: (task) => enqueue(heard(task, rig.signer)),
      mayAsk: async () => ({ allowed: true }),
      isOneOf: async () => true,
    },
  )
  return taken[0]
}

it('the question of a button is no order and proves no wish', async () => {
  for (const question of ['autonomy L4', 'resume', 'stop', 'scale web to 0 in shop'])
    expect(await press(question)).toMatchObject({ kind: 'answer', text: question })
  expect(await press('kubectl delete ns shop # {value}', { question: 'thanks' })).not.toHaveProperty('seal')
  expect(await press('scale web to 5 in shop')).not.toHaveProperty('seal')
})

it("what is typed into a form is its author's: an order, or sealed words", async () => {
  expect(await press('{value}', { question: 'stop' })).toMatchObject({ kind: 'report' })
  expect(await press('{value}', { question: 'scale web to 5 in shop' })).toMatchObject({
    kind: 'answer',
    seal: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
})
