// What never changes about a channel: its server, its parent, whether it is a thread. Asked once, kept in a bounded list.
import { type REST, Routes } from 'discord.js'
import { z } from 'zod'

const MAX_KNOWN = 5000

export const Channel = z.object({
  id: z.string(),
  type: z.int(),
  guild_id: z.string().optional(),
  parent_id: z.string().nullish(),
  name: z.string().nullish(),
  owner_id: z.string().optional(),
})
export type Channel = z.infer<typeof Channel>

export interface Channels {
  /** Throws what the REST client throws. */
  get(id: string): Promise<Channel>
}

export function createChannels(rest: REST): Channels {
  const known = new Map<string, Promise<Channel>>()
  return {
    get(id) {
      const found = known.get(id)
      if (found) return found
      const asked = rest.get(Routes.channel(id)).then((body) => Channel.parse(body))
      asked.catch(() => known.delete(id))
      known.set(id, asked)
      if (known.size > MAX_KNOWN) known.delete(known.keys().next().value!)
      return asked
    },
  }
}

/** https://docs.discord.com/developers/resources/channel#channel-object-channel-types */
export function isThread(channel: { type: number }): boolean {
  return channel.type >= 10 && channel.type <= 12
}

/** Forum and media channels hold threads and nothing else. */
export function isForum(channel: { type: number }): boolean {
  return channel.type === 15 || channel.type === 16
}
