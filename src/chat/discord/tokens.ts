// Who pressed something a moment ago can be told something in that very place, seen by them alone: Discord takes such words for 15 minutes.
import { z } from 'zod'
import type { Person } from '../../core/people.ts'
import { type Thread, threadKey } from '../../core/thread.ts'
import type { Store } from '../../store/store.ts'

const TTL_MS = 14 * 60_000
const Token = z.object({ app: z.string(), token: z.string() })
export type Token = z.infer<typeof Token>

export interface Tokens {
  keep(person: Person, thread: Thread, token: Token): Promise<void>
  /** of the latest press of that person in that thread */
  latest(person: Person, thread: Thread): Promise<Token | undefined>
}

/** Kept in the store, because another bot may deliver the answer. */
export function createTokens(store: Store): Tokens {
  const name = (person: Person, thread: Thread) => `chat:discord:token:${threadKey(thread)}:${person.id}`
  return {
    keep: (person, thread, token) => store.setJson(name(person, thread), token, { ttlMs: TTL_MS }),
    latest: (person, thread) => store.getJson(name(person, thread), Token),
  }
}
