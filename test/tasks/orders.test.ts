// A captain's orders in chat: what is one, who may give it, and that nobody can put one into the queue.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Person } from '../../src/core/people.ts'
import type { Thread } from '../../src/core/thread.ts'
import { heard, orderOf } from '../../src/tasks/orders.ts'
import { reminderOf, report } from '../../src/tasks/report.ts'
import { ASKER, JO, MIRA, type Rig, startRig, THREAD, web } from './rig.ts'

let rig: Rig
let number = 0
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.stop())
beforeEach(() => rig.context.standing.releaseStop(JO))
const stopped = async () => (await rig.context.standing.read()).stop

describe('what an order is', () => {
  it.each([
    ['stop: the site is down', { verb: 'stop', reason: 'the site is down' }],
    ['STOP!', { verb: 'stop', reason: 'no reason was given' }],
    ['emergency stop', { verb: 'stop', reason: 'no reason was given' }],
    ['resume', { verb: 'resume' }],
    ['my approvals', { verb: 'approvals' }],
    ['autonomy', { verb: 'autonomy' }],
    ['set autonomy to l2', { verb: 'autonomy', level: 'L2' }],
    ['stop web in shop', undefined],
    ['resume the rollout of web', undefined],
    ['why did it stop?', undefined],
    ['the log says: stop: now', undefined],
    ['autonomy L9', undefined],
  ])('%s', (text, order) => expect(orderOf(text)).toEqual(order))
})

/** What the bot makes of it when that person types it. */
function typed(by: Person, text: string, more: { message?: { thread: Thread; message: string } } = {}) {
  const at = new Date().toISOString()
  const task = heard(
    { kind: 'answer', id: `answer-${++number}`, thread: THREAD, asker: by, at, text, ...more },
    rig.signer,
  )
  if (task.kind !== 'report') throw new Error(`no order: ${text}`)
  return task
}
const order = (by: Person, text: string) => report(typed(by, text), rig.context)
const level = async () => (await rig.context.standing.read()).level

describe('who may give it', () => {
  it('an approver stops and cannot resume; an admin resumes', async () => {
    await order(ASKER, 'stop: drill')
    expect(await stopped()).toBeUndefined()
    await order(MIRA, 'stop: drill')
    expect(await stopped()).toMatchObject({ by: { id: 'U2' }, reason: 'drill' })
    await order(MIRA, 'resume')
    expect(await stopped()).toMatchObject({ reason: 'drill' })
    await order(JO, 'resume')
    expect(await stopped()).toBeUndefined()
  })

  it('an admin raises the level, any approver lowers it, nobody else moves it', async () => {
    await order(MIRA, 'autonomy L2')
    expect(await level()).toBe('L1')
    await order(JO, 'autonomy L2')
    expect(await level()).toBe('L2')
    await order(ASKER, 'autonomy L0')
    expect(await level()).toBe('L2')
    await order(MIRA, 'autonomy L1')
    expect(await level()).toBe('L1')
  })

  it('nobody who kept an older one and puts it into the queue again', async () => {
    const kept = typed(JO, 'autonomy L3')
    await report(kept, rig.context)
    expect(await level()).toBe('L3')
    await new Promise((resolve) => setTimeout(resolve, 5))
    await order(JO, 'autonomy L1')
    await report(kept, rig.context)
    expect(await level()).toBe('L1')
    expect((await rig.audited('refused')).at(-1)?.data.why).toMatch(/newer order/)
  })

  it('a stop is marked as done on the message that gave it', async () => {
    const message = { thread: THREAD, message: '17.5' }
    const task = typed(JO, 'stop', { message })
    const put: { kind: string; sign?: string; on?: unknown }[] = []
    const outbox = { ...rig.context.outbox, put: async (one: never) => put.push(one) > 0 }
    await report(task, { ...rig.context, outbox } as typeof rig.context)
    expect(put.find(({ kind }) => kind === 'react')).toMatchObject({ sign: 'done', on: message })
  })

  it('nobody who writes it into the queue', async () => {
    await report({ ...typed(JO, 'autonomy L3'), seal: 'ab'.repeat(32) }, rig.context)
    expect(await level()).toBe('L1')
    expect((await rig.audited('refused')).at(-1)?.data.refused).toBe('forged')
  })
})

describe('a reminder at half time', () => {
  const put: string[] = []
  it('calls the approvers by id, once, while the plan waits, and never afterwards', async () => {
    const approval = await rig.plan({ verb: 'scale', target: web, replicas: 4 })
    const [task] = rig.take('report')
    expect(task?.subject).toBe(reminderOf(approval.id))
    const context = {
      ...rig.context,
      outbox: { ...rig.context.outbox, put: async (one: unknown) => put.push(JSON.stringify(one)) > 0 },
    } as typeof rig.context
    if (task) await report(task, context)
    expect(put.join()).toMatch(/"mention":\{"platform":"slack","workspace":"T1","id":"U2"\}.*"id":"U3"/)
    await rig.approve(approval)
    if (task) await report(task, context)
    expect(put).toHaveLength(1)
  })
})

describe('the reach on a card', () => {
  it('counts the pods that are touched and the ready replicas that are kept', async () => {
    const ready = rig.harbor.world.get('Deployment', 'shop', 'web').status.readyReplicas
    expect((await rig.plan({ verb: 'scale', target: web, replicas: 1 })).reach.join('\n')).toMatch(
      new RegExp(`keeps 1 of ${ready} ready replicas`),
    )
    expect((await rig.plan({ verb: 'annotate', target: web, set: { a: 'b' } })).reach.join('\n')).toMatch(
      /touches no pod/,
    )
    expect((await rig.plan({ verb: 'delete', target: web })).reach.join('\n')).toMatch(
      new RegExp(`touches \\d+ pods, keeps 0 of ${ready}`),
    )
  })
})
