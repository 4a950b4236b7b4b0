// How Slack's deliveries reach Bolt. Bolt acknowledges an event before its listeners run; here it is told "received" only when
// they are done, so that a crash in between loses nothing: Slack delivers again what was not acknowledged.
import type { App, Receiver, ReceiverEvent } from '@slack/bolt'

export interface Delivered {
  body: Record<string, unknown>
  retryNum?: number
  retryReason?: string
}

/** Resolves with what to answer Slack; rejects when the delivery was not taken and must come again. */
export type Take = (delivered: Delivered) => Promise<unknown>

export interface DeferredReceiver extends Receiver {
  take: Take
}

/** A receiver without a wire of its own: the socket and the HTTP door both hand it what they get. */
export function createReceiver(): DeferredReceiver {
  let app: App | undefined
  return {
    init(given) {
      app = given
    },
    async start() {},
    async stop() {},
    async take(delivered) {
      let answer: unknown
      const event: ReceiverEvent = {
        ...delivered,
        // what Bolt wants to say now is said when it has finished
        ack: async (response?: unknown) => {
          if (response !== undefined) answer = response
        },
      }
      await app!.processEvent(event)
      return answer
    },
  }
}
