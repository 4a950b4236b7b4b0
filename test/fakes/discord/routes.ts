// What the fake Discord does for each request of the REST API v10.
import { Check, checkCommands } from './checks.ts'
import { callback, followUp } from './interactions.ts'
import { createMessage, editMessage, listMessages, react, startThread } from './messages.ts'
import { type Call, invalid, isAnswer, noAccess, ok, type Route, reach, refuse, unknown } from './route.ts'
import {
  ChannelType,
  type FakeChannel,
  publicChannel,
  publicMember,
  publicMessage,
  publicUser,
  type World,
} from './world.ts'

const openDm: Route = (call, { world }) => {
  const user = world.users.get(String(call.body.recipient_id))
  if (!user || user.bot) return refuse(400, 50007, 'Cannot send messages to this user')
  return ok(publicChannel(world, dmOf(world, user.id)))
}

export function dmOf(world: World, user: string): FakeChannel {
  const known = [...world.channels.values()].find((one) => one.type === ChannelType.dm && one.recipient === user)
  if (known) return known
  const channel: FakeChannel = { id: world.id(), type: ChannelType.dm, name: '', recipient: user, deny: new Set() }
  world.channels.set(channel.id, channel)
  return channel
}

const commandsOf: (server: (call: Call) => string) => Route =
  (server) =>
  (call, { world }) => {
    if (call.params[0] !== world.app)
      return refuse(403, 20012, 'You are not authorized to perform this action on this application')
    const place = server(call)
    if (place && !world.guilds.has(place)) return noAccess
    const check = new Check()
    checkCommands(check, call.body)
    const wrong = invalid(check)
    if (wrong) return wrong
    const commands = (call.body as unknown as Record<string, unknown>[]).map((one) => ({
      ...one,
      id: world.id(),
      application_id: world.app,
      version: '1',
    }))
    world.commands.set(place, commands)
    return ok(commands)
  }

const application: Route = (_call, { world, appFlags }) =>
  ok({
    id: world.app,
    name: 'Firstmate',
    description: '',
    icon: null,
    bot_public: false,
    bot_require_code_grant: false,
    verify_key: '0',
    flags: appFlags,
    bot: publicUser(world.bot),
    team: null,
    summary: '',
  })

const gatewayBot: Route = (_call, { gatewayUrl, world }) =>
  ok({
    url: gatewayUrl,
    shards: 1,
    session_start_limit: { total: 1000, remaining: world.sessionsLeft, reset_after: 0, max_concurrency: 1 },
  })

const ID = '(\\d+)'
const routes: [method: string, path: string, route: Route][] = [
  ['GET', '/gateway', (_call, { gatewayUrl }) => ok({ url: gatewayUrl })],
  ['GET', '/gateway/bot', gatewayBot],
  ['GET', '/users/@me', (_call, { world }) => ok(publicUser(world.bot))],
  ['GET', '/applications/@me', application],
  ['GET', '/oauth2/applications/@me', application],
  [
    'GET',
    `/users/${ID}`,
    (call, { world }) =>
      world.users.has(call.params[0]!) ? ok(publicUser(world.users.get(call.params[0]!)!)) : unknown('User', 10013),
  ],
  ['POST', '/users/@me/channels', openDm],
  [
    'GET',
    '/users/@me/guilds',
    (_call, { world }) =>
      ok(
        [...world.guilds.values()]
          .filter((one) => one.members.has(world.bot.id))
          .map(({ id, name, granted }) => ({ id, name, owner: false, permissions: granted, features: [], icon: null })),
      ),
  ],
  ['PUT', `/applications/${ID}/commands`, commandsOf(() => '')],
  ['PUT', `/applications/${ID}/guilds/${ID}/commands`, commandsOf((call) => call.params[1]!)],
  ['GET', `/applications/${ID}/commands`, (_call, { world }) => ok(world.commands.get('') ?? [])],
  [
    'GET',
    `/applications/${ID}/guilds/${ID}/commands`,
    (call, { world }) => ok(world.commands.get(call.params[1]!) ?? []),
  ],
  [
    'GET',
    `/guilds/${ID}`,
    (call, { world }) => {
      const guild = world.guilds.get(call.params[0]!)
      return guild?.members.has(world.bot.id)
        ? ok({ id: guild.id, name: guild.name, roles: [...guild.roles.values()], owner_id: '1' })
        : unknown('Guild', 10004)
    },
  ],
  [
    'GET',
    `/guilds/${ID}/members/${ID}`,
    (call, { world }) => {
      const guild = world.guilds.get(call.params[0]!)
      if (!guild?.members.has(world.bot.id)) return unknown('Guild', 10004)
      if (!world.users.has(call.params[1]!)) return unknown('User', 10013)
      const member = publicMember(world, guild, call.params[1]!)
      return member ? ok(member) : unknown('Member', 10007)
    },
  ],
  [
    'GET',
    `/channels/${ID}`,
    (call, { world }) => {
      const channel = reach(world, call.params[0]!)
      return isAnswer(channel) ? channel : ok(publicChannel(world, channel))
    },
  ],
  ['GET', `/channels/${ID}/messages`, listMessages],
  [
    'GET',
    `/channels/${ID}/messages/${ID}`,
    (call, { world }) => {
      const message = world.messages.find(
        (one) => one.id === call.params[1] && one.channel_id === call.params[0] && !one.deleted,
      )
      return message ? ok(publicMessage(world, message)) : unknown('Message', 10008)
    },
  ],
  ['POST', `/channels/${ID}/messages`, createMessage],
  ['PATCH', `/channels/${ID}/messages/${ID}`, editMessage],
  ['POST', `/channels/${ID}/messages/${ID}/threads`, startThread],
  ['PUT', `/channels/${ID}/messages/${ID}/reactions/([^/]+)/@me`, react],
  [
    'PATCH',
    `/channels/${ID}`,
    (call, { world }) => {
      const channel = reach(world, call.params[0]!)
      if (isAnswer(channel)) return channel
      if (call.body.archived !== undefined) channel.archived = Boolean(call.body.archived)
      return ok(publicChannel(world, channel))
    },
  ],
  ['POST', `/interactions/${ID}/([^/]+)/callback`, callback],
  ['POST', `/webhooks/${ID}/([^/]+)`, followUp],
]

const compiled = routes.map(([method, path, route]) => ({ method, pattern: new RegExp(`^${path}$`), route }))

/** undefined when there is no such route */
export function find(method: string, path: string): { route: Route; params: string[] } | undefined {
  for (const one of compiled) {
    const match = one.method === method ? one.pattern.exec(path) : null
    if (match) return { route: one.route, params: match.slice(1) }
  }
  return undefined
}
