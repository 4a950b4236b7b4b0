// In which workspace a channel is. INCIDENT_CHANNELS names channels only, and the watcher holds no chat token: the bot asks the platform and leaves word here.
import { z } from 'zod'
import type { Config } from '../config.ts'
import { messageOf, UnavailableError } from '../core/errors.ts'
import type { Logger } from '../log.ts'
import type { Store } from '../store/store.ts'
import type { Channel } from './routing.ts'

const RETRY_MS = 3000
const TIMEOUT_MS = 5000

export interface Homes {
  /** undefined while no bot has said */
  workspaceOf(channel: Channel): Promise<string | undefined>
}

export function createHomes(store: Store): Homes {
  const known = new Map<string, string>()
  return {
    async workspaceOf(channel) {
      const name = nameOf(channel)
      const found = known.get(name) ?? (await store.getJson(name, z.string()))
      if (found !== undefined) known.set(name, found)
      return found
    },
  }
}

/** The bot's part: tries until every channel is known. Returns how to stop. */
export function announceHomes(
  channels: readonly Channel[],
  context: { config: Config; store: Store; log: Logger },
): () => void {
  const { store, log } = context
  const left = new Map(channels.map((channel) => [nameOf(channel), channel]))
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  async function round(): Promise<void> {
    for (const [name, channel] of left) {
      try {
        await store.setJson(name, await askPlatform(channel, context.config))
        left.delete(name)
      } catch (error) {
        log.warn(
          { channel: name, why: messageOf(error) },
          'it is not known yet where an incident channel is; trying again',
        )
      }
    }
    if (left.size > 0 && !stopped) timer = setTimeout(() => void round(), RETRY_MS)
  }

  void round()
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}

function nameOf({ platform, channel }: Channel): string {
  return `incident:home:${platform}:${channel}`
}

/** The Slack team of the token, or the Discord server of the channel. */
async function askPlatform({ platform, channel }: Channel, config: Config): Promise<string> {
  if (platform === 'slack') {
    const answer = await ask(
      `${config.SLACK_API_URL ?? 'https://slack.com/api/'}auth.test`,
      `Bearer ${config.SLACK_BOT_TOKEN ?? ''}`,
      'POST',
    )
    return z.object({ ok: z.literal(true), team_id: z.string() }).parse(answer).team_id
  }
  const base = (config.DISCORD_API_URL ?? 'https://discord.com/api').replace(/\/$/, '')
  const answer = await ask(
    `${base}/v10/channels/${encodeURIComponent(channel)}`,
    `Bot ${config.DISCORD_BOT_TOKEN ?? ''}`,
    'GET',
  )
  return z.object({ guild_id: z.string() }).parse(answer).guild_id
}

async function ask(url: string, authorization: string, method: string): Promise<unknown> {
  const response = await fetch(url, {
    method,
    headers: { authorization },
    signal: AbortSignal.timeout(TIMEOUT_MS),
    redirect: 'error',
  })
  if (!response.ok) throw new UnavailableError(`The platform answered ${response.status}.`)
  return response.json()
}
