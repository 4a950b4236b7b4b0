// What the app is told, in the shapes that Slack sends: events, and what people press, send and point at.
import { type MethodContext, publicMessage } from './method.ts'
import { scopeToHear } from './scopes.ts'
import type { Delivery, Wire } from './wire.ts'
import type { FakeMessage, World } from './world.ts'

export interface Telling {
  event(event: Record<string, unknown>): void
  /** a message appeared, changed or went: the app hears of it where it is and may */
  tell(message: FakeMessage, what: 'new' | 'changed' | 'deleted', extra?: Record<string, unknown>): void
  interactive(payload: Record<string, unknown>, user: string): Delivery
  trigger(user: string): string
  useTrigger: MethodContext['useTrigger']
  triggerUser: MethodContext['triggerUser']
}

export function createTelling({ world, wire, scopes }: { world: World; wire: Wire; scopes: string[] }): Telling {
  const triggers = new Map<string, { at: number; user: string; used: boolean }>()

  function useTrigger(id: string): ReturnType<MethodContext['useTrigger']> {
    const trigger = triggers.get(id)
    if (!trigger) return 'invalid_trigger_id'
    if (trigger.used) return 'exchanged_trigger_id'
    // https://docs.slack.dev/interactivity/handling-user-interaction#modal_responses: three seconds
    if (Date.now() - trigger.at > 3000) return 'expired_trigger_id'
    trigger.used = true
    return undefined
  }

  function event(event: Record<string, unknown>): void {
    const channel = world.channels.get(String(event.channel))
    if (event.type !== 'app_home_opened' && !scopes.includes(scopeToHear(String(event.type), channel))) return
    wire.send('events_api', {
      token: 'fake-verification',
      team_id: world.team,
      context_team_id: world.team,
      context_enterprise_id: null,
      api_app_id: world.appId,
      event,
      type: 'event_callback',
      event_id: world.nextId('Ev'),
      event_time: Math.floor(Date.now() / 1000),
      authorizations: [
        {
          enterprise_id: null,
          team_id: world.team,
          user_id: world.botUser,
          is_bot: true,
          is_enterprise_install: false,
        },
      ],
      is_ext_shared_channel: channel?.is_ext_shared ?? false,
      event_context: `4-${world.nextId('E')}`,
    })
  }

  function tell(message: FakeMessage, what: 'new' | 'changed' | 'deleted', extra: Record<string, unknown> = {}): void {
    const channel = world.channels.get(message.channel)
    if (!channel?.members.has(world.botUser)) return
    const common = {
      ...publicMessage(message, world),
      channel: message.channel,
      event_ts: message.ts,
      channel_type: channel.is_im ? 'im' : channel.is_mpim ? 'mpim' : channel.is_private ? 'group' : 'channel',
      team: world.users.get(message.user)?.team_id ?? world.team,
      ...extra,
    }
    if (what !== 'new') {
      const ts = world.nextTs()
      event({
        type: 'message',
        subtype: what === 'changed' ? 'message_changed' : 'message_deleted',
        hidden: true,
        channel: message.channel,
        ts,
        event_ts: ts,
        message: common,
      })
      return
    }
    // one mention, two events with two ids: both carry the message's own ts; of direct messages only `message` is told
    if (
      message.text.includes(`<@${world.botUser}`) &&
      !message.bot_id &&
      !channel.is_im &&
      !channel.is_mpim &&
      extra.subtype === undefined
    ) {
      const { channel_type: _type, ...mention } = common
      event({ ...mention, type: 'app_mention' })
    }
    event(common)
  }

  function trigger(user: string): string {
    const id = `${Date.now()}.${world.nextId('')}.fake`
    triggers.set(id, { at: Date.now(), user, used: false })
    return id
  }

  function userOf(id: string) {
    const user = world.users.get(id)
    return { id, username: user?.name ?? id, name: user?.name ?? id, team_id: user?.team_id ?? world.team }
  }

  const interactive = (payload: Record<string, unknown>, user: string) =>
    wire.send('interactive', {
      ...payload,
      user: userOf(user),
      api_app_id: world.appId,
      token: 'fake-verification',
      team: { id: world.team, domain: 'fake' },
      enterprise: null,
      is_enterprise_install: false,
      trigger_id: trigger(user),
    })

  return { event, tell, interactive, trigger, useTrigger, triggerUser: (id) => triggers.get(id)?.user ?? '' }
}
