// Tells Discord of our commands, for the command line: needs no gateway and no store.
import { Routes } from 'discord.js'
import { z } from 'zod'
import type { Config } from '../../config.ts'
import { messageOf, SettingsError, UnavailableError } from '../../core/errors.ts'
import { registerCommands } from './commands.ts'
import { discordStatus } from './errors.ts'
import { createRest } from './rest.ts'

/** Resolves the names of what was registered. Throws a SettingsError for what the operator must mend, an UnavailableError for what may pass. */
export async function register(config: Config): Promise<string[]> {
  const rest = createRest(config)
  try {
    const { id } = z.object({ id: z.string() }).parse(await rest.get(Routes.currentApplication()))
    return await registerCommands(rest, id, config.DISCORD_GUILDS)
  } catch (error) {
    const status = discordStatus(error)
    if (status === 401)
      throw new SettingsError(
        'DISCORD_BOT_TOKEN is refused by Discord; copy the token from the page "Bot" of the application again.',
      )
    if (status === 403 || status === 404)
      throw new SettingsError(
        `The bot may not register commands in a server of DISCORD_GUILDS: invite it there with the scope applications.commands (${messageOf(error)}).`,
      )
    throw new UnavailableError(`The commands could not be registered: ${messageOf(error)}`, { cause: error })
  } finally {
    rest.clearHashSweeper()
    rest.clearHandlerSweeper()
  }
}
