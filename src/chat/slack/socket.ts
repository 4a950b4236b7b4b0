// Socket Mode: one WebSocket at a time, replaced at once when Slack recycles it, retried with back-off when Slack is away.
import { SocketModeClient } from '@slack/socket-mode'
import { messageOf, SettingsError } from '../../core/errors.ts'
import type { Logger } from '../../log.ts'
import { slackErrorCode } from './errors.ts'
import { slackLogger } from './logger.ts'
import type { Take } from './receive.ts'

const MAX_BACKOFF_MS = 10_000
/** Slack says hello within a second; a connection that does not is given up */
const HELLO_TIMEOUT_MS = 15_000
/** the token is wrong for good: no use in trying again */
const REFUSED = new Set([
  'invalid_auth',
  'not_authed',
  'token_revoked',
  'account_inactive',
  'not_allowed_token_type',
  'missing_scope',
])

export interface Socket {
  /** Resolves when connected, or when the first attempt failed for a reason that may pass. Rejects with a SettingsError when it never will. */
  start(): Promise<void>
  /** Takes nothing more, lets what was taken be finished and acknowledged, then closes. */
  stop(): Promise<void>
  connected(): boolean
}

export function createSocket(options: { appToken: string; apiUrl?: string; take: Take; log: Logger }): Socket {
  const { take, log } = options
  const taking = new Set<Promise<void>>()
  let current: SocketModeClient | undefined
  let open = false
  let stopped = false
  let failures = 0
  let retry: NodeJS.Timeout | undefined

  function connect(): Promise<void> {
    const client = new SocketModeClient({
      appToken: options.appToken,
      // its own reconnecting waits five seconds and gives up on some errors: we replace the client instead
      autoReconnectEnabled: false,
      logger: slackLogger(log),
      clientOptions: {
        ...(options.apiUrl ? { slackApiUrl: options.apiUrl } : {}),
        retryConfig: { retries: 0 },
        timeout: 10_000,
      },
    })
    current = client
    guard(client)
    client.on('connected', () => {
      if (client !== current) return
      failures = 0
      open = true
      log.info('connected to Slack')
    })
    // emitted when the socket is closed for whatever reason
    client.on('disconnected', () => replace(client, 'the connection to Slack was lost'))
    client.on('slack_event', (delivery: SocketDelivery) => {
      const work = receive(delivery).finally(() => taking.delete(work))
      taking.add(work)
    })
    const timeout = new Promise<never>((_resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('Slack did not say hello')), HELLO_TIMEOUT_MS)
      client.once('connected', () => clearTimeout(timer))
      client.once('disconnected', () => clearTimeout(timer))
      timer.unref()
    })
    // the library rejects with nothing when the socket closes before it was open
    const started = client.start().then(
      () => {},
      (error: unknown) => {
        throw error ?? new Error('the connection was closed before it was open')
      },
    )
    return Promise.race([started, timeout])
  }

  /** Of what the library emits for a message, an error is lost in an unhandled promise: a payload without an inner event would end the process. */
  function guard(client: SocketModeClient): void {
    const listeners = client.listeners('ws_message')
    client.removeAllListeners('ws_message')
    client.on('ws_message', (data: unknown, isBinary: boolean) => {
      for (const listener of listeners) {
        Promise.resolve(listener.call(client, data, isBinary)).catch((error: unknown) =>
          log.debug({ why: messageOf(error) }, 'a message of Slack was not understood'),
        )
      }
      // Slack is about to close this connection: have the next one ready before it does
      if (typeof data === 'string' && data.length < 2000 && /"type"\s*:\s*"disconnect"/.test(data)) {
        replace(client, 'Slack asked for a new connection')
      }
    })
  }

  interface SocketDelivery {
    ack: (response?: Record<string, unknown>) => Promise<void>
    body: Record<string, unknown>
    retry_num?: number
    retry_reason?: string
  }

  async function receive({ ack, body, retry_num, retry_reason }: SocketDelivery): Promise<void> {
    if (stopped || typeof body !== 'object' || body === null) return
    try {
      const answer = await take({
        body,
        ...(retry_num === undefined ? {} : { retryNum: retry_num }),
        ...(retry_reason === undefined ? {} : { retryReason: retry_reason }),
      })
      await ack(typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>) : undefined)
    } catch (error) {
      // not acknowledged: Slack delivers it again, and what was done already is recognised
      log.warn({ why: messageOf(error) }, 'a delivery of Slack was not taken; it will come again')
    }
  }

  function replace(client: SocketModeClient, why: string): void {
    if (client !== current || stopped) return
    open = false
    current = undefined
    log.info({ why }, 'connecting to Slack again')
    again()
  }

  function again(): void {
    clearTimeout(retry)
    const wait =
      failures === 0 ? 0 : Math.min(MAX_BACKOFF_MS, 250 * 2 ** Math.min(failures - 1, 6)) * (0.75 + Math.random() / 2)
    retry = setTimeout(() => void attempt().catch(() => {}), wait)
  }

  async function attempt(): Promise<void> {
    if (stopped) return
    try {
      await connect()
    } catch (error) {
      const failed = current
      current = undefined
      open = false
      failures += 1
      void failed?.disconnect().catch(() => {})
      log.warn({ why: messageOf(error) }, 'Slack cannot be reached; trying again')
      if (!stopped) again()
      throw error
    }
  }

  return {
    connected: () => open,
    async start() {
      try {
        await attempt()
      } catch (error) {
        const code = slackErrorCode(error)
        if (!code || !REFUSED.has(code)) return
        stopped = true
        clearTimeout(retry)
        throw new SettingsError(
          `SLACK_APP_TOKEN is refused by Slack (${code}); it must be an app-level token of this app with the scope connections:write.`,
        )
      }
    },
    async stop() {
      stopped = true
      clearTimeout(retry)
      await Promise.all(taking)
      const client = current
      current = undefined
      open = false
      if (!client) return
      // Slack does not always answer the closing handshake, and nothing is lost by not waiting for it
      await Promise.race([
        client.disconnect().catch(() => {}),
        new Promise((resolve) => setTimeout(resolve, 1000).unref()),
      ])
    },
  }
}
