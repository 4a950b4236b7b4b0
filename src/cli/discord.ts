// `discord register`: tells Discord which commands the bot has. Needed once, and again after an upgrade that changes them.
import { loadConfig } from '../config.ts'
import { SettingsError, UsageError } from '../core/errors.ts'
import type { Io } from './io.ts'
import { readOptions } from './options.ts'

const USAGE = `Usage: firstmate discord register

Registers /firstmate and the message command "Investigate this" in each server of DISCORD_GUILDS; without it, everywhere the bot is.
Needs DISCORD_BOT_TOKEN. Commands of servers appear at once; those for everywhere may take an hour.
`

export async function discord(args: string[], io: Io): Promise<number> {
  const parsed = readOptions(args, {}, USAGE, io, 1)
  if (!parsed) return 0
  const [verb] = parsed.positionals
  if (verb !== 'register') throw new UsageError(`discord takes register${verb ? `, not "${verb}"` : ''}.`)
  const config = loadConfig()
  if (!config.DISCORD_BOT_TOKEN)
    throw new SettingsError(
      'DISCORD_BOT_TOKEN is not set: copy it from the page "Bot" of the application at https://discord.com/developers.',
    )
  const { register } = await import('../chat/discord/register.ts')
  const names = await register(config)
  const where = config.DISCORD_GUILDS.length > 0 ? `in ${config.DISCORD_GUILDS.join(', ')}` : 'everywhere the bot is'
  io.out(`Registered ${where}: ${names.join(', ')}.\n`)
  return 0
}
