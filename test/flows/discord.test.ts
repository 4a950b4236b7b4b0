// The stories on Discord: mention → answer in a thread; plan → wrong person → right person → done; all through the real app.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { plainAgent } from '../../src/agent/plain/index.ts'
import { type App, startApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import { type Harbor, startHarbor } from '../../src/harbor/index.ts'
import { clusterAt, clustersOf } from '../../src/kube/clusters.ts'
import { silentLogger } from '../../src/log.ts'
import { loadFiles } from '../../src/objects/files.ts'
import { type FakeDiscord, GUILD, startFakeDiscord } from '../fakes/discord/discord.ts'
import { showBody } from '../fakes/discord/show.ts'
import type { FakeMessage } from '../fakes/discord/world.ts'
import { type RedisServer, startRedis, temporaryFolder } from '../store/redis-server.ts'
import { STORY } from './ship.ts'

const MIRA = '300000000000000001'
const JO = '300000000000000002'
const CAPTAINS = '400000000000000001'

let harbor: Harbor
let discord: FakeDiscord
let redis: RedisServer
let app: App

beforeAll(async () => {
  const load = await loadFiles([STORY])
  ;[harbor, discord, redis] = await Promise.all([
    startHarbor({ load }),
    startFakeDiscord({ twice: true }),
    startRedis(),
  ])
  discord.addUser({ id: MIRA, username: 'mira' })
  discord.addUser({ id: JO, username: 'jo', roles: [CAPTAINS] })
  const config = loadConfig(
    {
      DATA_DIR: temporaryFolder(),
      REDIS_URL: redis.url,
      DISCORD_BOT_TOKEN: discord.token,
      DISCORD_API_URL: discord.apiUrl,
      DISCORD_GUILDS: GUILD,
      APPROVERS: `discord-role:${CAPTAINS}`,
    },
    false,
  )
  app = await startApp({
    config,
    roles: ['bot', 'worker', 'executor'],
    clusters: clustersOf([clusterAt('prod', harbor.url)]),
    log: silentLogger,
    health: false,
    agent: async () => plainAgent,
  })
}, 60_000)
afterAll(async () => {
  await app?.stop()
  await Promise.all([harbor?.close(), discord?.stop(), redis?.stop()])
})

const shown = (channel: string) => discord.said(channel).map(showBody).join('\n')

async function ask(text: string, expected: RegExp): Promise<FakeMessage> {
  const question = discord.mention({ channel: discord.addChannel({}).id, user: MIRA, text })
  await discord.until(`${text} → ${expected}`, () => expected.test(shown(question.id)), 20_000)
  return question
}

function buttonOf(message: FakeMessage, label: string): string | undefined {
  const parts = message.components.flatMap(
    (row) => (row as { components: { label?: string; custom_id: string }[] }).components,
  )
  return parts.find((one) => one.label === label)?.custom_id
}

async function planOf(
  text: string,
): Promise<{ thread: string; card: FakeMessage; press: (user: string, label: string) => void }> {
  const { id: thread } = await ask(text, /Approve/)
  const card = await discord.until('the card with its buttons', () =>
    discord.said(thread).find((one) => buttonOf(one, 'Approve')),
  )
  return {
    thread,
    card,
    press: (user, label) => void discord.press({ message: card, user, control: buttonOf(card, label) ?? '' }),
  }
}

const deployment = (name: string) => harbor.world.get('Deployment', 'shop', name)

it('a mention is answered once, in a thread of its own, and marked as seen', async () => {
  const question = await ask('what is wrong in shop?', /checkout/)
  expect(discord.world.channels.get(question.id)).toMatchObject({
    type: 11,
    parent_id: question.channel_id,
    name: 'what is wrong in shop?',
  })
  await discord.until('👀', () => question.reactions.some((one) => one.emoji === '👀'))
  expect(discord.said(question.channel_id)).toEqual([])
  // the thread goes on without a mention
  const before = discord.said(question.id).length
  discord.write({ channel: question.id, user: MIRA, text: 'kubectl get pods -n shop' })
  await discord.until(
    'the follow-up',
    () =>
      discord
        .said(question.id)
        .slice(before)
        .some((one) => /checkout-/.test(showBody(one))),
    20_000,
  )
}, 60_000)

it('a direct message is answered where it was written', async () => {
  const dm = discord.dm(MIRA)
  discord.write({ channel: dm, user: MIRA, text: 'what is wrong in shop?' })
  await discord.until('the answer', () => /checkout/.test(shown(dm)), 20_000)
}, 60_000)

it('a plan runs once, for a captain, after somebody else was refused in private', async () => {
  const { thread, card, press } = await planOf('roll back checkout in shop')
  expect(showBody(card)).toContain('shop/checkout:2.4.0')
  press(MIRA, 'Approve')
  await discord.until('the private note', () =>
    discord.world.ephemerals.some((one) => one.user === MIRA && /not among the approvers/.test(showBody(one))),
  )
  expect(deployment('checkout').spec.template.spec.containers[0].image).toBe('shop/checkout:2.4.1')
  for (let n = 0; n < 5; n += 1) press(JO, 'Approve')
  await discord.until('healthy', () => /Healthy after/.test(shown(thread)), 40_000)
  expect(shown(thread)).toMatch(/Approved by .*jo/)
  expect(deployment('checkout').spec.template.spec.containers[0].image).toBe('shop/checkout:2.4.0')
  expect(buttonOf(card, 'Approve')).toBeUndefined()
  expect(
    discord.world.messages.filter((one) => one.channel_id === thread && /Healthy after/.test(showBody(one))),
  ).toHaveLength(1)
}, 60_000)

it('a plan is rejected with a reason, asked for in a form', async () => {
  const { thread, press } = await planOf('scale catalog to 5 in shop')
  press(JO, 'Reject…')
  await discord.until('the form', () => discord.world.modals.some((one) => one.user === JO))
  discord.submit(JO, { reason: 'not before the sale' })
  await discord.until('the stamp', () => /not before the sale/.test(shown(thread)), 20_000)
  expect(deployment('catalog').spec.replicas).toBe(2)
}, 60_000)

it('a command is answered in a thread of its own', async () => {
  const channel = discord.addChannel({}).id
  discord.command({ channel, user: MIRA, text: 'what is wrong in shop?' })
  const root = await discord.until('the root', () => discord.said(channel)[0])
  expect(showBody(root)).toBe('mira asks: what is wrong in shop?')
  await discord.until('the answer', () => /recommender/.test(shown(root.id)), 20_000)
  expect(discord.world.channels.get(root.id)?.name).toBe('mira asks: what is wrong in shop?')
}, 60_000)
