// What a workspace holds: people, channels, messages, files. No wire here.

export interface FakeUser {
  id: string
  name: string
  is_bot?: boolean
  is_restricted?: boolean
  is_ultra_restricted?: boolean
  is_stranger?: boolean
  deleted?: boolean
  /** default: the workspace's own team */
  team_id?: string
}

export interface FakeChannel {
  id: string
  name: string
  members: Set<string>
  is_archived?: boolean
  /** only some people may post there, and we are not among them */
  is_restricted?: boolean
  is_private?: boolean
  is_im?: boolean
  /** direct messages of several people */
  is_mpim?: boolean
  /** a channel shared with another workspace */
  is_ext_shared?: boolean
}

interface FakeFile {
  id: string
  name: string
  title: string
  alt_txt: string | undefined
  length: number
  data: Buffer | undefined
}

export interface FakeMessage {
  type: 'message'
  channel: string
  ts: string
  user: string
  text: string
  bot_id?: string
  app_id?: string
  blocks?: unknown[]
  thread_ts?: string
  metadata?: { event_type: string; event_payload: Record<string, unknown> }
  files?: FakeFile[]
  edited?: { user: string; ts: string }
  reactions: { name: string; users: string[] }[]
  /** every body it has had, oldest first; the last is what shows */
  history: { text: string; blocks?: unknown[]; at: number }[]
  unfurl: boolean
  /** still being streamed */
  streaming?: boolean
  /** it was streamed: since when, and what it takes */
  streamed?: { since: number; mode: 'text' | 'chunks' | undefined }
}

interface Ephemeral {
  channel: string
  user: string
  text: string
  blocks?: unknown[]
  thread_ts?: string
}

export interface World {
  team: string
  appId: string
  botUser: string
  botId: string
  users: Map<string, FakeUser>
  channels: Map<string, FakeChannel>
  groups: Map<string, Set<string>>
  messages: FakeMessage[]
  ephemerals: Ephemeral[]
  files: Map<string, FakeFile>
  /** modals now open, by view id */
  views: Map<string, { id: string; user: string; view: Record<string, unknown> }>
  homes: Map<string, Record<string, unknown>>
  /** the workspace allows streams */
  streams: boolean
  /** a stream ends by itself after so long */
  streamLifeMs: number
  nextTs(): string
  nextId(letter: string): string
  find(channel: string, ts: string): FakeMessage | undefined
}

export function createWorld(team: string, botUser: string): World {
  let last = 0
  let ids = 0
  const world: World = {
    team,
    appId: 'A0FIRSTMATE',
    botUser,
    botId: 'B0FIRSTMATE',
    users: new Map(),
    channels: new Map(),
    groups: new Map(),
    messages: [],
    ephemerals: [],
    files: new Map(),
    views: new Map(),
    homes: new Map(),
    streams: true,
    streamLifeMs: 5 * 60_000,
    // unique and growing, in microseconds, as Slack's are
    nextTs() {
      last = Math.max(last + 1, Date.now() * 1000)
      return `${Math.floor(last / 1e6)}.${String(last % 1e6).padStart(6, '0')}`
    },
    nextId(letter) {
      ids += 1
      return `${letter}${(ids + 46_656).toString(36).toUpperCase().padStart(9, '0')}`
    },
    find: (channel, ts) => world.messages.find((one) => one.channel === channel && one.ts === ts),
  }
  return world
}

export function imOf(world: World, user: string): FakeChannel {
  const found = [...world.channels.values()].find(
    (one) => one.is_im && one.members.has(user) && one.members.has(world.botUser),
  )
  if (found) return found
  const channel: FakeChannel = {
    id: world.nextId('D'),
    name: `dm-${user}`,
    members: new Set([user, world.botUser]),
    is_im: true,
    is_private: true,
  }
  world.channels.set(channel.id, channel)
  return channel
}
