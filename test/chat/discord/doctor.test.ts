// What `doctor` says about Discord, what `discord register` does, and what stops the start.
import { afterEach, expect, it } from 'vitest'
import { createDiscord } from '../../../src/chat/discord/adapter.ts'
import { inChannel, missing, PERMISSIONS } from '../../../src/chat/discord/permissions.ts'
import { register } from '../../../src/chat/discord/register.ts'
import { createOutbox } from '../../../src/chat/outbox.ts'
import { silentLogger } from '../../../src/log.ts'
import type { Store } from '../../../src/store/store.ts'
import { botRole, type FakeDiscord, type FakeDiscordOptions, GUILD } from '../../fakes/discord/discord.ts'
import { discordConfig, harbour, MIRA } from '../rigs/discord.ts'

const store = { prefix: 'x:' } as Store
let discord: FakeDiscord
afterEach(() => discord.stop())

async function adapter(env: Record<string, string> = {}, options: FakeDiscordOptions = {}) {
  discord = await harbour(options)
  discord.addChannel({ id: '700000000000000001', name: 'incidents' })
  discord.addChannel({ id: '700000000000000002', name: 'hidden', deny: ['VIEW_CHANNEL'] })
  return createDiscord({
    config: discordConfig(discord, env),
    store,
    outbox: createOutbox({ store }),
    log: silentLogger,
  })
}
const handlers = {
  enqueue: async () => ({ accepted: true }),
  mayAsk: async () => ({ allowed: true as const }),
  onClick: async () => ({}),
}

it('finds nothing wrong where nothing is', async () => {
  const one = await adapter({ INCIDENT_CHANNELS: 'discord:700000000000000001' })
  expect(await register(discordConfig(discord))).toEqual(['firstmate', 'Investigate this'])
  expect(discord.world.commands.get(GUILD)).toHaveLength(2)
  expect(await register(discordConfig(discord, { DISCORD_GUILDS: '' }))).toHaveLength(2)
  // nowhere in direct messages of others
  expect(discord.world.commands.get('')).toMatchObject([
    { contexts: [0, 1], integration_types: [0] },
    { contexts: [0, 1] },
  ])
  // named servers have them alone: nobody sees each command twice
  await register(discordConfig(discord))
  expect(discord.world.commands.get('')).toEqual([])
  expect((await one.doctor()).map(({ name, ok }) => [name, ok])).toEqual([
    ['discord bot token', true],
    ['discord intents', true],
    [`discord server ${GUILD}`, true],
    ['discord commands', true],
    ['discord channel 700000000000000001', true],
  ])
})

it('names the missing intent, server, commands and channel, each with what to do', async () => {
  const env = { INCIDENT_CHANNELS: 'discord:700000000000000002', DISCORD_GUILDS: `${GUILD},900000000000000008` }
  const found = await (await adapter(env, { granted: 0 })).doctor()
  const wrong = Object.fromEntries(found.filter((one) => !one.ok).map((one) => [one.name, one.detail]))
  expect(Object.keys(wrong)).toEqual([
    'discord intents',
    'discord server 900000000000000008',
    'discord commands',
    'discord channel 700000000000000002',
  ])
  expect(wrong['discord intents']).toContain('Privileged Gateway Intents')
  expect(wrong['discord commands']).toContain('discord register')
})

