// What people find under "/" and in the menu of a message; `discord register` tells Discord of it.
import {
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  type REST,
  Routes,
} from 'discord.js'
import { z } from 'zod'

export const COMMAND = 'firstmate'
export const MENU = 'Investigate this'

const COMMANDS = [
  {
    name: COMMAND,
    type: ApplicationCommandType.ChatInput,
    description: 'Ask about the cluster',
    options: [
      {
        type: ApplicationCommandOptionType.String,
        name: 'question',
        description: 'for example: what is wrong in shop? or: approvals',
        max_length: 2000,
        required: false,
      },
    ],
  },
  { name: MENU, type: ApplicationCommandType.Message },
]

/** where we are ourselves: not in direct messages of others */
const EVERYWHERE = {
  integration_types: [ApplicationIntegrationType.GuildInstall],
  contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
}

/** Replaces the bot's commands: in each of these servers and nowhere else; with none, everywhere (direct messages too). Resolves their names. Throws what the REST client throws. */
export async function registerCommands(rest: REST, app: string, guilds: readonly string[]): Promise<string[]> {
  for (const guild of guilds) await rest.put(Routes.applicationGuildCommands(app, guild), { body: COMMANDS })
  // those of everywhere would stand beside those of a server, each twice
  const everywhere = guilds.length > 0 ? [] : COMMANDS.map((command) => ({ ...command, ...EVERYWHERE }))
  await rest.put(Routes.applicationCommands(app), { body: everywhere })
  return COMMANDS.map((one) => one.name)
}

/** The names that are registered there. */
export async function registeredCommands(rest: REST, app: string, guild?: string): Promise<string[]> {
  const route = guild ? Routes.applicationGuildCommands(app, guild) : Routes.applicationCommands(app)
  return z
    .array(z.object({ name: z.string() }))
    .parse(await rest.get(route))
    .map((one) => one.name)
}
