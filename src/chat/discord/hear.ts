// What people write: one message after the other in each channel, so that the place up to which all is stored is one message. Discord
// delivers an event once, so everything is kept in hand until it is stored.
import { messageOf } from '../../core/errors.ts'
import type { Logger } from '../../log.ts'
import type { Handlers } from '../contract.ts'
import type { Inbound, Intake } from '../intake.ts'
import type { Threads } from '../threads.ts'
import type { CatchUp } from './catch-up.ts'
import type { Channels } from './channels.ts'
import { discordStatus, toSayError } from './errors.ts'
import { isAddressed, type Message, parseMessage, parseSaid, type Self } from './parse.ts'

export interface HearOptions {
  self: () => Self
  handlers: () => Handlers
  intake: Intake
  threads: Threads
  channels: Channels
  catchUp: CatchUp
  log: Logger
}

export interface Hearing {
  /** a message, as the gateway tells of it */
  hear(payload: unknown): void
  /** A new session has begun: what was said since the last one is taken first. */
  again(): void
  /** stores a question, and remembers that its thread is ours to read again */
  ask(inbound: Inbound): Promise<void>
  /** takes nothing new, and finishes what is in hand; what could not be stored is fetched at the next start */
  stop(): Promise<void>
}

export function createHearing({ self, handlers, intake, threads, channels, catchUp, log }: HearOptions): Hearing {
  const lines = new Map<string, Promise<void>>()
  /** while it is being found out what was missed, what is said now waits behind it */
  let gate: Promise<void> = Promise.resolve()
  let stopped = false

  function queue(channel: string, work: () => Promise<void>): Promise<void> {
    const before = lines.get(channel) ?? Promise.resolve()
    const line = before.then(() => insist(work)).finally(() => lines.get(channel) === line && lines.delete(channel))
    lines.set(channel, line)
    return line
  }

  /** Tries until it works: nobody delivers it again. */
  async function insist(work: () => Promise<void>): Promise<void> {
    for (let attempt = 0; !stopped; attempt += 1) {
      try {
        return await work()
      } catch (error) {
        log.warn({ why: messageOf(error) }, 'something said in Discord could not be taken yet; trying again')
        await new Promise((resolve) => setTimeout(resolve, Math.min(10_000, 250 * 2 ** Math.min(attempt, 6))))
      }
    }
  }

  async function take(message: Message): Promise<void> {
    if (isAddressed(message, self())) await catchUp.began(message.channel_id, message.id)
    const channel = await channels.get(message.channel_id).catch((error: unknown) => {
      // a channel that we may not see has nothing for us
      if (discordStatus(error) === 403 || discordStatus(error) === 404) return undefined
      throw toSayError(error)
    })
    const said = channel && parseSaid(message, channel, self())
    if (said && (said.why !== 'follow-up' || (await threads.joined(said.inbound.thread)))) {
      await ask({ ...said.inbound, addressed: said.why !== 'follow-up' })
      await catchUp.took(message.channel_id, message.id)
    }
  }

  async function ask(inbound: Inbound): Promise<void> {
    const taken = await intake(inbound, handlers())
    const { thread } = inbound
    if (taken === 'taken' && /^\d+$/.test(thread.thread)) await catchUp.began(thread.thread, thread.thread)
  }

  async function retake(channel: string, payload: unknown): Promise<void> {
    // looked up, a message does not say in which server it stands
    const { guild_id } = await channels.get(channel)
    const message = parseMessage(payload, self(), guild_id)
    if (message) await take(message)
  }

  return {
    ask,
    hear(payload) {
      const message = parseMessage(payload, self())
      if (message) void gate.then(() => queue(message.channel_id, () => take(message)))
    },
    again() {
      gate = insist(async () => {
        for (const channel of await catchUp.places()) {
          void queue(channel, async () => {
            for (const payload of await catchUp.missed(channel)) await retake(channel, payload)
          })
        }
      })
    },
    async stop() {
      stopped = true
      await Promise.all(lines.values())
    },
  }
}
