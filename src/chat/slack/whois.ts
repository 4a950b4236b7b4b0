// Who somebody is in the workspace, and which of its user groups they are in. Asked anew each time.
import type { WebClient } from '@slack/web-api'
import { z } from 'zod'
import type { Say } from '../contract.ts'
import { neutraliseLine } from '../neutralise.ts'
import { slackErrorCode, toSayError } from './errors.ts'
import type { Self } from './parse.ts'

const User = z.object({
  id: z.string(),
  team_id: z.string().optional(),
  name: z.string().optional(),
  deleted: z.boolean().optional(),
  is_bot: z.boolean().optional(),
  is_restricted: z.boolean().optional(),
  is_ultra_restricted: z.boolean().optional(),
  is_stranger: z.boolean().optional(),
  profile: z.object({ display_name: z.string().optional(), real_name: z.string().optional() }).optional(),
  enterprise_user: z.object({ teams: z.array(z.string()).optional() }).optional(),
})

export function createWhois(client: WebClient, self: () => Self): Say['whois'] {
  return async (person, rules) => {
    const asked = rules.filter((rule) => rule.platform === 'slack' && rule.kind === 'group')
    const [info, ...groups] = await Promise.all([
      client.users.info({ user: person.id }).catch((error: unknown) => {
        // somebody of a connected workspace whom we may not see is a stranger, not an error
        if (slackErrorCode(error) === 'user_not_visible') return undefined
        throw toSayError(error)
      }),
      ...asked.map(async (rule) => {
        const reply = await client.usergroups.users.list({ usergroup: rule.id }).catch((error: unknown) => {
          // a group that was removed has nobody in it
          if (slackErrorCode(error) === 'no_such_subteam') return { users: [] }
          throw toSayError(error)
        })
        return (reply.users ?? []).includes(person.id) ? [rule.id] : []
      }),
    ])
    if (!info) return { name: person.id, bot: false, guest: false, stranger: true, groups: [], roles: [] }
    const user = User.parse(info.user)
    const ownTeams = user.enterprise_user?.teams ?? []
    const foreign = user.team_id !== undefined && user.team_id !== self().team && !ownTeams.includes(self().team)
    return {
      name: neutraliseLine(user.profile?.display_name || user.profile?.real_name || user.name || user.id).slice(0, 80),
      bot: user.is_bot === true || user.id === 'USLACKBOT',
      guest: user.is_restricted === true || user.is_ultra_restricted === true,
      stranger: user.deleted === true || user.is_stranger === true || foreign,
      groups: groups.flat(),
      roles: [],
    }
  }
}
