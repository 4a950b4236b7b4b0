// What people find under "/" and in the menu of a message; `discord register` tells Discord of it.
import { ApplicationCommandOptionType, ApplicationCommandType, type REST, Routes } from 'discord.js'
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

/** Replaces the bot's commands in each of these servers; with none, everywhere (direct messages too). Resolves their names. Throws what the REST client throws. */
export async function registerCommands(rest: REST, app: string, guilds: readonly string[]): Promise<string[]> {
  const routes = [
    ...guilds.map((guild) => Routes.applicationGuildCommands(app, guild)),
    ...(guilds.length === 0 ? [Routes.applicationCommands(app)] : []),
  ]
  for (const route of routes) await rest.put(route, { body: COMMANDS })
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