it('names what it may not do, in a server or in one channel of it', async () => {
  const channel = '700000000000000003'
  const env = { INCIDENT_CHANNELS: `discord:${channel}`, DISCORD_GUILDS: `${GUILD},900000000000000008` }
  const one = await adapter(env)
  discord.addChannel({ id: channel, name: 'quiet', deny: ['SEND_MESSAGES', 'CREATE_PUBLIC_THREADS'] })
  discord.addGuild({ id: '900000000000000008', name: 'poor', granted: String((1n << 10n) | (1n << 11n)) })
  const wrong = Object.fromEntries(
    (await one.doctor()).filter(({ ok }) => !ok).map(({ name, detail }) => [name, detail]),
  )
  expect(wrong['discord server 900000000000000008']).toMatch(
    /^Members of poor may ask, but .* I may not: Send Messages in Threads, Create Public Threads, Embed Links, Attach Files, Add Reactions, Read Message History\./,
  )
  expect(wrong[`discord channel ${channel}`]).toBe(
    'In #quiet I may not: Send Messages, Create Public Threads. Give me these permissions there.',
  )
  expect(wrong).not.toHaveProperty([`discord server ${GUILD}`])
})

it('names people and roles of the settings who can do nothing, and says when nothing can be looked at', async () => {
  const env = {
    APPROVERS: `discord:${MIRA},discord:300000000000000009,discord-role:400000000000000009,discord-role:${botRole(GUILD)}`,
    ADMINS: 'discord:300000000000000005,discord:300000000000000004',
  }
  const one = await adapter(env)
  const people = async () => (await one.doctor()).filter(({ name }) => /person|role/.test(name))
  expect((await people()).map(({ name, ok, detail }) => `${ok} ${name}: ${detail}`)).toEqual([
    'false discord person 300000000000000009: 300000000000000009 is no member of Fake harbour.',
    'false discord role 400000000000000009: There is no role 400000000000000009 in Fake harbour.',
    'false discord person 300000000000000005: 300000000000000005 is a bot, and bots may do nothing.',
    'false discord person 300000000000000004: 300000000000000004 is no member of Fake harbour.',
  ])
  discord.outage(true)
  expect(await one.doctor()).toMatchObject([{ ok: false, detail: expect.stringMatching(/^Discord cannot be reached/) }])
})

it('adds up what a channel changes as Discord does: everyone, then all roles, then the member', () => {
  const who = { guild: '1', user: '2', roles: ['3', '4'] }
  const change = (id: string, type: number, allow: bigint, deny: bigint) => ({ id, type, allow, deny })
  const all = Object.values(PERMISSIONS).reduce((bits, bit) => bits | bit, 0n)
  const send = PERMISSIONS['Send Messages']!
  expect(inChannel(all, [change('1', 0, 0n, send)], who) & send).toBe(0n)
  expect(inChannel(all, [change('3', 0, 0n, send), change('4', 0, send, 0n)], who) & send).toBe(send)
  expect(inChannel(all, [change('4', 0, send, 0n), change('2', 1, 0n, send)], who) & send).toBe(0n)
  expect(inChannel(all, [change('9', 0, 0n, all), change('9', 1, 0n, all)], who)).toBe(all)
  expect(missing(inChannel(8n, [change('1', 0, 0n, all)], who))).toEqual([])
  // the number in docs/discord.md
  expect(all).toBe(309237763136n)
})

it('says which setting is wrong, in doctor and at the start', async () => {
  const bad = await adapter({ DISCORD_BOT_TOKEN: 'wrong' })
  expect(await bad.doctor()).toMatchObject([{ name: 'discord bot token', ok: false }])
  await expect(bad.start(handlers)).rejects.toThrow(/^DISCORD_BOT_TOKEN is refused/)
  await expect(register(discordConfig(discord, { DISCORD_BOT_TOKEN: 'wrong' }))).rejects.toThrow(
    /^DISCORD_BOT_TOKEN is refused/,
  )
  await expect(register(discordConfig(discord, { DISCORD_GUILDS: '900000000000000008' }))).rejects.toThrow(
    /applications\.commands/,
  )
  discord.addGuild({ id: '900000000000000007' })
  const many = createDiscord({
    config: discordConfig(discord, { DISCORD_GUILDS: '' }),
    store,
    outbox: createOutbox({ store }),
    log: silentLogger,
  })
  await expect(many.start(handlers)).rejects.toThrow(/DISCORD_GUILDS/)
})
