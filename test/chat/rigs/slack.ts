// Slack for the contract suite: the real adapter and clients against the workspace on loopback, in either mode.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Adapter } from '../../../src/chat/contract.ts'
import { createSlack } from '../../../src/chat/slack/adapter.ts'
import { loadConfig } from '../../../src/config.ts'
import type { Person } from '../../../src/core/people.ts'
import type { Thread } from '../../../src/core/thread.ts'
import type { ChatRig, Seen } from '../../contracts/chat-rig.ts'
import { isObject } from '../../fakes/slack/blocks.ts'
import { notified, showBlocks } from '../../fakes/slack/show.ts'
import { type FakeSlack, startFakeSlack } from '../../fakes/slack/slack.ts'
import type { FakeMessage } from '../../fakes/slack/world.ts'
import { startRedis } from '../support.ts'
import { startBot } from './bot.ts'

const MIRA: Person = { platform: 'slack', workspace: 'T0FAKE', id: 'U1MIRA', name: 'mira' }

export function slackConfig(slack: FakeSlack, mode: 'socket' | 'http' = 'socket') {
  return loadConfig(
    {
      SLACK_BOT_TOKEN: slack.botToken,
      SLACK_API_URL: slack.apiUrl,
      ...(mode === 'socket' ? { SLACK_APP_TOKEN: slack.appToken } : { SLACK_SIGNING_SECRET: slack.signingSecret }),
    },
    false,
  )
}

/** Mounts an adapter's door on a port, as app.ts does; Slack then calls it. */
async function mountDoor(adapter: Adapter, slack: FakeSlack): Promise<{ url: string; close: () => void }> {
  const door = adapter.door!
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      void door
        .handle({ method: request.method ?? '', headers: request.headers, body: Buffer.concat(chunks) })
        .then((reply) =>
          response.writeHead(reply.status, { 'content-type': reply.contentType ?? 'text/plain' }).end(reply.body),
        )
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${door.path}`
  slack.wire.useHttp(url, slack.signingSecret)
  return { url, close: () => server.close() }
}

export async function openSlackRig(mode: 'socket' | 'http'): Promise<ChatRig & { slack: FakeSlack }> {
  const redis = await startRedis()
  const store = await redis.connect()
  const slack = await startFakeSlack({ redeliverMs: 1000 })
  slack.addUser({ id: MIRA.id, name: 'mira' })
  slack.addUser({ id: 'U2GUEST', name: 'gus', is_restricted: true })
  slack.addUser({ id: 'U3STRANGE', name: 'ext', team_id: 'T9OTHER' })
  slack.addUser({ id: 'U4BOT', name: 'robot', is_bot: true })
  const bot = await startBot(store, (parts) => createSlack({ ...parts, config: slackConfig(slack, mode) }))
  const door = mode === 'http' ? await mountDoor(bot.adapter, slack) : undefined
  let channels = 0
  let latest: FakeMessage | undefined

  function newChannel(): string {
    channels += 1
    return slack.addChannel({ id: `C${String(channels).padStart(4, '0')}`, name: `ops-${channels}` }).id
  }

  function inThread(thread: Thread): FakeMessage[] {
    return slack.said(thread.channel).filter((one) => one.thread_ts === thread.thread)
  }

  return {
    slack,
    outbox: bot.outbox,
    tasks: bot.tasks,
    clicks: bot.clicks,
    person: MIRA,
    get reply() {
      return bot.reply
    },
    set reply(reply) {
      bot.reply = reply
    },
    async newThread() {
      const channel = newChannel()
      const root = slack.write({ channel, user: MIRA.id, text: 'a conversation' })
      return { platform: 'slack', workspace: slack.world.team, channel, thread: root.ts, direct: false }
    },
    async seen(thread) {
      return inThread(thread).map(
        (message): Seen => ({
          text: message.blocks ? showBlocks(message.blocks, slack.world) : message.text,
          files: (message.files ?? []).map((file) => ({
            name: file.name,
            text: file.data?.toString() ?? '',
            alt: file.alt_txt,
          })),
          edits: message.history.length - 1,
          // a preview of a link would fetch what foreign text chose
          notifies: [...notified(message), ...(message.unfurl && message.blocks ? ['unfurl'] : [])],
        }),
      )
    },
    async privately(person) {
      return slack.world.ephemerals.filter((one) => one.user === person.id).map((one) => showBlocks(one.blocks ?? []))
    },
    async press(thread, label, how = {}) {
      const message = inThread(thread).find((one) => JSON.stringify(one.history[0]?.blocks).includes(label))!
      // the person may still see what the message showed before
      const element = message.history
        .flatMap((one) => one.blocks ?? [])
        .flatMap((block) =>
          isObject(block) && block.type === 'actions' ? (block.elements as Record<string, unknown>[]) : [],
        )
        .find((one) => JSON.stringify(one).includes(`"${label}"`))!
      slack.press({
        message,
        user: MIRA.id,
        action: String(element.action_id),
        ...(how.value ? { value: how.value } : {}),
      })
      if (!how.fields) return
      await slack.until('the modal', () => [...slack.world.views.values()].some((one) => one.user === MIRA.id))
      slack.submit(MIRA.id, how.fields)
    },
    async ask(text) {
      latest = slack.mention({ channel: newChannel(), user: MIRA.id, text })
      const sent = slack.wire.deliveries.slice(-2)
      return {
        again: async () => {
          for (const delivery of sent) slack.wire.send(delivery.type, delivery.payload)
        },
      }
    },
    async askAs(kind, text) {
      const channel = newChannel()
      const id = { guest: 'U2GUEST', stranger: 'U3STRANGE', bot: 'U4BOT' }[kind]
      if (kind === 'bot')
        slack.write({ channel, user: id, text: `<@${slack.world.botUser}> ${text}`, bot_id: 'B9OTHER' })
      else slack.mention({ channel, user: id, text })
      return { ...MIRA, id, name: id }
    },
    async reactions() {
      return (latest?.reactions ?? []).map(
        (one) => ({ eyes: 'seen', white_check_mark: 'done', x: 'failed' })[one.name] ?? one.name,
      )
    },
    async stop() {
      await bot.stop()
      door?.close()
      await slack.stop()
      await redis.stop()
    },
  }
}
