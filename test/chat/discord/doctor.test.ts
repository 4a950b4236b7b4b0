// What `doctor` says about Discord, what `discord register` does, and what stops the start.
import { afterEach, expect, it } from 'vitest'
import { createDiscord } from '../../../src/chat/discord/adapter.ts'
import { register } from '../../../src/chat/discord/register.ts'
import { createOutbox } from '../../../src/chat/outbox.ts'
import { silentLogger } from '../../../src/log.ts'
import type { Store } from '../../../src/store/store.ts'
import { type FakeDiscord, type FakeDiscordOptions, GUILD } from '../../fakes/discord/discord.ts'
import { discordConfig, harbour } from '../rigs/discord.ts'

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
