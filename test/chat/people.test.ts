// Who may ask, against a workspace that knows guests, bots, strangers and groups.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Adapter } from '../../src/chat/contract.ts'
import { createOutbox } from '../../src/chat/outbox.ts'
import { createPeople, type People } from '../../src/chat/people.ts'
import { createSlack } from '../../src/chat/slack/adapter.ts'
import { type Person, type PersonRule, parsePersonRule } from '../../src/core/people.ts'
import type { Thread } from '../../src/core/thread.ts'
import { silentLogger } from '../../src/log.ts'
import { type FakeSlack, startFakeSlack } from '../fakes/slack/slack.ts'
import { slackConfig } from './rigs/slack.ts'
import { startRedis, type TestRedis } from './support.ts'

let redis: TestRedis
let slack: FakeSlack
let adapter: Adapter
const WHERE: Thread = { platform: 'slack', workspace: 'T0FAKE', channel: 'C1', thread: '1.000001', direct: false }

beforeAll(async () => {
  redis = await startRedis()
  const store = await redis.connect()
  slack = await startFakeSlack()
  slack.addUser({ id: 'U1', name: 'mira' })
  slack.addUser({ id: 'U2GUEST', is_restricted: true })
  slack.addUser({ id: 'U3SINGLE', is_ultra_restricted: true })
  slack.addUser({ id: 'U4BOT', is_bot: true })
  slack.addUser({ id: 'U5OTHER', team_id: 'T9OTHER' })
  slack.addUser({ id: 'U6STRANGER', is_stranger: true })
  slack.addUser({ id: 'U7LEFT', deleted: true })
  slack.world.groups.set('S1', new Set(['U1', 'U2GUEST']))
  adapter = createSlack({ store, outbox: createOutbox({ store }), log: silentLogger, config: slackConfig(slack) })
  await adapter.start({
    enqueue: async () => ({ accepted: true }),
    mayAsk: async () => ({ allowed: true }),
    onClick: async () => ({}),
  })
})
afterAll(async () => {
  await adapter.stop()
  await slack.stop()
  await redis.stop()
})

function people(...askers: string[]): People {
  return createPeople({
    askers: askers.map((one) => parsePersonRule(one)!),
    adapters: () => [adapter],
    log: silentLogger,
  })
}
const slackPerson = (id: string): Person => ({ platform: 'slack', workspace: 'T0FAKE', id })
const rule = (text: string): PersonRule => parsePersonRule(text)!

describe('who may ask', () => {
  it('without ASKERS: members of the own workspace, by name', async () => {
    expect(await people().mayAsk(slackPerson('U1'), WHERE)).toEqual({ allowed: true, name: 'mira' })
  })

  it.each(['U2GUEST', 'U3SINGLE', 'U4BOT', 'U5OTHER', 'U6STRANGER', 'U7LEFT', 'U0NOBODY'])(
    'never %s, even when listed',
    async (id) => {
      for (const who of [people(), people(`slack:${id}`)]) {
        const verdict = await who.mayAsk(slackPerson(id), WHERE)
        expect(verdict.allowed).toBe(false)
        expect(verdict).toHaveProperty('why', expect.stringMatching(/^[A-Z].*[.)]$/))
      }
    },
  )

  it('with ASKERS: only people and groups listed there', async () => {
    expect((await people('slack:U1').mayAsk(slackPerson('U1'), WHERE)).allowed).toBe(true)
    expect((await people('slack-group:S1').mayAsk(slackPerson('U1'), WHERE)).allowed).toBe(true)
    expect((await people('slack:U8').mayAsk(slackPerson('U1'), WHERE)).allowed).toBe(false)
    expect((await people('discord:1').mayAsk(slackPerson('U1'), WHERE)).allowed).toBe(false)
    expect((await people('slack-group:S1').mayAsk(slackPerson('U2GUEST'), WHERE)).allowed).toBe(false)
  })

  it('the person at the terminal, unless ASKERS names others there', async () => {
    const person: Person = { platform: 'terminal', workspace: '', id: 'mira' }
    expect((await people('slack:U1').mayAsk(person, WHERE)).allowed).toBe(true)
    expect((await people('terminal:tom').mayAsk(person, WHERE)).allowed).toBe(false)
    expect((await people('terminal:mira').mayAsk(person, WHERE)).allowed).toBe(true)
  })

  it('an outage is no refusal: it is an error that may be tried again', async () => {
    const end = slack.fault({ method: 'users.info', status: 503 })
    await expect(people().mayAsk(slackPerson('U1'), WHERE)).rejects.toMatchObject({
      name: 'SayError',
      failure: 'unknown',
    })
    end()
  })
})

describe('look-ups', () => {
  it('are remembered for questions and repeated for decisions', async () => {
    const who = people()
    const lookups = () => slack.requests.filter((request) => request.method === 'users.info').length
    const before = lookups()
    await who.mayAsk(slackPerson('U1'), WHERE)
    await who.mayAsk(slackPerson('U1'), WHERE)
    expect(lookups() - before).toBe(1)
    await who.isOneOf(slackPerson('U1'), [rule('slack:U1')], { fresh: true })
    expect(lookups() - before).toBe(2)
  })

  it('see at once that somebody left a group', async () => {
    const who = people()
    expect(await who.isOneOf(slackPerson('U1'), [rule('slack-group:S1')], { fresh: true })).toBe(true)
    slack.world.groups.get('S1')!.delete('U1')
    expect(await who.isOneOf(slackPerson('U1'), [rule('slack-group:S1')], { fresh: true })).toBe(false)
    slack.world.groups.get('S1')!.add('U1')
  })

  it('a group that is gone or cannot be looked up keeps nobody out who is named', async () => {
    const mira: Person = { platform: 'slack', workspace: 'T0FAKE', id: 'U1' }
    const rules = ['slack:U1', 'slack-group:SGONE'].map((one) => parsePersonRule(one)!)
    expect(
      await people()
        .isOneOf({ ...mira, id: 'U8' }, rules.slice(1))
        .catch(() => 'failed'),
    ).not.toBe(true)
    expect(await people().isOneOf(mira, rules.slice(1))).toBe(false)
    const end = slack.fault({ method: 'usergroups.users.list', error: 'missing_scope' })
    expect(await people().isOneOf(mira, rules, { fresh: true })).toBe(true)
    await expect(people().isOneOf(mira, rules.slice(1), { fresh: true })).rejects.toThrow('missing_scope')
    end()
  })

  it('nobody is one of no rules, and policy is no person', async () => {
    expect(await people().isOneOf(slackPerson('U1'), [])).toBe(false)
    const policy: Person = { platform: 'policy', workspace: '', id: 'L2' }
    expect(await people().isOneOf(policy, [{ platform: 'policy', kind: 'person', id: 'L2' }])).toBe(false)
  })
})
