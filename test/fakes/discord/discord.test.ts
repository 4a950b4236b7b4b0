// Is the fake a Discord? The real discord.js client judges how it talks, Discord's published OpenAPI document what it accepts.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client, Events, GatewayIntentBits, Partials, REST, Routes } from 'discord.js'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type FakeDiscord, startFakeDiscord } from './discord.ts'
import { refusedBy } from './openapi.ts'

/** From https://github.com/discord/discord-api-spec (specs/openapi.json): the limits of what we send. */
const LIMITS = JSON.parse(readFileSync(join(import.meta.dirname, 'openapi-limits.json'), 'utf8')) as Record<
  string,
  { minLength?: number; maxLength?: number; minItems?: number; maxItems?: number; maximum?: number }
>
const MIRA = '300000000000000001'

let discord: FakeDiscord
let client: Client
let rest: REST
let channel: string

beforeAll(async () => {
  discord = await startFakeDiscord({ limits: false })
  discord.addUser({ id: MIRA, username: 'mira' })
  channel = discord.addChannel({ name: 'ops' }).id
  rest = new REST({ api: discord.apiUrl, version: '10', retries: 0 }).setToken(discord.token)
  client = new Client({
    intents: [
      GatewayIntentBits.Guilds,
      GatewayIntentBits.GuildMessages,
      GatewayIntentBits.DirectMessages,
      GatewayIntentBits.MessageContent,
    ],
    partials: [Partials.Channel],
    rest: { api: discord.apiUrl },
  })
  client.on(Events.Error, () => {})
  const ready = new Promise((resolve) => client.once(Events.ClientReady, resolve))
  await client.login(discord.token)
  await ready
})
afterAll(async () => {
  await client.destroy()
  await discord.stop()
})

function heard<T>(event: string): Promise<T> {
  return new Promise((resolve) => client.once(event, resolve as (value: unknown) => void))
}

it('lets discord.js in, and tells it of servers, channels and messages', async () => {
  expect(client.guilds.cache.get(discord.guild)?.name).toBe('Fake harbour')
  const message = heard<{ content: string; author: { username: string }; channel: { name: string } }>(
    Events.MessageCreate,
  )
  discord.write({ channel, user: MIRA, text: 'hello' })
  expect(await message).toMatchObject({ content: 'hello', author: { username: 'mira' }, channel: { name: 'ops' } })
  const direct = heard<{ guild: unknown; content: string }>(Events.MessageCreate)
  discord.write({ channel: discord.dm(MIRA), user: MIRA, text: 'psst' })
  expect(await direct).toMatchObject({ guild: null, content: 'psst' })
})

it('takes replies, threads, reactions, files and answers to interactions from discord.js', async () => {
  const said = heard<import('discord.js').Message<true>>(Events.MessageCreate)
  const question = discord.write({ channel, user: MIRA, text: 'why?' })
  const message = await said
  await message.react('👀')
  // discord.js's own startThread sends a property that the document does not know
  await rest.post(Routes.threads(channel, question.id), { body: { name: 'why?' } })
  const thread = (await client.channels.fetch(question.id)) as import('discord.js').PublicThreadChannel
  expect(thread.id).toBe(question.id)
  await thread.send({
    content: 'because',
    files: [{ attachment: Buffer.from('all of it'), name: 'log.txt', description: 'a log' }],
  })
  expect(discord.said(thread.id)[0]).toMatchObject({
    content: 'because',
    attachments: [{ filename: 'log.txt', description: 'a log', data: Buffer.from('all of it') }],
  })
  expect(question.reactions[0]!.emoji).toBe('👀')
  const pressed = heard<import('discord.js').ButtonInteraction>(Events.InteractionCreate)
  const interaction = discord.press({ message: discord.said(thread.id)[0]!, user: MIRA, control: 'x' })
  await (await pressed).deferUpdate()
  expect(interaction.answered).toBe(6)
})

async function refusal(work: Promise<unknown>): Promise<{ code: number; status: number } | undefined> {
  return work.then(
    () => undefined,
    (error: { code: number; status: number }) => ({ code: error.code, status: error.status }),
  )
}

