// A whole Firstmate for a story: practice cluster, a Slack on loopback, a real Redis, and the app with all its roles in this process.
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import type { Agent } from '../../src/agent/contract.ts'
import { plainAgent } from '../../src/agent/plain/index.ts'
import { type App, startApp } from '../../src/app.ts'
import { AuditRecord } from '../../src/audit/chain.ts'
import { readAudit } from '../../src/audit/verify.ts'
import { createTerminal, type Terminal } from '../../src/chat/terminal/adapter.ts'
import { loadConfig } from '../../src/config.ts'
import { type Harbor, startHarbor } from '../../src/harbor/index.ts'
import { type IncidentSettings, incidentSettings } from '../../src/incidents/settings.ts'
import { clusterAt, clustersOf } from '../../src/kube/clusters.ts'
import { silentLogger } from '../../src/log.ts'
import { type LoadedFiles, loadFiles } from '../../src/objects/files.ts'
import type { Role } from '../../src/roles/parts.ts'
import type { Store } from '../../src/store/store.ts'
import { type FakeDiscord, GUILD } from '../fakes/discord/discord.ts'
import type { FakeMessage as DiscordMessage } from '../fakes/discord/world.ts'
import { type FakeSlack, startFakeSlack } from '../fakes/slack/slack.ts'
import type { FakeMessage } from '../fakes/slack/world.ts'
import { type RedisServer, startRedis, temporaryFolder } from '../store/redis-server.ts'

export const STORY = join(import.meta.dirname, '../../src/cli/practice/shop.yaml')

export interface Ship {
  app: App
  dataDir: string
  harbor: Harbor
  slack: FakeSlack
  redis: RedisServer
  terminal: Terminal
  /** everything the terminal has printed */
  screen(): string
  /** a question in a channel of its own; resolves when the thread holds what is expected */
  ask(text: string, expected: RegExp, user?: string): Promise<{ root: FakeMessage; channel: string }>
  /** what the bot has said in a thread, newest state of each message */
  thread(root: FakeMessage): FakeMessage[]
  until<T>(what: string, check: () => T | undefined | false | Promise<T | undefined | false>, ms?: number): Promise<T>
  /** the records of that kind, in order */
  audited(kind: string): Promise<Pick<AuditRecord, 'who' | 'data'>[]>
  stop(): Promise<void>
}

export interface ShipOptions {
  env?: Record<string, string>
  load?: LoadedFiles
  practice?: boolean
  /** default: the plain one */
  agent?: Agent
  /** default: all of them, in this process */
  roles?: Role[]
  twice?: boolean
  /** false: the practice cluster stands still but for what the story changes */
  controllers?: boolean
  /** names under which the practice cluster is known; default: `prod` */
  names?: string[]
  /** clusters beside it: name → address */
  others?: Record<string, string>
  /** over the standard settings of incidents */
  incidents?: Partial<IncidentSettings>
}

let channels = 0

