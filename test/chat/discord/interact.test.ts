// Clicks, forms and commands: answered in time, once, and to the right person, whatever Discord does meanwhile.
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { ClickReply } from '../../../src/chat/contract.ts'
import { createDiscord } from '../../../src/chat/discord/adapter.ts'
import type { Control } from '../../../src/core/card.ts'
import type { TaskOf } from '../../../src/core/task.ts'
import type { FakeDiscord } from '../../fakes/discord/discord.ts'
import { GUILD } from '../../fakes/discord/discord.ts'
import { showBody } from '../../fakes/discord/show.ts'
import type { FakeMessage } from '../../fakes/discord/world.ts'
import { type Bot, startBot } from '../rigs/bot.ts'
import { discordConfig, harbour, JO, MIRA } from '../rigs/discord.ts'
import { eventually, sleep, startRedis, type TestRedis } from '../support.ts'

const ELSEWHERE = '900000000000000009'
const FORM = {
  title: 'Reject',
  submit: 'Reject',
  fields: [{ id: 'reason', label: 'Why', multiline: true, required: true }],
}

let redis: TestRedis
let discord: FakeDiscord
let bot: Bot
let channel: string

beforeAll(async () => {
  redis = await startRedis()
  discord = await harbour({ interactionMs: 3000 })
  discord.addGuild({ id: ELSEWHERE })
  discord.world.guilds.get(ELSEWHERE)!.members.set(MIRA, { roles: [] })
  channel = discord.addChannel({}).id
  bot = await startBot(await redis.connect(), (parts) => createDiscord({ ...parts, config: discordConfig(discord) }))
})
afterAll(async () => {
  await bot.stop()
  await discord.stop()
  await redis.stop()
})
beforeEach(() => {
  bot.tasks.splice(0)
  bot.clicks.splice(0)
  bot.reply = {}
  discord.world.ephemerals.splice(0)
})

let cards = 0
async function card(control: Partial<Control> = {}): Promise<FakeMessage> {
  const root = discord.write({ channel, user: MIRA, text: 'a conversation' })
  const thread = { platform: 'discord' as const, workspace: GUILD, channel, thread: root.id, direct: false }
  const controls = [{ kind: 'button', id: 'i:1', label: 'Press', style: 'plain', ...control } as Control]
  await bot.outbox.put({
    kind: 'post',
    key: `card${++cards}`,
    thread,
    card: { blocks: [{ kind: 'text', text: 'a card' }], controls },
    attachments: [],
    root: false,
  })
  const message = await discord.until('the card', () => discord.said(root.id)[0])
  await eventually('its place', () => bot.outbox.posted(thread, `card${cards}`))
  return message
}
const placeOf = (message: FakeMessage) => ({
  thread: { platform: 'discord' as const, workspace: GUILD, channel, thread: message.channel_id, direct: false },
  message: message.id,
})
const told = () => discord.world.ephemerals.map(showBody)

it('says "received" before Discord gives up, when the work takes long; the note comes after', async () => {
  const message = await card()
  const { onClick } = bot.handlers
  bot.handlers.onClick = async () => {
    await sleep(2200)
    return { note: 'late but here' }
  }
  const press = discord.press({ message, user: MIRA, control: 'i:1' })
  await discord.until('the deferral', () => press.answered === 6)
  expect(Date.now() - press.at).toBeLessThan(2000)
  await discord.until('the note', () => told().includes('late but here'))
  bot.handlers.onClick = onClick
})

it('is not troubled when somebody else has answered already, or the interaction has expired: the note still arrives', async () => {
  bot.reply = { note: 'not you' }
  for (const code of [40060, 10062]) {
    discord.fault({ route: 'POST /interactions/:id/interaction-:id/callback', times: 1, code })
    discord.press({ message: await card(), user: MIRA, control: 'i:1' })
    await eventually('the note', async () => told().length + discord.said(discord.dm(MIRA)).length === 1)
    expect(bot.clicks).toHaveLength(1)
    bot.clicks.splice(0)
    discord.world.ephemerals.splice(0)
    for (const message of discord.said(discord.dm(MIRA))) message.deleted = true
  }
})

it('opens a form as the first answer, and hands on only what it asks for; wrong answers become a note', async () => {
  const message = await card({ form: FORM })
  const press = discord.press({ message, user: MIRA, control: 'i:1' })
  await discord.until('the form', () => press.answered === 9)
  bot.reply = { errors: { reason: 'say more' } } satisfies ClickReply
  discord.submit(MIRA, { reason: 'x', other: 'y' })
  await discord.until('the note', () => told().includes('say more'))
  expect(bot.clicks[0]).toMatchObject({ control: 'i:1', fields: { reason: 'x' }, on: { message: message.id } })
  expect(bot.clicks[0]!.fields).not.toHaveProperty('other')
})

