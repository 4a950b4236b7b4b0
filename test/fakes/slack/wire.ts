// How the fake's events travel: Socket Mode (hello, envelopes, acks, redelivery, refresh) or signed HTTP.
import { createHmac, randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'

export interface Delivery {
  envelope: string
  type: 'events_api' | 'interactive' | 'slash_commands'
  payload: Record<string, unknown>
  /** how often it was sent */
  sent: number
  ackedAt?: number
  /** what the app answered with its ack */
  answer?: unknown
}

export interface Wire {
  /** everything that was ever to be delivered, in order */
  deliveries: Delivery[]
  send(type: Delivery['type'], payload: Record<string, unknown>): Delivery
  /** events go there, signed, instead of over the socket */
  useHttp(url: string, secret: string): void
  /** a WebSocket that shows this ticket is one of ours */
  ticket(): string
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  connections(): number
  /** Slack recycles a connection: asks for a new one, then closes */
  refresh(reason?: 'warning' | 'refresh_requested' | 'link_disabled'): void
  /** the network breaks: no close frame */
  cut(): void
  /** while false, new connections are refused */
  accept(yes: boolean): void
  close(): void
}

export interface WireOptions {
  appId: string
  /** an envelope that is not acknowledged comes again after this long; Slack: seconds, then minutes */
  redeliverMs: number
  /** every envelope is sent twice */
  twice: boolean
  /** each event is on its way for up to so long, so that they overtake each other */
  shuffleMs: number
}

const MAX_ATTEMPTS = 4
const HTTP_TIMEOUT_MS = 3000

export function createWire(options: WireOptions): Wire {
  const server = new WebSocketServer({ noServer: true })
  const sockets = new Set<WebSocket>()
  const tickets = new Set<string>()
  const deliveries: Delivery[] = []
  const timers = new Set<NodeJS.Timeout>()
  let http: { url: string; secret: string } | undefined
  let accepting = true
  let next = 0
  let closed = false

  function later(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer)
      work()
    }, ms)
    timers.add(timer)
  }

  function send(type: Delivery['type'], payload: Record<string, unknown>): Delivery {
    const delivery: Delivery = { envelope: randomUUID(), type, payload, sent: 0 }
    deliveries.push(delivery)
    const way = options.shuffleMs > 0 && type === 'events_api' ? Math.random() * options.shuffleMs : 0
    if (way > 0) later(way, () => attempt(delivery))
    else attempt(delivery)
    if (options.twice) later(way * 2 + 5, () => transmit(delivery))
    return delivery
  }

  function attempt(delivery: Delivery): void {
    if (closed || delivery.ackedAt !== undefined) return
    // interactive payloads and commands are never sent again: the person sees an error and tries once more
    if (delivery.type !== 'events_api' && delivery.sent > 0) return
    if (delivery.sent >= MAX_ATTEMPTS) return
    transmit(delivery)
    later(options.redeliverMs * Math.max(1, delivery.sent), () => attempt(delivery))
  }

  function transmit(delivery: Delivery): void {
    if (http) return void transmitHttp(delivery, http)
    const open = [...sockets].filter((socket) => socket.readyState === socket.OPEN)
    if (open.length === 0) return
    const socket = open[next++ % open.length]!
    delivery.sent += 1
    socket.send(
      JSON.stringify({
        envelope_id: delivery.envelope,
        type: delivery.type,
        accepts_response_payload: delivery.type !== 'events_api',
        payload: delivery.payload,
        ...(delivery.type === 'events_api'
          ? { retry_attempt: delivery.sent - 1, retry_reason: delivery.sent > 1 ? 'timeout' : '' }
          : {}),
      }),
    )
  }

  async function transmitHttp(delivery: Delivery, to: { url: string; secret: string }): Promise<void> {
    delivery.sent += 1
    const json = delivery.type === 'events_api'
    const body = json
      ? JSON.stringify(delivery.payload)
      : delivery.type === 'interactive'
        ? new URLSearchParams({ payload: JSON.stringify(delivery.payload) }).toString()
        : new URLSearchParams(delivery.payload as Record<string, string>).toString()
    try {
      const reply = await fetch(to.url, {
        method: 'POST',
        headers: {
          'content-type': json ? 'application/json' : 'application/x-www-form-urlencoded',
          ...signed(body, to.secret),
          ...(delivery.sent > 1
            ? { 'x-slack-retry-num': String(delivery.sent - 1), 'x-slack-retry-reason': 'http_error' }
            : {}),
        },
        body,
        signal: AbortSignal.timeout(HTTP_TIMEOUT_MS),
      })
      const text = await reply.text()
      if (reply.status !== 200) return
      delivery.ackedAt ??= Date.now()
      delivery.answer = parse(text)
    } catch {
      // not taken: comes again
    }
  }

  server.on('connection', (socket: WebSocket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => sockets.delete(socket))
    socket.on('message', (data) => {
      const ack = parse((data as Buffer).toString()) as { envelope_id?: string; payload?: unknown } | undefined
      const delivery = deliveries.find((one) => one.envelope === ack?.envelope_id)
      if (!delivery) return
      delivery.ackedAt ??= Date.now()
      delivery.answer = ack?.payload
    })
    const ping = setInterval(() => socket.readyState === socket.OPEN && socket.ping(`Ping from ${Date.now()}`), 10_000)
    socket.on('close', () => clearInterval(ping))
    socket.send(
      JSON.stringify({
        type: 'hello',
        num_connections: sockets.size,
        debug_info: { host: 'fake', build_number: 1, approximate_connection_time: 18_060 },
        connection_info: { app_id: options.appId },
      }),
    )
    // what nobody has acknowledged yet comes over the new connection
    for (const delivery of deliveries) if (delivery.ackedAt === undefined) attempt(delivery)
  })

  return {
    deliveries,
    send,
    useHttp(url, secret) {
      http = { url, secret }
    },
    ticket() {
      const ticket = randomUUID()
      tickets.add(ticket)
      return ticket
    },
    upgrade(request, socket, head) {
      const ticket = new URL(request.url ?? '/', 'http://fake').searchParams.get('ticket') ?? ''
      if (!accepting || !tickets.delete(ticket) || sockets.size >= 10) {
        socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n')
        return
      }
      server.handleUpgrade(request, socket, head, (accepted) => server.emit('connection', accepted, request))
    },
    connections: () => sockets.size,
    refresh(reason = 'refresh_requested') {
      for (const socket of sockets) {
        socket.send(JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'fake' } }))
        later(reason === 'warning' ? 1000 : 50, () => socket.close(1000))
      }
    },
    cut() {
      for (const socket of sockets) socket.terminate()
      sockets.clear()
    },
    accept(yes) {
      accepting = yes
    },
    close() {
      closed = true
      for (const timer of timers) clearTimeout(timer)
      for (const socket of sockets) socket.terminate()
      server.close()
    },
  }
}

/** Slack's headers for a body: https://docs.slack.dev/authentication/verifying-requests-from-slack */
export function signed(body: string, secret: string, at = Math.floor(Date.now() / 1000)): Record<string, string> {
  const signature = createHmac('sha256', secret).update(`v0:${at}:${body}`).digest('hex')
  return { 'x-slack-request-timestamp': String(at), 'x-slack-signature': `v0=${signature}` }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
