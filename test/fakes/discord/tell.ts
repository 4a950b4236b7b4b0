// What the bot is told over the gateway: messages as far as its intents and permissions go, and interactions.
import { type Gateway, Intent } from './gateway.ts'
import type { Interaction } from './route.ts'
import {
  type FakeMessage,
  isThread,
  publicChannel,
  publicMember,
  publicMessage,
  publicUser,
  type World,
} from './world.ts'

const ALL = (1n << 53n) - 1n

export interface Telling {
  tell(event: 'MESSAGE_CREATE' | 'MESSAGE_UPDATE', message: FakeMessage): void
  interact(user: string, channel: string, payload: Record<string, unknown>, permissions?: bigint): Interaction
}

export function createTelling(world: World, gateway: Gateway, interactions: Map<string, Interaction>): Telling {
  function tell(event: string, message: FakeMessage): void {
    const channel = world.channels.get(message.channel_id)!
    const parent = isThread(channel) ? world.channels.get(channel.parent_id!) : channel
    if (parent?.deny.has('VIEW_CHANNEL')) return
    const guild = channel.guild_id ? world.guilds.get(channel.guild_id) : undefined
    gateway.dispatch(event, (intents) => {
      if (!(intents & (guild ? Intent.guildMessages : Intent.directMessages))) return undefined
      const exempt = !guild || message.author === world.bot.id || message.notified.includes(world.bot.id)
      const { user: _user, ...member } = (guild && publicMember(world, guild, message.author)) ?? {}
      return {
        ...publicMessage(world, message, { content: exempt || (intents & Intent.messageContent) !== 0, nonce: true }),
        channel_type: channel.type,
        ...(guild ? { guild_id: guild.id, member } : {}),
      }
    })
  }

  /** https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object */
  function interact(user: string, channel: string, payload: Record<string, unknown>, permissions = ALL): Interaction {
    const place = world.channels.get(channel)!
    const guild = place.guild_id ? world.guilds.get(place.guild_id) : undefined
    const id = world.id()
    const data = {
      id,
      application_id: world.app,
      token: `interaction-${id}`,
      version: 1,
      channel_id: channel,
      channel: publicChannel(world, place),
      locale: 'en-US',
      app_permissions: String(permissions),
      entitlements: [],
      authorizing_integration_owners: {},
      attachment_size_limit: 10 * 1024 * 1024,
      ...(guild
        ? {
            guild_id: guild.id,
            guild: { id: guild.id, locale: 'en-US', features: [] },
            guild_locale: 'en-US',
            context: 0,
            member: { ...publicMember(world, guild, user), permissions: String(ALL) },
          }
        : { context: 1, user: publicUser(world.users.get(user)!) }),
      ...payload,
    }
    const interaction: Interaction = {
      id,
      token: data.token,
      at: Date.now(),
      user,
      channel,
      data,
      ...(payload.message ? { message: String((payload.message as { id: string }).id) } : {}),
    }
    interactions.set(id, interaction)
    gateway.dispatch('INTERACTION_CREATE', () => data)
    return interaction
  }

  return { tell, interact }
}