it('refuses with Discord’s own codes', async () => {
  const mine = (await rest.post(Routes.channelMessages(channel), { body: { content: 'x' } })) as { id: string }
  const theirs = discord.write({ channel, user: MIRA, text: 'y' })
  const quiet = discord.addChannel({ deny: ['SEND_MESSAGES'] }).id
  const press = discord.press({ message: discord.said(channel)[0]!, user: MIRA, control: 'x' })
  const answer = (token = press.token) =>
    rest.post(Routes.interactionCallback(press.id, token), { body: { type: 6 }, auth: false })
  const send = (body: unknown, to = channel) => rest.post(Routes.channelMessages(to), { body })
  const cases: [() => Promise<unknown>, number, number][] = [
    [() => send({}), 50006, 400],
    [() => send({ content: 'x'.repeat(2001) }), 50035, 400],
    [() => send({ content: 'x' }, quiet), 50013, 403],
    [() => send({ content: 'x' }, '999999999999999999'), 10003, 404],
    [() => rest.patch(Routes.channelMessage(channel, '999999999999999999'), { body: { content: 'x' } }), 10008, 404],
    [() => rest.patch(Routes.channelMessage(channel, theirs.id), { body: { content: 'x' } }), 50005, 403],
    [() => answer('wrong'), 10062, 404],
    [() => rest.get(Routes.guildMember(discord.guild, '999999999999999999')), 10013, 404],
  ]
  for (const [work, code, status] of cases) expect(await refusal(work())).toEqual({ code, status })
  await answer()
  expect(await refusal(answer())).toEqual({ code: 40060, status: 400 })
  await rest.post(Routes.threads(channel, mine.id), { body: { name: 'x' } })
  expect(await refusal(rest.post(Routes.threads(channel, mine.id), { body: { name: 'x' } }))).toEqual({
    code: 160004,
    status: 400,
  })
})

it('posts once for one nonce, and never shows a nonce later', async () => {
  const body = { content: 'once', nonce: 'n1', enforce_nonce: true }
  const first = (await rest.post(Routes.channelMessages(channel), { body })) as { id: string; nonce: string }
  const second = (await rest.post(Routes.channelMessages(channel), { body })) as { id: string }
  expect(second.id).toBe(first.id)
  expect(first.nonce).toBe('n1')
  expect(await rest.get(Routes.channelMessage(channel, first.id))).not.toHaveProperty('nonce')
})

it.each<[string, string, unknown, string | undefined]>([
  ['POST', '/channels/1/messages', { content: 'x', allowed_mentions: { parse: [], users: [], roles: [] } }, undefined],
  ['POST', '/channels/1/messages', { content: 'x', mentions: [] }, '.mentions is not in the document'],
  ['POST', '/channels/1/messages', { content: 1 }, '.content is not string or null'],
  ['POST', '/channels/1/messages', { embeds: [{ url: 'no address' }] }, '.embeds.0.url is no address'],
  [
    'POST',
    '/channels/1/messages',
    { components: [{ type: 1, components: [{ type: 99 }] }] },
    '.components.0.components.0',
  ],
  ['POST', '/channels/1/messages/2/threads', {}, '.name is missing'],
  ['POST', '/channels/1/messages/2/threads', { name: 'x', auto_archive_duration: 7 }, '.auto_archive_duration'],
  ['PUT', '/channels/1/messages/2/reactions/x/@me', undefined, undefined],
  ['DELETE', '/channels/1', undefined, 'DELETE /channels/1 is not in the document'],
])('what the document does not know is refused: %s %s %j', (method, path, body, why) => {
  const found = refusedBy(method, path, new URLSearchParams(), body)
  if (why === undefined) expect(found).toBeUndefined()
  else expect(found).toContain(why)
})

it('a query that the document does not know is refused', () => {
  const get = (query: string) => refusedBy('GET', '/channels/1/messages', new URLSearchParams(query), undefined)
  expect(get('after=300000000000000001&limit=100')).toBeUndefined()
  expect(get('limit=101')).toContain('limit')
  expect(get('since=1')).toBe('the query since is not in the document')
})

