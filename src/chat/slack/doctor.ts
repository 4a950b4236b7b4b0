// What `doctor` says about Slack: tokens, scopes, people, channels; each finding with what to do.
import { WebClient } from '@slack/web-api'
import type { Config } from '../../config.ts'
import { messageOf } from '../../core/errors.ts'
import type { PersonRule } from '../../core/people.ts'
import type { Logger } from '../../log.ts'
import type { Health } from '../contract.ts'
import { peopleOf } from '../people.ts'
import { slackErrorCode } from './errors.ts'
import { slackLogger } from './logger.ts'

/** Why each scope is needed; the app's manifest asks for exactly these. */
export const SCOPES: Record<string, string> = {
  'app_mentions:read': 'hear mentions',
  'channels:history': 'hear follow-ups and look back for own messages in public channels',
  'channels:read': 'see whether I am in a public channel',
  'chat:write': 'answer',
  commands: 'hear /firstmate and the message shortcut',
  'files:write': 'send long output as a file',
  'groups:history': 'hear follow-ups and look back for own messages in private channels',
  'groups:read': 'see whether I am in a private channel',
  'im:history': 'hear direct messages',
  'im:write': 'answer privately',
  'mpim:history': 'hear mentions and follow-ups in group direct messages',
  'mpim:read': 'see whether I am in a group direct message',
  'reactions:write': 'show that a question was seen',
  'users:read': 'tell members from guests and bots',
}
export const GROUP_SCOPE = 'usergroups:read'

export async function inspectSlack(options: { config: Config; client: WebClient; log: Logger }): Promise<Health[]> {
  const { config, client, log } = options
  const found: Health[] = []
  const add = (name: string, ok: boolean, detail: string) => found.push({ name: `slack ${name}`, ok, detail })

  let scopes: string[] | undefined
  try {
    const who = await client.auth.test()
    scopes = who.response_metadata?.scopes
    add('bot token', true, `Signed in as ${who.user} in ${who.team}.`)
  } catch (error) {
    const refused = `SLACK_BOT_TOKEN does not work (${reason(error)}): copy it from "OAuth & Permissions" again.`
    const away = `Slack cannot be reached from here (${reason(error)}), so nothing else was looked at.`
    add('bot token', false, slackErrorCode(error) === undefined ? away : refused)
    return found
  }

  const people = peopleOf(config, 'slack')
  const wanted = Object.keys(SCOPES)
  if (people.some(({ kind }) => kind === 'group')) wanted.push(GROUP_SCOPE)
  const missing = wanted.filter((scope) => scopes && !scopes.includes(scope))
  if (missing.length > 0) {
    const list = missing.map((scope) => `${scope} (${SCOPES[scope] ?? 'look up user groups'})`).join(', ')
    add('scopes', false, `Missing: ${list}. Add them under "OAuth & Permissions" and install the app again.`)
  } else if (scopes) add('scopes', true, 'All scopes are granted.')

  if (config.SLACK_APP_TOKEN) {
    const appClient = new WebClient(config.SLACK_APP_TOKEN, {
      ...(config.SLACK_API_URL ? { slackApiUrl: config.SLACK_API_URL } : {}),
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      timeout: 5000,
      logger: slackLogger(log),
    })
    try {
      await appClient.apps.connections.open({})
      add('app token', true, 'Socket Mode can connect.')
    } catch (error) {
      add(
        'app token',
        false,
        `SLACK_APP_TOKEN does not work (${reason(error)}): it needs the scope connections:write, and Socket Mode must be on.`,
      )
    }
  } else if (config.SLACK_SIGNING_SECRET) {
    add(
      'HTTP',
      true,
      'Slack must be able to reach /slack/events on API_PORT; set that as request URL of events, interactivity and commands.',
    )
  } else {
    add('listening', false, 'Set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for HTTP.')
  }

  for (const rule of people) {
    const trouble = await troubleWith(rule, client)
    if (trouble) add(`${rule.kind} ${rule.id}`, false, trouble)
  }

  for (const { channel } of config.INCIDENT_CHANNELS.filter((one) => one.platform === 'slack')) {
    try {
      const info = await client.conversations.info({ channel })
      const member = info.channel?.is_member !== false
      add(
        `channel ${channel}`,
        member,
        member ? `I am in #${info.channel?.name ?? channel}.` : `Invite me to #${info.channel?.name ?? channel}.`,
      )
    } catch (error) {
      add(
        `channel ${channel}`,
        false,
        `It cannot be read (${reason(error)}): ${orScopes(error, 'invite me there, or correct INCIDENT_CHANNELS')}.`,
      )
    }
  }
  return found
}

/** Why a person or group of the settings can do nothing here; undefined when they can. */
async function troubleWith({ kind, id }: PersonRule, client: WebClient): Promise<string | undefined> {
  try {
    if (kind === 'group') {
      const { users = [] } = await client.usergroups.users.list({ usergroup: id })
      return users.length > 0 ? undefined : `The user group ${id} has no members.`
    }
    const { user } = await client.users.info({ user: id })
    if (user?.deleted) return `${id} is deactivated.`
    if (user?.is_bot) return `${id} is a bot, and bots may do nothing.`
    return user?.is_restricted || user?.is_ultra_restricted ? `${id} is a guest, and guests may do nothing.` : undefined
  } catch (error) {
    return `${id} cannot be looked up (${reason(error)}): ${orScopes(error, 'correct ASKERS, APPROVERS and ADMINS')}.`
  }
}

/** What to do about it, unless a scope is all that is missing. */
function orScopes(error: unknown, otherwise: string): string {
  return slackErrorCode(error) === 'missing_scope' ? 'add the scopes named above' : otherwise
}

function reason(error: unknown): string {
  return slackErrorCode(error) ?? messageOf(error)
}
