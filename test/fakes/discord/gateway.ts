// The fake's gateway: hello, identify, heartbeats, dispatches kept for resumption, intents, close codes.
// https://docs.discord.com/developers/events/gateway
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'

export const Intent = {
  guilds: 1,
  guildMembers: 2,
  guildPresences: 256,
  guildMessages: 512,
  directMessages: 4096,
  messageContent: 32_768,
} as const
const PRIVILEGED = Intent.guildMembers | Intent.guildPresences | Intent.messageContent

interface Session {
  id: string
  intents: number
  seq: number
  /** what was sent, for a resumption */
  sent: { s: number; text: string }[]
  socket: WebSocket | undefined
}

export interface GatewayOptions {
  token: string
  /** privileged intents that the application was granted */
  granted: number
  heartbeatMs: number
  /** every event is dispatched twice, the second time a little later */
  twice: boolean
  /** each event comes up to so much later, so that some overtake others */
  shuffleMs?: number
  url(): string
  ready(): Record<string, unknown>
  /** what follows READY */
  guilds(): Record<string, unknown>[]
}

export interface Gateway {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** `shape` sees the intents of each session; undefined: that session is not told */
  dispatch(event: string, shape: (intents: number) => Record<string, unknown> | undefined): void
  /** sessions that are connected */
  sessions(): number
  /** how often somebody identified or resumed */
  identified(): number
  resumed(): number
  /** closes every connection with that code */
  close(code: number): void
  /** asks everybody to reconnect (op 7) */
  reconnect(): void
  /** forgets the sessions: a resumption is answered by "invalid session" */
  forget(): void
  /** the connections are there, but nothing comes through them any more: no answer to a heartbeat, no event */
  mute(): void
  /** the network breaks: no close frame */
  cut(): void
  end(): void
}

export function createGateway(options: GatewayOptions): Gateway {
  const server = new WebSocketServer({ noServer: true })
  const sessions = new Map<string, Session>()
  const timers = new Set<NodeJS.Timeout>()
  let identifies = 0
  let resumes = 0
  const muted = new WeakSet<WebSocket>()

  server.on('connection', (socket: WebSocket) => {
    let session: Session | undefined
    const send = (packet: unknown) => socket.send(JSON.stringify(packet))
    send({ op: 10, d: { heartbeat_interval: options.heartbeatMs, _trace: ['fake'] }, s: null, t: null })
    socket.on('error', () => {})
    socket.on('close', () => {
      if (session?.socket === socket) session.socket = undefined
    })
    socket.on('message', (data) => {
      const packet = parse((data as Buffer).toString())
      if (!packet) return socket.close(4002)
      const d = (packet.d ?? {}) as Record<string, unknown>
      switch (packet.op) {
        case 1:
          return muted.has(socket) ? undefined : send({ op: 11 })
        case 2: {
          if (session) return socket.close(4005)
          if (String(d.token).replace(/^Bot /, '') !== options.token) return socket.close(4004)
          const intents = Number(d.intents)
          if (!Number.isInteger(intents) || intents < 0) return socket.close(4013)
          if (intents & PRIVILEGED & ~options.granted) return socket.close(4014)
          identifies += 1
          session = { id: `session-${identifies}`, intents, seq: 0, sent: [], socket }
          sessions.set(session.id, session)
          tell(session, 'READY', {
            v: 10,
            session_id: session.id,
            resume_gateway_url: options.url(),
            session_type: 'normal',
            private_channels: [],
            shard: [0, 1],
            ...options.ready(),
          })
          if (intents & Intent.guilds) for (const guild of options.guilds()) tell(session, 'GUILD_CREATE', guild)
          return
        }
        case 6: {
          if (session) return socket.close(4005)
          if (String(d.token).replace(/^Bot /, '') !== options.token) return socket.close(4004)
          const known = sessions.get(String(d.session_id))
          if (!known) return send({ op: 9, d: false })
          resumes += 1
          session = known
          known.socket = socket
          for (const { s, text } of known.sent) if (s > Number(d.seq)) socket.send(text)
          tell(known, 'RESUMED', {})
          return
        }
        case 3:
        case 4:
          return
        default:
          return socket.close(session ? 4001 : 4003)
      }
    })
  })

  function tell(session: Session, t: string, d: Record<string, unknown>): void {
    session.seq += 1
    const text = JSON.stringify({ op: 0, t, s: session.seq, d })
    session.sent.push({ s: session.seq, text })
    if (session.sent.length > 2000) session.sent.shift()
    if (session.socket?.readyState === 1 && !muted.has(session.socket)) session.socket.send(text)
  }

  const open = () => [...sessions.values()].flatMap((session) => (session.socket ? [session.socket] : []))

  return {
    upgrade: (request, socket, head) =>
      server.handleUpgrade(request, socket, head, (accepted) => server.emit('connection', accepted, request)),
    dispatch(event, shape) {
      const once = () => {
        for (const session of sessions.values()) {
          const data = shape(session.intents)
          if (data) tell(session, event, data)
        }
      }
      const later = (ms: number) => {
        const timer = setTimeout(() => {
          timers.delete(timer)
          once()
        }, ms)
        timers.add(timer)
      }
      const { shuffleMs = 0 } = options
      if (shuffleMs > 0) later(Math.random() * shuffleMs)
      else once()
      if (options.twice) later(5 + Math.random() * shuffleMs)
    },
    sessions: () => open().length,
    identified: () => identifies,
    resumed: () => resumes,
    close(code) {
      for (const socket of server.clients) socket.close(code)
    },
    reconnect() {
      for (const socket of open()) socket.send(JSON.stringify({ op: 7, d: null }))
    },
    forget: () => sessions.clear(),
    mute() {
      for (const socket of server.clients) muted.add(socket)
    },
    cut() {
      for (const socket of server.clients) socket.terminate()
    },
    end() {
      for (const timer of timers) clearTimeout(timer)
      for (const socket of server.clients) socket.terminate()
      server.close()
    },
  }
}

function parse(text: string): { op?: number; d?: unknown } | undefined {
  try {
    return JSON.parse(text) as { op?: number; d?: unknown }
  } catch {
    return undefined
  }
}