const text = (length: number) => 'x'.repeat(length)
const row = (...components: unknown[]) => [{ type: 1, components }]
const button = (more: object) => ({ type: 2, style: 1, label: 'l', custom_id: 'c', ...more })
const select = (more: object) => ({ type: 3, custom_id: 'c', options: [{ label: 'l', value: 'v' }], ...more })
const field = (more: object) => ({ embeds: [{ fields: [{ name: 'n', value: 'v', ...more }] }] })

/** How much of it is sent for each limit of the document; messages, unless it says otherwise. */
const SENT: Record<string, (amount: number) => object> = {
  'embed.title': (n) => ({ embeds: [{ title: text(n) }] }),
  'embed.description': (n) => ({ embeds: [{ description: text(n) }] }),
  'embed.color': (n) => ({ embeds: [{ title: 't', color: n }] }),
  'embed.fields': (n) => ({ embeds: [{ fields: Array.from({ length: n }, () => ({ name: 'n', value: 'v' })) }] }),
  'field.name': (n) => field({ name: text(n) }),
  'field.value': (n) => field({ value: text(n) }),
  'message.embeds': (n) => ({ embeds: Array.from({ length: n }, () => ({ title: 't' })) }),
  'row.components': (n) => ({
    components: row(...Array.from({ length: n }, (_, i) => button({ custom_id: `c${i}` }))),
  }),
  'button.custom_id': (n) => ({ components: row(button({ custom_id: text(n) })) }),
  'button.label': (n) => ({ components: row(button({ label: text(n) })) }),
  'select.custom_id': (n) => ({ components: row(select({ custom_id: text(n) })) }),
  'select.placeholder': (n) => ({ components: row(select({ placeholder: text(n) })) }),
  'select.options': (n) => ({
    components: row(select({ options: Array.from({ length: n }, (_, i) => ({ label: 'l', value: `v${i}` })) })),
  }),
  'option.label': (n) => ({ components: row(select({ options: [{ label: text(n), value: 'v' }] })) }),
  'option.value': (n) => ({ components: row(select({ options: [{ label: 'l', value: text(n) }] })) }),
  'mentions.users': (n) => ({
    content: 'x',
    allowed_mentions: { users: Array.from({ length: n }, (_, i) => String(300000000000000000n + BigInt(i))) },
  }),
}

it.each(Object.keys(SENT))('accepts %s up to the limit of the OpenAPI document, and no further', async (name) => {
  const { minLength, maxLength, minItems, maxItems, maximum } = LIMITS[name]!
  const most = maxLength ?? maxItems ?? maximum!
  const send = (amount: number) =>
    refusal(rest.post(Routes.channelMessages(channel), { body: { content: 'x', ...SENT[name]!(amount) } }))
  expect(await send(most)).toBeUndefined()
  expect(await send(most + 1)).toEqual({ code: 50035, status: 400 })
  if ((minLength ?? minItems ?? 0) > 0) expect(await send(0)).toEqual({ code: 50035, status: 400 })
})

const FORMS: Record<string, (amount: number) => object> = {
  'modal.custom_id': (n) => ({ custom_id: text(n) }),
  'modal.title': (n) => ({ title: text(n) }),
  'input.custom_id': (n) => ({ input: { custom_id: text(n) } }),
  'input.label': (n) => ({ input: { label: text(n) } }),
  'input.placeholder': (n) => ({ input: { placeholder: text(n) } }),
  'input.max_length': (n) => ({ input: { max_length: n } }),
}

it.each(Object.keys(FORMS))('accepts %s of a form up to that limit, and no further', async (name) => {
  const { maxLength, maximum } = LIMITS[name]!
  const message = discord.said(channel)[0]!
  const send = (amount: number) => {
    const { input = {}, ...more } = FORMS[name]!(amount) as { input?: object }
    const press = discord.press({ message, user: MIRA, control: 'x' })
    const components = row({ type: 4, custom_id: 'i', label: 'l', style: 1, ...input })
    return refusal(
      rest.post(Routes.interactionCallback(press.id, press.token), {
        body: { type: 9, data: { custom_id: 'c', title: 't', components, ...more } },
        auth: false,
      }),
    )
  }
  expect(await send(maxLength ?? maximum!)).toBeUndefined()
  expect(await send((maxLength ?? maximum!) + 1)).toEqual({ code: 50035, status: 400 })
})
