// What `doctor` says about Discord: token, servers, intents, permissions, commands, channels; each finding with what to do.
import { type REST, Routes } from 'discord.js'
import { z } from 'zod'
import type { Config } from '../../config.ts'
import { messageOf } from '../../core/errors.ts'
import type { Health } from '../contract.ts'
import { COMMAND, registeredCommands } from './commands.ts'
import { discordErrorCode, discordStatus } from './errors.ts'

/** https://docs.discord.com/developers/resources/application#application-object-application-flags: granted in full, or to a small bot */
const MESSAGE_CONTENT = (1 << 18) | (1 << 19)

const App = z.object({
  id: z.string(),
  name: z.string(),
  flags: z.int().default(0),
  bot_public: z.boolean().default(false),
})

export async function inspectDiscord(options: { config: Config; rest: REST }): Promise<Health[]> {
  const { config, rest } = options
  const found: Health[] = []
  const add = (name: string, ok: boolean, detail: string) => found.push({ name: `discord ${name}`, ok, detail })

  let app: z.infer<typeof App>
  try {
    app = App.parse(await rest.get(Routes.currentApplication()))
    add('bot token', true, `Signed in as ${app.name}.`)
  } catch (error) {
    add(
      'bot token',
      false,
      `DISCORD_BOT_TOKEN does not work (${reason(error)}): copy it from the page "Bot" of the application again.`,
    )
    return found
  }

  const content = (app.flags & MESSAGE_CONTENT) !== 0
  add(
    'intents',
    content,
    content
      ? 'MessageContent is granted.'
      : 'MessageContent is missing: I hear mentions, direct messages and commands, but no follow-ups without a mention. Switch it on under "Bot", "Privileged Gateway Intents".',
  )

  const guilds = await inspectGuilds(config, rest, add)
  await inspectCommands(rest, app.id, guilds, add)

  for (const { channel } of config.INCIDENT_CHANNELS.filter((one) => one.platform === 'discord')) {
    try {
      const { name, guild_id } = z
        .object({ name: z.string().nullish(), guild_id: z.string().optional() })
        .parse(await rest.get(Routes.channel(channel)))
      const served = guild_id !== undefined && guilds.includes(guild_id)
      add(
        `channel ${channel}`,
        served,
        served ? `I see #${name ?? channel}.` : `#${name ?? channel} is in no server of DISCORD_GUILDS.`,
      )
    } catch (error) {
      add(
        `channel ${channel}`,
        false,
        `${channel} cannot be read (${reason(error)}): give me View Channel there, or correct INCIDENT_CHANNELS.`,
      )
    }
  }
  return found
}

type Add = (name: string, ok: boolean, detail: string) => void

/** The servers that we serve and are in. */
async function inspectGuilds(config: Config, rest: REST, add: Add): Promise<string[]> {
  let mine: { id: string; name: string }[]
  try {
    mine = z.array(z.object({ id: z.string(), name: z.string() })).parse(await rest.get(Routes.userGuilds()))
  } catch (error) {
    add('servers', false, `The bot's servers cannot be listed (${reason(error)}).`)
    return []
  }
  const wanted = config.DISCORD_GUILDS
  if (wanted.length === 0) {
    const one = mine.length === 1
    add(
      'servers',
      one,
      one
        ? `Members of ${mine[0]!.name} may ask.`
        : `The bot is in ${mine.length} servers: set DISCORD_GUILDS to the ids of those whose members may ask.`,
    )
    return one ? [mine[0]!.id] : []
  }
  for (const id of wanted) {
    const guild = mine.find((one) => one.id === id)
    add(
      `server ${id}`,
      guild !== undefined,
      guild
        ? `Members of ${guild.name} may ask.`
        : `I am not in server ${id}: invite me there, or correct DISCORD_GUILDS.`,
    )
  }
  return wanted.filter((id) => mine.some((one) => one.id === id))
}

async function inspectCommands(rest: REST, app: string, guilds: string[], add: Add): Promise<void> {
  try {
    const places = await Promise.all([undefined, ...guilds].map((guild) => registeredCommands(rest, app, guild)))
    const there = places.flat().includes(COMMAND)
    add(
      'commands',
      there,
      there ? `/${COMMAND} is registered.` : `/${COMMAND} is not registered: run "firstmate discord register".`,
    )
  } catch (error) {
    add(
      'commands',
      false,
      `The commands cannot be listed (${reason(error)}): invite the bot with the scope applications.commands.`,
    )
  }
}

function reason(error: unknown): string {
  const code = discordErrorCode(error) || discordStatus(error)
  return code ? `${messageOf(error).slice(0, 100)}, ${code}` : messageOf(error)
}
