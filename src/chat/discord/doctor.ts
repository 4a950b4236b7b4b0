// What `doctor` says about Discord: token, intents, servers, permissions, commands, channels; each finding with what to do.
import { type REST, Routes } from 'discord.js'
import { z } from 'zod'
import type { Config } from '../../config.ts'
import { messageOf } from '../../core/errors.ts'
import type { PersonRule } from '../../core/people.ts'
import type { Health } from '../contract.ts'
import { peopleOf } from '../people.ts'
import { COMMAND, registeredCommands } from './commands.ts'
import { discordErrorCode, discordStatus } from './errors.ts'
import { Bits, inChannel, missing, Overwrites } from './permissions.ts'
import { memberOf } from './whois.ts'

/** https://docs.discord.com/developers/resources/application#application-object-application-flags: granted in full, or to a small bot */
const MESSAGE_CONTENT = (1 << 18) | (1 << 19)

const App = z.object({
  id: z.string(),
  name: z.string(),
  flags: z.int().default(0),
  bot: z.object({ id: z.string() }).optional(),
})
const Guild = z.object({ id: z.string(), name: z.string(), permissions: Bits })
type Guild = z.infer<typeof Guild>
const Channel = z.object({
  name: z.string().nullish(),
  guild_id: z.string().optional(),
  permission_overwrites: Overwrites.default([]),
})
const Roles = z.object({ roles: z.array(z.object({ id: z.string() })) })

const NOWHERE =
  'The bot is in no server yet: invite it with the link of "OAuth2", "URL Generator" (docs/discord.md, step 4)'

export async function inspectDiscord(options: { config: Config; rest: REST }): Promise<Health[]> {
  const { config, rest } = options
  const found: Health[] = []
  const add = (name: string, ok: boolean, detail: string) => found.push({ name: `discord ${name}`, ok, detail })

  let app: z.infer<typeof App>
  try {
    app = App.parse(await rest.get(Routes.currentApplication()))
    add('bot token', true, `Signed in as ${app.name}.`)
  } catch (error) {
    const refused = `DISCORD_BOT_TOKEN does not work (${reason(error)}): copy it from the page "Bot" of the application again.`
    const away = `Discord cannot be reached from here (${reason(error)}), so nothing else was looked at.`
    add('bot token', false, discordStatus(error) === undefined ? away : refused)
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

  await inspectPeople(config, rest, guilds, add)
  for (const { channel } of config.INCIDENT_CHANNELS.filter((one) => one.platform === 'discord'))
    await inspectChannel(channel, app.bot?.id ?? app.id, guilds, rest, add)
  return found
}

type Add = (name: string, ok: boolean, detail: string) => void

/** The servers that we serve and are in. */
async function inspectGuilds(config: Config, rest: REST, add: Add): Promise<Guild[]> {
  let mine: Guild[]
  try {
    mine = z.array(Guild).parse(await rest.get(Routes.userGuilds()))
  } catch (error) {
    add('servers', false, `The bot's servers cannot be listed (${reason(error)}).`)
    return []
  }
  const wanted = config.DISCORD_GUILDS
  if (wanted.length === 0 && mine.length !== 1) {
    const many = `The bot is in ${mine.length} servers: set DISCORD_GUILDS to the ids of those whose members may ask.`
    add('servers', false, mine.length === 0 ? `${NOWHERE}.` : many)
    return []
  }
  const served = wanted.length === 0 ? mine : mine.filter((one) => wanted.includes(one.id))
  for (const { id, name, permissions } of served) {
    const lacks = missing(permissions)
    const less = `Members of ${name} may ask, but in some or all channels I may not: ${lacks.join(', ')}. Give these permissions to my role there.`
    add(`server ${id}`, lacks.length === 0, lacks.length === 0 ? `Members of ${name} may ask.` : less)
  }
  for (const id of wanted.filter((one) => !mine.some((guild) => guild.id === one)))
    add(`server ${id}`, false, `I am not in server ${id}: invite me there, or correct DISCORD_GUILDS.`)
  return served
}

/** A channel in which incidents are told: do we see it, and may we do there what we must? */
async function inspectChannel(channel: string, bot: string, guilds: Guild[], rest: REST, add: Add): Promise<void> {
  const say = (ok: boolean, detail: string) => add(`channel ${channel}`, ok, detail)
  try {
    const found = Channel.parse(await rest.get(Routes.channel(channel)))
    const name = `#${found.name ?? channel}`
    const guild = guilds.find((one) => one.id === found.guild_id)
    if (!guild) return say(false, `${name} is in no server of DISCORD_GUILDS.`)
    const roles = (await memberOf(rest, guild.id, bot))?.roles ?? []
    const granted = inChannel(guild.permissions, found.permission_overwrites, { guild: guild.id, user: bot, roles })
    const lacks = missing(granted)
    say(
      lacks.length === 0,
      lacks.length === 0
        ? `I can work in ${name}.`
        : `In ${name} I may not: ${lacks.join(', ')}. Give me these permissions there.`,
    )
  } catch (error) {
    say(false, `It cannot be read (${reason(error)}): give me View Channels there, or correct INCIDENT_CHANNELS.`)
  }
}

async function inspectCommands(rest: REST, app: string, guilds: Guild[], add: Add): Promise<void> {
  try {
    const places = await Promise.all(
      [undefined, ...guilds.map(({ id }) => id)].map((guild) => registeredCommands(rest, app, guild)),
    )
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

/** People and roles of the settings who can do nothing here. */
async function inspectPeople(config: Config, rest: REST, guilds: Guild[], add: Add): Promise<void> {
  if (guilds.length === 0) return
  for (const rule of peopleOf(config, 'discord')) {
    const trouble = await troubleWith(rule, guilds, rest)
    if (trouble) add(`${rule.kind} ${rule.id}`, false, trouble)
  }
}

async function troubleWith({ kind, id }: PersonRule, guilds: Guild[], rest: REST): Promise<string | undefined> {
  const places = guilds.map(({ name }) => name).join(', ')
  try {
    if (kind === 'role') {
      const roles = await Promise.all(
        guilds.map(async (guild) => Roles.parse(await rest.get(Routes.guild(guild.id))).roles),
      )
      return roles.flat().some((role) => role.id === id) ? undefined : `There is no role ${id} in ${places}.`
    }
    const members = await Promise.all(guilds.map((guild) => memberOf(rest, guild.id, id)))
    const found = members.filter((member) => member !== undefined)
    if (found.length === 0) return `${id} is no member of ${places}.`
    return found.some(({ user }) => user.bot) ? `${id} is a bot, and bots may do nothing.` : undefined
  } catch (error) {
    return `It cannot be looked up (${reason(error)}): correct ASKERS, APPROVERS and ADMINS.`
  }
}

function reason(error: unknown): string {
  const code = discordErrorCode(error) || discordStatus(error)
  const why = messageOf(error).slice(0, 100)
  return code && !why.includes(String(code)) ? `${why}, ${code}` : why
}
