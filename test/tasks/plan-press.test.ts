// A press on a plan's card: nothing in it is believed but the id, the authenticated person, and the message, which must be ours for this very plan.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Task } from '../../src/core/task.ts'
import type { Thread } from '../../src/core/thread.ts'
import type { Approval } from '../../src/safety/approval.ts'
import { planKey } from '../../src/tasks/change/plan-card.ts'
import { sealHolds } from '../../src/tasks/change/seal.ts'
import { pressPlan } from '../../src/tasks/plan-press.ts'
import { MIRA, type Rig, scale, startRig } from './rig.ts'

let rig: Rig
let approval: Approval
let taken: Task[]
beforeAll(async () => {
  rig = await startRig()
  approval = await rig.plan(scale(5))
})
afterAll(() => rig.stop())
beforeEach(() => {
  taken = []
})

interface Pressed {
  id?: string
  verb?: string
  /** what our outbox says of the message that carries the button; default: it is this plan's card */
  ours?: { key: string; thread: Thread } | undefined
  mayAsk?: boolean
}

async function press({ id = approval.id, verb = 'approve', mayAsk = true, ...more }: Pressed) {
  const ours = 'ours' in more ? more.ours : { key: planKey(approval.id), thread: approval.thread }
  const reply = await pressPlan(
    {
      control: `a:${id}:${verb}`,
      person: MIRA,
      on: { thread: approval.thread, message: '1' },
      trigger: 't-1',
      fields: {},
    },
    {
      ...rig.context,
      outbox: { ...rig.context.outbox, keyOf: async () => ours },
      enqueue: async (task) => ({ accepted: taken.push(task) > 0 }),
      mayAsk: async () => (mayAsk ? { allowed: true } : { allowed: false, why: 'You may not ask here.' }),
    },
  )
  return { note: reply.note, audited: (await rig.audited('refused')).at(-1)?.data.why }
}

it('on its own card becomes a decision that is sealed as the person of the press', async () => {
  await press({})
  const [task] = taken
  expect(task).toMatchObject({ kind: 'decide', approval: approval.id, decision: 'approve', asker: MIRA })
  expect(task?.kind === 'decide' && sealHolds(task, rig.signer)).toBe(true)
})

it.each<[string, () => Pressed, RegExp]>([
  ['on a message that is not ours', () => ({ ours: undefined }), /not known any more/],
  [
    "on another plan's card",
    () => ({ ours: { key: planKey('another-approval'), thread: approval.thread } }),
    /not known any more/,
  ],
  [
    'on a card of that name in another thread',
    () => ({ ours: { key: planKey(approval.id), thread: { ...approval.thread, channel: 'C9' } } }),
    /not known any more/,
  ],
  ['with the id of no plan', () => ({ id: 'A'.repeat(22) }), /not known any more/],
  ['with a verb that no card has', () => ({ verb: 'execute' }), /not known any more/],
  ['for the details, by somebody who may not ask', () => ({ verb: 'details', mayAsk: false }), /may not ask here/],
  ['to undo what has not run', () => ({ verb: 'undo' }), /no way back/],
])('%s is refused, and on record', async (_, pressed, why) => {
  const { note, audited } = await press(pressed())
  expect(note).toMatch(why)
  expect(audited).toBe(note)
  expect(taken).toEqual([])
})

it('on the card of a plan that was swapped in the store is refused', async () => {
  await rig.forge(approval, { deadline: '2099-01-01T00:00:00.000Z' })
  expect((await press({})).note).toMatch(/not the one that was shown here/)
  expect(taken).toEqual([])
})