it('the menu of a message asks about it, in its thread', async () => {
  const message = discord.write({ channel, user: MIRA, text: 'checkout answers 503' })
  discord.menu({ message, user: MIRA })
  const task = await eventually('the task', () => bot.tasks[0] as TaskOf<'answer'> | undefined)
  expect(task).toMatchObject({
    text: 'Investigate: checkout answers 503',
    thread: { thread: message.id },
    message: { message: message.id },
  })
  await discord.until('👀', () => message.reactions.length > 0)
})

it('the menu of a message reads what stands in its embeds alone, as monitoring posts it', async () => {
  const embeds = [{ title: '[FIRING] KubePodCrashLooping', fields: [{ name: 'pod', value: 'shop/checkout-1' }] }]
  discord.menu({ message: discord.write({ channel, user: MIRA, text: '', embeds }), user: MIRA })
  const task = await eventually('the task', () => bot.tasks[0] as TaskOf<'answer'> | undefined)
  expect(task.text).toBe('Investigate: [FIRING] KubePodCrashLooping\npod: shop/checkout-1')
})

it('the menu of a message without words says so, to that person alone', async () => {
  discord.menu({ message: discord.write({ channel, user: MIRA, text: '' }), user: MIRA })
  await discord.until('the reason', () => told().some((text) => text.includes('no text in that message')))
  expect(bot.tasks).toEqual([])
})

it('a command is refused to that person alone where we may not write, or do not serve', async () => {
  discord.command({ channel, user: MIRA, text: 'pods', permissions: 1n << 10n })
  await discord.until('the reason', () => told().some((text) => /Send Messages/.test(text)))
  discord.command({ channel: discord.addChannel({ guild_id: ELSEWHERE }).id, user: MIRA, text: 'pods' })
  await discord.until('the reason', () => told().some((text) => /DISCORD_GUILDS/.test(text)))
  expect(bot.tasks).toEqual([])
})

it('the command "approvals" lists what waits for that person, for them alone, with the way to each card', async () => {
  const message = await card()
  const { thread } = (await eventually('its key', () => bot.outbox.keyOf(placeOf(message))))!
  const plan = { tier: 'restart', cluster: 'prod', requester: 'jo', deadline: '2026-11-21T14:22:00Z', thread }
  bot.handlers.pending = async (person) =>
    person.id === MIRA
      ? Array.from({ length: 12 }, (_, n) => ({
          ...plan,
          name: `7f3a9${n}`,
          words: 'restart @everyone',
          key: `card${cards}`,
        }))
      : []
  discord.command({ channel, user: MIRA, text: 'approvals', permissions: 1n << 10n })
  const list = await discord.until('the list', () => told().find((text) => text.includes('12 plans wait')))
  expect(list).toContain('7f3a90')
  expect(list).toContain('until 14:22 UTC')
  expect(list).toContain('and 2 more')
  const shown = discord.world.ephemerals.find((one) => showBody(one).includes('12 plans wait'))
  expect(shown!.content).toContain(`https://discord.com/channels/${GUILD}/${message.channel_id}/${message.id}`)
  expect(shown!.content.length).toBeLessThanOrEqual(2000)
  discord.command({ channel, user: JO, text: 'Approvals' })
  await discord.until('nothing', () => told().includes('Nothing waits for your decision.'))
  expect(bot.tasks).toEqual([])
})

it('hears nothing in servers that are not listed', async () => {
  discord.mention({ channel: discord.addChannel({ guild_id: ELSEWHERE }).id, user: MIRA, text: 'pods' })
  await sleep(300)
  expect(bot.tasks).toEqual([])
})

it('looks up roles now, in the servers we serve, also for somebody who writes directly', async () => {
  const rule = { platform: 'discord' as const, kind: 'role' as const, id: '400000000000000001' }
  const person = { platform: 'discord' as const, workspace: '', id: MIRA }
  expect((await bot.adapter.say.whois(person, [rule])).roles).toEqual([])
  discord.world.guilds.get(ELSEWHERE)!.members.get(MIRA)!.roles.push(rule.id)
  expect((await bot.adapter.say.whois(person, [rule])).roles).toEqual([])
  discord.world.guilds.get(GUILD)!.members.get(MIRA)!.roles.push(rule.id, '400000000000000002')
  expect((await bot.adapter.say.whois(person, [rule])).roles).toEqual([rule.id])
})
