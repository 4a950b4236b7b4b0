// Which scope of the bot token a method or an event needs: https://docs.slack.dev/reference/methods and /events (each page lists its own).
import type { FakeChannel } from './world.ts'

/** what deploy/slack-manifest.yaml asks for */
export const ALL_SCOPES = [
  'app_mentions:read',
  'channels:history',
  'channels:read',
  'chat:write',
  'commands',
  'files:write',
  'groups:history',
  'groups:read',
  'im:history',
  'im:write',
  'mpim:history',
  'mpim:read',
  'reactions:write',
  'usergroups:read',
  'users:read',
]

const FIXED: Record<string, string> = {
  'conversations.open': 'im:write',
  'users.info': 'users:read',
  'usergroups.users.list': 'usergroups:read',
  'usergroups.list': 'usergroups:read',
}
const BY_CHANNEL: Record<string, string> = {
  'conversations.history': 'history',
  'conversations.replies': 'history',
  'conversations.info': 'read',
}
const BY_FAMILY: Record<string, string> = { chat: 'chat:write', reactions: 'reactions:write', files: 'files:write' }

/** undefined: any token will do */
export function scopeFor(method: string, channel: FakeChannel | undefined): string | undefined {
  if (Object.hasOwn(FIXED, method)) return FIXED[method]
  if (Object.hasOwn(BY_CHANNEL, method)) return `${familyOf(channel)}:${BY_CHANNEL[method]}`
  const [family = ''] = method.split('.')
  return Object.hasOwn(BY_FAMILY, family) ? BY_FAMILY[family] : undefined
}

/** What an app must have been granted to hear of messages there. */
export function scopeToHear(type: string, channel: FakeChannel | undefined): string {
  return type === 'app_mention' ? 'app_mentions:read' : `${familyOf(channel)}:history`
}

function familyOf(channel: FakeChannel | undefined): 'im' | 'mpim' | 'groups' | 'channels' {
  if (channel?.is_im) return 'im'
  if (channel?.is_mpim) return 'mpim'
  return channel?.is_private ? 'groups' : 'channels'
}
