// In which workspace a channel is. INCIDENT_CHANNELS names channels only, and the watcher holds no chat token: the bot asks the platform and leaves word here.
import { z } from 'zod'
import type { Adapter } from '../chat/contract.ts'
import { messageOf } from '../core/errors.ts'
import type { Logger } from '../log.ts'
import type { Store } from '../store/store.ts'
import type { Channel } from './routing.ts'

const RETRY_MS = 3000

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
  context: { adapters: readonly Adapter[]; store: Store; log: Logger },
): () => void {
  const { adapters, store, log } = context
  const left = new Map(channels.map((channel) => [nameOf(channel), channel]))
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  async function askPlatform({ platform, channel }: Channel): Promise<string> {
    const adapter = adapters.find(({ name }) => name === platform)
    if (!adapter?.workspaceOf) throw new Error(`No account for ${platform} is configured.`)
    return adapter.workspaceOf(channel)
  }

  async function round(): Promise<void> {
    for (const [name, channel] of left) {
      try {
        await store.setJson(name, await askPlatform(channel))
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
