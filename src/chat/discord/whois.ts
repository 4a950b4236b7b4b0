// Who somebody is in the servers that we serve, and which of their roles count. Asked anew each time.
import { type REST, Routes } from 'discord.js'
import { z } from 'zod'
import type { Person, PersonRule } from '../../core/people.ts'
import type { Profile, Say } from '../contract.ts'
import { neutraliseLine } from '../neutralise.ts'
import { CODE, discordErrorCode, toSayError } from './errors.ts'
import type { Self } from './parse.ts'

const Member = z.object({
  roles: z.array(z.string()).default([]),
  nick: z.string().nullish(),
  pending: z.boolean().nullish(),
  user: z.object({ username: z.string(), global_name: z.string().nullish(), bot: z.boolean().nullish() }),
})

export function createWhois(rest: REST, self: () => Self): Say['whois'] {
  /** A click in a private message carries no roles, so everybody is looked up in the servers we serve, always. */
  async function whois(person: Person, rules: PersonRule[]): Promise<Profile> {
    const asked = new Set(
      rules.flatMap((rule) => (rule.platform === 'discord' && rule.kind === 'role' ? [rule.id] : [])),
    )
    const found = await Promise.all(self().guilds.map((guild) => memberOf(rest, guild, person.id)))
    const members = found.filter((member) => member !== undefined)
    const [first] = members
    const name = first?.nick || first?.user.global_name || first?.user.username || person.name || person.id
    return {
      name: neutraliseLine(name).slice(0, 80),
      bot: members.some((member) => member.user.bot === true),
      // who has not accepted the rules of a server yet is not a member of it
      guest: members.length > 0 && members.every((member) => member.pending === true),
      stranger: members.length === 0,
      groups: [],
      roles: [...new Set(members.filter((member) => member.pending !== true).flatMap((member) => member.roles))].filter(
        (role) => asked.has(role),
      ),
    }
  }

  return whois
}

/** Undefined for somebody who is not a member. Throws a SayError. */
export async function memberOf(rest: REST, guild: string, user: string): Promise<z.infer<typeof Member> | undefined> {
  try {
    return Member.parse(await rest.get(Routes.guildMember(guild, user)))
  } catch (error) {
    const code = discordErrorCode(error)
    if (code === CODE.unknownMember || code === CODE.unknownUser) return undefined
    throw toSayError(error)
  }
}