export async function launch(options: ShipOptions = {}): Promise<Ship> {
  const load = options.load ?? (await loadFiles([STORY]))
  const [harbor, slack, redis] = await Promise.all([
    startHarbor({ load, controllers: options.controllers ?? true }),
    startFakeSlack({ twice: options.twice ?? false }),
    startRedis(),
  ])
  for (const id of ['U1', 'U2', 'U3']) slack.addUser({ id, name: { U1: 'mira', U2: 'jo', U3: 'sam' }[id] ?? id })
  const config = loadConfig(
    {
      DATA_DIR: temporaryFolder(),
      REDIS_URL: redis.url,
      ...slackEnv(slack),
      APPROVERS: 'slack:U2,terminal:cap',
      ...options.env,
    },
    false,
  )
  let printed = ''
  const output = new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      printed += String(chunk)
      done()
    },
  })
  let terminal: Terminal | undefined
  const app = await startApp({
    config,
    roles: options.roles ?? ['bot', 'worker', 'executor'],
    clusters: clustersOf([
      ...(options.names ?? ['prod']).map((name) => clusterAt(name, harbor.url)),
      ...Object.entries(options.others ?? {}).map(([name, url]) => clusterAt(name, url)),
    ]),
    practice: options.practice ?? false,
    incidents: { ...incidentSettings({}, false), ...options.incidents },
    log: silentLogger,
    health: false,
    agent: async () => options.agent ?? plainAgent,
    adapters: (context) => {
      terminal = createTerminal(context, {
        input: new PassThrough(),
        output,
        user: 'cap',
        colour: false,
        width: 120,
        prompt: '',
      })
      return [terminal]
    },
  })
  const thread = (root: FakeMessage) =>
    slack.world.messages.filter(
      (one) => one.channel === root.channel && one.thread_ts === root.ts && one.bot_id !== undefined,
    )
  const ship: Ship = {
    app,
    dataDir: config.DATA_DIR,
    harbor,
    slack,
    redis,
    terminal: terminal as Terminal,
    screen: () => printed,
    thread,
    async ask(text, expected, user = 'U1') {
      const channel = `C${++channels}`
      slack.addChannel({ id: channel, name: `ops-${channels}`, members: ['U1', 'U2', 'U3', slack.world.botUser] })
      const root = slack.mention({ channel, user, text })
      await slack.until(`${text} → ${expected}`, () => expected.test(textOf(thread(root))), 40_000)
      return { root, channel }
    },
    async until(what, check, ms = 20_000) {
      const end = Date.now() + ms
      for (;;) {
        const found = await check()
        if (found) return found
        if (Date.now() > end)
          throw new Error(
            `never: ${what}\n${[...slack.world.channels.keys()].map((one) => slack.show(one)).join('\n')}`,
          )
        await new Promise((resolve) => setTimeout(resolve, 25))
      }
    },
    audited: (kind) => audited(app.store, kind),
    async stop() {
      await app.stop()
      await Promise.all([ship.harbor.close(), slack.stop(), redis.stop()])
    },
  }
  return ship
}

export async function audited(store: Store, kind: string): Promise<AuditRecord[]> {
  const found: AuditRecord[] = []
  for await (const { text } of readAudit(store)) {
    const record = AuditRecord.parse(JSON.parse(text))
    if (record.kind === kind) found.push(record)
  }
  return found
}

/** What a process needs to know to work on that Slack. */
export function slackEnv(slack: FakeSlack): Record<string, string> {
  return { SLACK_BOT_TOKEN: slack.botToken, SLACK_APP_TOKEN: slack.appToken, SLACK_API_URL: slack.apiUrl }
}

export function textOf(messages: FakeMessage[]): string {
  return messages.map((message) => `${message.text}\n${JSON.stringify(message.blocks ?? [])}`).join('\n')
}

export function discordEnv(discord: FakeDiscord): Record<string, string> {
  return { DISCORD_BOT_TOKEN: discord.token, DISCORD_API_URL: discord.apiUrl, DISCORD_GUILDS: GUILD }
}

/** The select with that placeholder on a message. */
export function selectOf(
  message: FakeMessage,
  placeholder: string,
): { action: string; options: { label: string; value: string }[] } | undefined {
  const elements = (message.blocks ?? []).flatMap((block) => (block as { elements?: unknown[] }).elements ?? [])
  const found = elements.find(
    (element) => (element as { placeholder?: { text?: string } }).placeholder?.text === placeholder,
  ) as { action_id: string; options: { text: { text: string }; value: string }[] } | undefined
  return (
    found && { action: found.action_id, options: found.options.map(({ text, value }) => ({ label: text.text, value })) }
  )
}

/** The id of the button with that label on a message. */
export function buttonOf(message: FakeMessage, label: string): string | undefined {
  const elements = (message.blocks ?? []).flatMap((block) => (block as { elements?: unknown[] }).elements ?? [])
  const found = elements.find((element) => (element as { text?: { text?: string } }).text?.text === label)
  return (found as { action_id?: string } | undefined)?.action_id
}

/** The id of the control with that label on a message in Discord. */
export function discordControlOf(message: Pick<DiscordMessage, 'components'>, label: string): string | undefined {
  return message.components
    .flatMap((row) => (row as { components: { label?: string; custom_id: string }[] }).components)
    .find((one) => one.label === label)?.custom_id
}
