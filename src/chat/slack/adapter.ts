// Slack: Bolt sorts what arrives, the parts beside this file parse, render and say. Enqueue first, acknowledge after.
import { App, type RespondArguments } from '@slack/bolt'
import { WebClient } from '@slack/web-api'
import { type RichText, textCard } from '../../core/card.ts'
import { messageOf, SettingsError } from '../../core/errors.ts'
import type { Thread } from '../../core/thread.ts'
import { createBudget } from '../budget.ts'
import { createClicks } from '../clicks.ts'
import type { Adapter, AdapterContext, ClickReply, Handlers, Health } from '../contract.ts'
import { createIntake } from '../intake.ts'
import { createThreads } from '../threads.ts'
import { inspectSlack } from './doctor.ts'
import { slackErrorCode } from './errors.ts'
import { createDoor } from './http.ts'
import { createInteractions } from './interact.ts'
import { slackLogger } from './logger.ts'
import {
  parseCommand,
  parseForm,
  parseHomeOpened,
  parseMessage,
  parsePress,
  parseShortcut,
  type Self,
} from './parse.ts'
import { createReceiver } from './receive.ts'
import { renderCard } from './render.ts'
import { createSay } from './say.ts'
import { slackSettings } from './settings.ts'
import { createHomes } from './show-home.ts'
import { createSocket } from './socket.ts'
import { createStreams } from './stream.ts'

const API_TIMEOUT_MS = 10_000
const REFUSED = new Set(['invalid_auth', 'not_authed', 'token_revoked', 'token_expired', 'account_inactive'])
/** how often a thread is looked for that is not ours yet; Slack wants its answer within three seconds */
const FOLLOW_UP_LOOKS = 4
const FOLLOW_UP_EVERY_MS = 450

/** Posts one a second per channel; edits and reactions are limited to about 50 a minute in a workspace, and we stay below. */
const A_MINUTE = { everyMs: 60_000 / 40, burst: 8, by: 'workspace' } as const
const PACE = { posts: { everyMs: 1000, burst: 1 }, edits: A_MINUTE, reactions: A_MINUTE, editEveryMs: 3000 }

