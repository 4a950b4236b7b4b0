// Which permissions the bot needs, and which of them it lacks somewhere. https://docs.discord.com/developers/topics/permissions
import { PermissionFlagsBits as Bit, OverwriteType } from 'discord.js'
import { z } from 'zod'

/** The permissions of the invitation, as Discord's settings call them. */
export const PERMISSIONS: Record<string, bigint> = {
  'View Channels': Bit.ViewChannel,
  'Send Messages': Bit.SendMessages,
  'Send Messages in Threads': Bit.SendMessagesInThreads,
  'Create Public Threads': Bit.CreatePublicThreads,
  'Embed Links': Bit.EmbedLinks,
  'Attach Files': Bit.AttachFiles,
  'Add Reactions': Bit.AddReactions,
  'Read Message History': Bit.ReadMessageHistory,
}

export const Bits = z
  .string()
  .regex(/^\d{1,30}$/)
  .transform(BigInt)

/** What a channel changes for a role or a member. */
export const Overwrites = z.array(z.object({ id: z.string(), type: z.int(), allow: Bits, deny: Bits }))

/** Those that are missing, by name. */
export function missing(granted: bigint): string[] {
  if (granted & Bit.Administrator) return []
  return Object.entries(PERMISSIONS).flatMap(([name, bit]) => (granted & bit ? [] : [name]))
}

/** What is left of a server's permissions in one of its channels. `who`: the bot and its roles there. */
export function inChannel(
  granted: bigint,
  overwrites: z.infer<typeof Overwrites>,
  who: { guild: string; user: string; roles: string[] },
): bigint {
  if (granted & Bit.Administrator) return granted
  const ofRoles = overwrites.filter((one) => one.type === OverwriteType.Role && who.roles.includes(one.id))
  // everyone first, then all roles together, then the member
  return [
    overwrites.filter((one) => one.type === OverwriteType.Role && one.id === who.guild),
    ofRoles,
    overwrites.filter((one) => one.type === OverwriteType.Member && one.id === who.user),
  ].reduce((left, step) => {
    const deny = step.reduce((bits, one) => bits | one.deny, 0n)
    const allow = step.reduce((bits, one) => bits | one.allow, 0n)
    return (left & ~deny) | allow
  }, granted)
}
