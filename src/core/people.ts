// Who speaks and who decides. A person is a platform account; nothing here says what they may do.
import { z } from 'zod'

export const Platform = z.enum(['slack', 'discord', 'terminal', 'api', 'policy', 'firstmate'])
export type Platform = z.infer<typeof Platform>

/** `workspace` is the Slack team, the Discord server, or '' where the platform has none. */
export const Person = z.object({
  platform: Platform,
  workspace: z.string().default(''),
  id: z.string(),
  name: z.string().optional(),
})
export type Person = z.infer<typeof Person>

/** The spelling used in settings, audit and logs: `slack:U123`, `discord:42`, `terminal:mira`. */
export function personKey(person: Pick<Person, 'platform' | 'id'>): string {
  return `${person.platform}:${person.id}`
}

/** Firstmate itself, as the asker of work that no person asked for. */
export const FIRSTMATE: Person = { platform: 'firstmate', workspace: '', id: 'firstmate', name: 'firstmate' }

/** An entry of ASKERS, APPROVERS or ADMINS: one person, or a group the platform knows. */
export const PersonRule = z.object({
  platform: Platform,
  kind: z.enum(['person', 'group', 'role']),
  id: z.string(),
})
export type PersonRule = z.infer<typeof PersonRule>

const FORMS: Record<string, Pick<PersonRule, 'platform' | 'kind'>> = {
  slack: { platform: 'slack', kind: 'person' },
  'slack-group': { platform: 'slack', kind: 'group' },
  discord: { platform: 'discord', kind: 'person' },
  'discord-role': { platform: 'discord', kind: 'role' },
  terminal: { platform: 'terminal', kind: 'person' },
  api: { platform: 'api', kind: 'person' },
}

/** Reads `slack:U1`, `slack-group:S1`, `discord:1`, `discord-role:1`, `terminal:NAME`, `api:NAME`; undefined when it is none of them. */
export function parsePersonRule(text: string): PersonRule | undefined {
  const [form = '', ...rest] = text.trim().split(':')
  const id = rest.join(':')
  const known = Object.hasOwn(FORMS, form) ? FORMS[form] : undefined
  return known && /^[\w.@-]{1,100}$/.test(id) ? { ...known, id } : undefined
}
