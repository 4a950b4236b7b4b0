// Discord for the contract suite: the real adapter and discord.js against the server on loopback.
import { createDiscord } from '../../../src/chat/discord/adapter.ts'
import { loadConfig } from '../../../src/config.ts'
import type { Person } from '../../../src/core/people.ts'
import type { Thread } from '../../../src/core/thread.ts'
import type { ChatRig, Seen } from '../../contracts/chat-rig.ts'
import { type FakeDiscord, type FakeDiscordOptions, GUILD, startFakeDiscord } from '../../fakes/discord/discord.ts'
import { showBody } from '../../fakes/discord/show.ts'
import type { FakeMessage } from '../../fakes/discord/world.ts'
import { eventually, startRedis } from '../support.ts'
import { startBot } from './bot.ts'

export const MIRA = '300000000000000001'
export const JO = '300000000000000002'
const PENDING = '300000000000000003'
const STRANGER = '300000000000000004'
const ROBOT = '300000000000000005'
const SIGNS: Record<string, string> = { '👀': 'seen', '✅': 'done', '❌': 'failed' }

export function discordConfig(discord: FakeDiscord, env: Record<string, string> = {}) {
  return loadConfig(
    { DISCORD_BOT_TOKEN: discord.token, DISCORD_API_URL: discord.apiUrl, DISCORD_GUILDS: GUILD, ...env },
    false,
  )
}

export async function harbour(options: FakeDiscordOptions = {}): Promise<FakeDiscord> {
  const discord = await startFakeDiscord(options)
  discord.addUser({ id: MIRA, username: 'mira' })
  discord.addUser({ id: JO, username: 'jo' })
  discord.addUser({ id: PENDING, username: 'gus' })
  discord.world.guilds.get(GUILD)!.members.get(PENDING)!.pending = true
  discord.addUser({ id: STRANGER, username: 'ext', guild: false })
  discord.addUser({ id: ROBOT, username: 'robot', bot: true })
  return discord
}

export async function openDiscordRig(options: FakeDiscordOptions = {}): Promise<ChatRig & { discord: FakeDiscord }> {
  const redis = await startRedis()
  const store = await redis.connect()
  const discord = await harbour(options)
  const bot = await startBot(store, (parts) => createDiscord({ ...parts, config: discordConfig(discord) }))
  const person: Person = { platform: 'discord', workspace: GUILD, id: MIRA, name: 'mira' }
  let latest: FakeMessage | undefined

  return {
    discord,
    outbox: bot.outbox,
    tasks: bot.tasks,
    clicks: bot.clicks,
    person,
    get reply() {
      return bot.reply
    },
    set reply(reply) {
      bot.reply = reply
    },
    async newThread() {
      const channel = discord.addChannel({})
      const root = discord.write({ channel: channel.id, user: MIRA, text: 'a conversation' })
      return { platform: 'discord', workspace: GUILD, channel: channel.id, thread: root.id, direct: false }
    },
    seen: async (thread) => inThread(discord, thread).map(seenAs),
    async privately(who) {
      const dm = discord.said(discord.dm(who.id)).map(showBody)
      return [...dm, ...discord.world.ephemerals.filter((one) => one.user === who.id).map(showBody)]
    },
    async press(thread, label, how = {}) {
      const parts = inThread(discord, thread).flatMap((message) =>
        // the person may still see what the message showed before
        message.history.flatMap((one) => controlsOf(one.components)).map((control) => ({ message, control })),
      )
      const { message, control } = parts.find((one) => [one.control.label, one.control.placeholder].includes(label))!
      // nobody presses within a millisecond of seeing it
      await eventually('its place', () => bot.outbox.keyOf({ thread, message: message.id }))
      const click = { message, user: MIRA, control: String(control.custom_id) }
      const interaction = discord.press({ ...click, ...(how.value ? { value: how.value } : {}) })
      if (!how.fields) return
      await discord.until('the form', () => discord.world.modals.some((one) => one.user === MIRA))
      await discord.until('the answer', () => interaction.answered === 9)
      discord.submit(MIRA, how.fields)
    },
    async ask(text) {
      const said = discord.mention({ channel: discord.addChannel({}).id, user: MIRA, text })
      latest = said
      return { again: async () => discord.again(said) }
    },
    async askAs(kind, text) {
      const id = { guest: PENDING, stranger: STRANGER, bot: ROBOT }[kind]
      // a stranger shares no server with us, and can only write directly
      const channel = kind === 'stranger' ? discord.dm(id) : discord.addChannel({}).id
      discord.mention({ channel, user: id, text })
      return { ...person, id, name: id }
    },
    reactions: async () => (latest?.reactions ?? []).map((one) => SIGNS[one.emoji] ?? one.emoji),
    async stop() {
      await bot.stop()
      await discord.stop()
      await redis.stop()
    },
  }
}

/** The bot's messages in a thread, and its replies to the question where no thread could be opened. */
export function inThread(discord: FakeDiscord, thread: Thread): FakeMessage[] {
  const replies = discord.said(thread.channel).filter((one) => one.message_reference?.message_id === thread.thread)
  return thread.direct ? discord.said(thread.channel) : [...replies, ...discord.said(thread.thread)]
}

function seenAs(message: FakeMessage): Seen {
  return {
    text: showBody(message),
    files: message.attachments.map((file) => ({
      name: file.filename,
      text: file.data.toString(),
      alt: file.description,
    })),
    edits: message.history.length - 1,
    // a text outside an embed shows a preview of every address in it, unless it stands in code
    notifies: [
      ...message.notified,
      ...(/(?<![(<])https?:\/\//.test(message.content.replace(/`[^`]*`/g, '')) ? ['preview'] : []),
    ],
  }
}

function controlsOf(components: unknown[]): Record<string, unknown>[] {
  return components.flatMap((row) => (row as { components: Record<string, unknown>[] }).components)
}