export function createSlack(context: AdapterContext): Adapter {
  const { config, store, outbox, log } = context
  const token = config.SLACK_BOT_TOKEN ?? ''
  const apiUrl = config.SLACK_API_URL
  if (!config.SLACK_APP_TOKEN && !config.SLACK_SIGNING_SECRET) {
    throw new SettingsError(
      'SLACK_BOT_TOKEN is set, but nothing says how Slack reaches us: set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for HTTP.',
    )
  }
  const client = new WebClient(token, {
    ...(apiUrl ? { slackApiUrl: apiUrl } : {}),
    // the outbox does the waiting and the trying again
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: API_TIMEOUT_MS,
    logger: slackLogger(log),
  })
  const threads = createThreads(store)
  const { SLACK_STREAMING } = slackSettings()
  const say = createSay(
    client,
    known,
    SLACK_STREAMING === 'off' ? undefined : createStreams({ client, self: known, budget: createBudget(store), log }),
  )
  const intake = createIntake(store, outbox, say)
  const clicks = createClicks(store, outbox, log)
  const interactions = createInteractions({
    client,
    self: known,
    handlers: () => handlers!,
    outbox,
    clicks,
    intake,
    log,
  })
  const homes = createHomes({ client, outbox, threads, store, log })
  const receiver = createReceiver()
  const app = createApp()
  const socket = config.SLACK_APP_TOKEN
    ? createSocket({ appToken: config.SLACK_APP_TOKEN, take: receiver.take, log, ...(apiUrl ? { apiUrl } : {}) })
    : undefined
  const secret = config.SLACK_SIGNING_SECRET
  const door = !socket && secret ? createDoor({ secret, store, take: receiver.take, log }) : undefined

  let self: Self | undefined
  let handlers: Handlers | undefined
  let trouble = 'Slack has not been reached yet.'
  let retry: NodeJS.Timeout | undefined
  let stopped = false

  function createApp(): App {
    const bolt = new App({
      receiver,
      authorize: async () => ({
        botToken: token,
        botId: known().bot,
        botUserId: known().user,
        teamId: known().team,
      }),
      clientOptions: apiUrl ? { slackApiUrl: apiUrl } : {},
      logger: slackLogger(log),
      // we remember conversations in the store, not in this process
      convoStore: false,
    })
    bolt.event('app_mention', ({ event }) => heard(event))
    bolt.event('message', ({ event }) => heard(event))
    bolt.event('app_home_opened', async ({ event }) => {
      const person = parseHomeOpened(event, known())
      if (person) await homes.show(person, known(), handlers!)
    })
    bolt.action(/[\s\S]*/, async ({ body, ack }) => {
      const press = parsePress(body, known())
      if (press) await interactions.pressed(press)
      await ack()
    })
    bolt.view('form', async ({ body, ack }) => {
      const sent = parseForm(body, known())
      const reply: ClickReply = sent ? await clicks.take(sent, handlers!) : {}
      // the form stays open while an answer is wrong
      if (reply.errors) await ack({ response_action: 'errors', errors: reply.errors })
      else await ack()
    })
    bolt.command(/[\s\S]*/, async ({ body, ack }) => {
      const command = parseCommand(body, known())
      const note = command && (await interactions.commanded(command))
      await ack(note && privately(note))
    })
    bolt.shortcut('investigate', async ({ body, ack }) => {
      const inbound = parseShortcut(body, known(), new Date())
      if (inbound) await interactions.investigate(inbound)
      await ack()
    })
    // whatever fails was not taken: the receiver does not acknowledge, and Slack delivers it again
    bolt.error(async (error) => {
      throw error
    })
    return bolt
  }

  function known(): Self {
    if (!self) throw new Error('Slack has not said yet who we are.')
    return self
  }

  async function heard(event: unknown): Promise<void> {
    const said = parseMessage(event, known())
    if (!said) return
    if (said.why === 'follow-up' && !(await isOurs(said.inbound.thread))) return
    await intake({ ...said.inbound, addressed: said.why !== 'follow-up' }, handlers!)
  }

  /** Slack may tell of a follow-up before it tells of the mention that it follows: that is waited for a little. */
  async function isOurs(thread: Thread): Promise<boolean> {
    for (let look = 1; ; look += 1) {
      if (await threads.joined(thread)) return true
      if (look >= FOLLOW_UP_LOOKS) return false
      await new Promise((resolve) => setTimeout(resolve, FOLLOW_UP_EVERY_MS))
    }
  }

  async function connect(): Promise<void> {
    try {
      const who = await client.auth.test()
      self = {
        team: who.team_id ?? '',
        user: who.user_id ?? '',
        bot: who.bot_id ?? '',
        url: who.url ?? 'https://slack.com/',
      }
    } catch (error) {
      const code = slackErrorCode(error)
      if (code && REFUSED.has(code)) {
        throw new SettingsError(
          `SLACK_BOT_TOKEN is refused by Slack (${code}); copy the bot token from "OAuth & Permissions" of the app again.`,
        )
      }
      trouble = `Slack cannot be reached: ${messageOf(error)}`
      log.warn({ why: messageOf(error) }, 'Slack cannot be reached; trying again')
      if (!stopped) retry = setTimeout(() => void connect().catch(lost), 2000)
      return
    }
    await socket?.start()
    trouble = ''
  }

  function lost(error: unknown): void {
    trouble = messageOf(error)
    log.error({ why: trouble }, 'Slack cannot be used')
  }

  function health(): Health {
    const ok = self !== undefined && trouble === '' && (socket ? socket.connected() : true)
    const how = socket ? 'Socket Mode' : 'HTTP'
    return {
      name: 'slack',
      ok,
      detail: ok ? `Connected to Slack (${how}).` : trouble || 'The connection to Slack is being restored.',
    }
  }

  return {
    name: 'slack',
    pace: PACE,
    say: {
      ...say,
      async post(message) {
        const posted = await say.post(message)
        homes.said(message.card, known(), handlers!)
        return posted
      },
      async update(on, message) {
        await say.update(on, message)
        homes.said(message.card, known(), handlers!)
      },
    },
    serves: (thread) => thread.platform === 'slack' && self !== undefined && thread.workspace === self.team,
    async start(given) {
      handlers = given
      await connect()
    },
    // a bot token belongs to one team
    workspaceOf: async () => known().team,
    async stop() {
      stopped = true
      clearTimeout(retry)
      homes.stop()
      await socket?.stop()
      await app.stop()
    },
    health,
    doctor: () => inspectSlack({ config, client, log }),
    ...(door ? { door } : {}),
  }
}

/** The answer to a command, seen by whoever gave it. */
function privately(note: RichText): RespondArguments {
  const { text, blocks } = renderCard(textCard(note))
  return { response_type: 'ephemeral', text, blocks }
}
