// What buttons mean: a control carries `i:<id>`, and the meaning stays here, out of reach of whoever forges a click.
import { randomBytes } from 'node:crypto'
import { INTENT_TTL_MS, Intent, type IntentBody } from '../core/intent.ts'
import type { PersonRule } from '../core/people.ts'
import type { Thread } from '../core/thread.ts'
import type { Store } from '../store/store.ts'

export interface Intents {
  /** Stores what a control means for 7 days; resolves the control's id. */
  keep(thread: Thread, body: IntentBody, who?: PersonRule[]): Promise<string>
  /** The meaning of a control's id; undefined when it is none of ours or has expired. */
  find(control: string): Promise<Intent | undefined>
}

export function createIntents(store: Store): Intents {
  const key = (id: string) => `${store.prefix}chat:intent:${id}`
  return {
    async keep(thread, body, who) {
      const id = randomBytes(12).toString('base64url')
      const expires = new Date(Date.now() + INTENT_TTL_MS).toISOString()
      const intent = Intent.parse({ id, thread, expires, body, ...(who ? { who } : {}) })
      await store.redis.set(key(id), JSON.stringify(intent), 'PX', INTENT_TTL_MS)
      return `i:${id}`
    },
    async find(control) {
      const id = /^i:([\w-]{16})$/.exec(control)?.[1]
      const found = id ? await store.redis.get(key(id)) : null
      return found ? Intent.parse(JSON.parse(found)) : undefined
    },
  }
}
