// What `doctor` says about Slack, against workspaces with something wrong.
import { afterEach, expect, it } from 'vitest'
import { createOutbox } from '../../../src/chat/outbox.ts'
import { createSlack } from '../../../src/chat/slack/adapter.ts'
import { loadConfig } from '../../../src/config.ts'
import { silentLogger } from '../../../src/log.ts'
import type { Store } from '../../../src/store/store.ts'
import { type FakeSlack, type FakeSlackOptions, startFakeSlack } from '../../fakes/slack/slack.ts'

const store = { prefix: 'x:' } as Store
let slack: FakeSlack
afterEach(() => slack.stop())

async function adapter(env: Record<string, string> = {}, fake: FakeSlackOptions = {}) {
  slack = await startFakeSlack(fake)
  slack.addChannel({ id: 'C1', name: 'incidents' })
  slack.addChannel({ id: 'C2', name: 'elsewhere', members: [] })
  const config = loadConfig(
    { SLACK_BOT_TOKEN: slack.botToken, SLACK_APP_TOKEN: slack.appToken, SLACK_API_URL: slack.apiUrl, ...env },
    false,
  )
  return createSlack({ config, store, outbox: createOutbox({ store }), log: silentLogger })
}

it('finds nothing wrong where nothing is', async () => {
  const found = await (await adapter({ INCIDENT_CHANNELS: 'slack:C1' })).doctor()
  expect(found.map((one) => [one.name, one.ok])).toEqual([
    ['slack bot token', true],
    ['slack scopes', true],
    ['slack app token', true],
    ['slack channel C1', true],
  ])
})

it('names missing scopes with what they are for, and channels we are not in', async () => {
  const env = { INCIDENT_CHANNELS: 'slack:C2,slack:C9', APPROVERS: 'slack-group:S1' }
  const found = await (await adapter(env, { scopes: ['chat:write', 'app_mentions:read', 'channels:read'] })).doctor()
  const details = Object.fromEntries(found.map((one) => [one.name, one.detail]))
  expect(found.filter((one) => !one.ok).map((one) => one.name)).toEqual([
    'slack scopes',
    'slack group S1',
    'slack channel C2',
    'slack channel C9',
  ])
  expect(details['slack scopes']).toContain('reactions:write (show that a question was seen)')
  expect(details['slack scopes']).toContain('usergroups:read')
  expect(details['slack channel C2']).toBe('Invite me to #elsewhere.')
  // what only lacks a scope is right as it is
  expect(details['slack group S1']).toBe('S1 cannot be looked up (missing_scope): add the scopes named above.')
})

it('names people and groups of the settings who can do nothing', async () => {
  const env = { APPROVERS: 'slack:U1,slack:U2,slack:U9,slack:U3,slack-group:S1,slack-group:S2', ADMINS: 'slack:U2' }
  const one = await adapter(env)
  slack.addUser({ id: 'U1' })
  slack.addUser({ id: 'U2', is_restricted: true })
  slack.addUser({ id: 'U3', deleted: true })
  slack.world.groups.set('S1', new Set(['U1'])).set('S2', new Set())
  const wrong = (await one.doctor()).filter(({ ok }) => !ok)
  expect(wrong.map(({ name, detail }) => `${name}: ${detail}`)).toEqual([
    'slack person U2: U2 is a guest, and guests may do nothing.',
    'slack person U9: U9 cannot be looked up (user_not_found): correct ASKERS, APPROVERS and ADMINS.',
    'slack person U3: U3 is deactivated.',
    'slack group S2: The user group S2 has no members.',
  ])
})

it('says which token is wrong, in doctor and at the start', async () => {
  const bad = await adapter({ SLACK_BOT_TOKEN: 'xoxb-wrong' })
  expect(await bad.doctor()).toMatchObject([
    { name: 'slack bot token', ok: false, detail: expect.stringMatching(/^SLACK_BOT_TOKEN does not work/) },
  ])
  const handlers = {
    enqueue: async () => ({ accepted: true }),
    mayAsk: async () => ({ allowed: true as const }),
    onClick: async () => ({}),
  }
  await expect(bad.start(handlers)).rejects.toThrow(/^SLACK_BOT_TOKEN is refused by Slack \(invalid_auth\)/)
  await slack.stop()
  const half = await adapter({ SLACK_APP_TOKEN: 'xapp-wrong' })
  expect((await half.doctor()).find((one) => one.name === 'slack app token')).toMatchObject({ ok: false })
  await expect(half.start(handlers)).rejects.toThrow(/^SLACK_APP_TOKEN is refused by Slack \(invalid_auth\)/)
})

it('says that Slack is away, instead of blaming a token', async () => {
  const one = await adapter()
  slack.outage(true)
  expect(await one.doctor()).toMatchObject([{ ok: false, detail: expect.stringMatching(/^Slack cannot be reached/) }])
})
