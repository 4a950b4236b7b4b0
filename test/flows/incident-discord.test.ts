// Story three on Discord: crash loop → thread → diagnosis → plan → approval → recovery, with the controls of an incident.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { plainAgent } from '../../src/agent/plain/index.ts'
import { type App, startApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import { type Harbor, startHarbor } from '../../src/harbor/index.ts'
import { incidentSettings } from '../../src/incidents/settings.ts'
import { clusterAt, clustersOf } from '../../src/kube/clusters.ts'
import { silentLogger } from '../../src/log.ts'
import { loadFiles } from '../../src/objects/files.ts'
import { type FakeDiscord, GUILD, startFakeDiscord } from '../fakes/discord/discord.ts'
import { showBody } from '../fakes/discord/show.ts'
import type { FakeMessage } from '../fakes/discord/world.ts'
import { type RedisServer, startRedis, temporaryFolder } from '../store/redis-server.ts'
import { QUICK } from './incident-rig.ts'
import { STORY } from './ship.ts'

const MIRA = '300000000000000001'
const JO = '300000000000000002'

let harbor: Harbor
let discord: FakeDiscord
let redis: RedisServer
let app: App
let channel: string

beforeAll(async () => {
  ;[harbor, discord, redis] = await Promise.all([
    startHarbor({ load: await loadFiles([STORY]) }),
    startFakeDiscord({ twice: true }),
    startRedis(),
  ])
  discord.addUser({ id: MIRA, username: 'mira' })
  discord.addUser({ id: JO, username: 'jo' })
  channel = discord.addChannel({}).id
  const config = loadConfig(
    {
      DATA_DIR: temporaryFolder(),
      REDIS_URL: redis.url,
      DISCORD_BOT_TOKEN: discord.token,
      DISCORD_API_URL: discord.apiUrl,
      DISCORD_GUILDS: GUILD,
      APPROVERS: `discord:${JO}`,
      INCIDENT_CHANNELS: `discord:${channel}`,
    },
    false,
  )
  app = await startApp({
    config,
    roles: ['bot', 'worker', 'executor', 'watcher'],
    clusters: clustersOf([clusterAt('prod', harbor.url)]),
    incidents: { ...incidentSettings({}, false), ...QUICK },
    log: silentLogger,
    health: false,
    agent: async () => plainAgent,
  })
}, 60_000)
afterAll(async () => {
  await app?.stop()
  await Promise.all([harbor?.close(), discord?.stop(), redis?.stop()])
})

function control(message: FakeMessage, label: string): string | undefined {
  const parts = message.components.flatMap(
    (row) => (row as { components: { label?: string; placeholder?: string; custom_id: string }[] }).components,
  )
  return parts.find((one) => one.label === label || one.placeholder === label)?.custom_id
}

const rootOf = (words: RegExp) =>
  discord.until(`the root of ${words}`, () => discord.said(channel).find((one) => words.test(showBody(one))), 20_000)
const said = (root: FakeMessage, words: RegExp) => discord.said(root.id).filter((one) => words.test(showBody(one)))

it('one thread from the first sign to the recovery', async () => {
  const root = await rootOf(/shop\/checkout: 3 of 3 pods/)
  await discord.until('the diagnosis', () => said(root, /Evidence/)[0], 20_000)
  const card = await discord.until(
    'the plan',
    () => discord.said(root.id).find((one) => control(one, 'Approve')),
    20_000,
  )
  void discord.press({ message: card, user: JO, control: control(card, 'Approve') ?? '' })
  await discord.until('the recovery', () => said(root, /Recovered after/)[0], 40_000)
  await discord.until('the root says so', () => /shop\/checkout: recovered after/.test(showBody(root)), 20_000)
  const words = discord.said(root.id).map(showBody)
  const order = [/Diagnosis/, /Plan [0-9a-f]{6}/, /Recovered after/].map((one) =>
    words.findIndex((text) => one.test(text)),
  )
  expect(order).toEqual([0, 1, 2])
  expect(words[2]).toMatch(
    /What ended it: Deployment shop\/checkout: pod template back to revision 13.*opened:.*proposed:.*approved by jo/s,
  )
  expect(discord.said(channel).filter((one) => /shop\/checkout/.test(showBody(one)))).toHaveLength(1)
  expect(control(root, 'Acknowledge')).toBeUndefined()
}, 90_000)

it('is seen, taken, silenced and resolved by a press', async () => {
  const root = await rootOf(/shop\/recommender/)
  const press = (user: string, label: string, value?: string) =>
    void discord.press({ message: root, user, control: control(root, label) ?? '', ...(value ? { value } : {}) })
  press(MIRA, 'Acknowledge')
  await discord.until('seen', () => /Seen by.*mira/s.test(showBody(root)), 20_000)
  press(JO, 'I take it')
  await discord.until('taken', () => /Taken by.*jo/s.test(showBody(root)), 20_000)
  press(MIRA, 'Silence for…', '4h')
  await discord.until('silenced', () => /silenced by mira until/.test(showBody(root)), 20_000)
  press(MIRA, 'Resolve')
  await discord.until('resolved', () => /resolved by mira after/.test(showBody(root)), 20_000)
  await discord.until('the summary', () => said(root, /Resolved by mira after.*seen by mira.*taken by jo/s)[0], 20_000)
}, 90_000)
