// What every adapter does with a question once it is parsed: may they ask, enqueue, and only then say that it was seen.
import { textCard } from '../core/card.ts'
import { type Person, personKey } from '../core/people.ts'
import { redact } from '../core/redact.ts'
import { taskId } from '../core/task.ts'
import type { MessageRef, Thread } from '../core/thread.ts'
import type { Store } from '../store/store.ts'
import { type Handlers, type Say, SayError, type Verdict } from './contract.ts'
import { clip, neutraliseLine } from './neutralise.ts'
import type { Outbox } from './outbox.ts'
import { createThreads } from './threads.ts'

/** told whoever points at a message in which there is nothing to read */
export const NO_WORDS = 'There is no text in that message that I could investigate.'

/** longer questions are cut; nobody types that much, but a bot or a paste may */
const MAX_QUESTION = 20_000
/** of the thread that a question opens, where threads have titles */
const MAX_TITLE = 80
/** questions of one person in one channel per minute; beyond it they are told so, once a minute */
const FLOOD_LIMIT = 300
/** how long a question waits when the platform cannot say who asks */
const PATIENCE_MS = 10 * 60_000
/** somebody who was not speaking to us is told only once in this long that they would not be answered */
const REFUSAL_EVERY_MS = 10 * 60_000

export interface Inbound {
  /** the identity of what arrived, without the platform: the same message delivered twice has the same parts */
  id: string[]
  thread: Thread
  person: Person
  text: string
  /** RFC 3339 */
  at: string
  /** the person's own message, for 👀; absent for commands */
  message?: MessageRef
  /** false: said in a thread of ours, but not to us by name; default true */
  addressed?: boolean
}

type Taken = 'taken' | 'refused' | 'flood'

/** Resolves once everything is stored; whatever throws before must be delivered again by the platform, which is harmless. */
export type Intake = (inbound: Inbound, handlers: Handlers) => Promise<Taken>

export function createIntake(store: Store, outbox: Outbox, say: Pick<Say, 'openThread'>): Intake {
  const threads = createThreads(store)

  async function refuse(inbound: Inbound, thread: Thread, why: string, which: string): Promise<void> {
    const key = `refused-${which}`
    await outbox.put({ kind: 'private', key, thread, to: inbound.person, card: textCard(why, { tone: 'stop' }) })
  }

  /** The same for all that a person says in a channel in a while. */
  function slot(person: Person, thread: Thread, everyMs: number): string {
    return `${personKey(person)}-${thread.channel}-${Math.floor(Date.now() / everyMs)}`
  }

  async function isFlood(person: Person, thread: Thread): Promise<boolean> {
    const minute = Math.floor(Date.now() / 60_000)
    const key = `${store.prefix}chat:asked:${thread.workspace}/${thread.channel}/${personKey(person)}:${minute}`
    const replies = await store.redis.multi().incr(key).pexpire(key, 120_000).exec()
    return Number(replies?.[0]?.[1] ?? 0) > FLOOD_LIMIT
  }

  const inHand = new Map<string, Promise<Taken>>()

  async function take(id: string, inbound: Inbound, handlers: Handlers): Promise<Taken> {
    const { person, message } = inbound
    const [thread, verdict] = await Promise.all([
      threads.ours(inbound.thread),
      patiently(() => handlers.mayAsk(person, inbound.thread)),
    ])
    if (!verdict.allowed) {
      await refuse(
        inbound,
        thread,
        verdict.why,
        inbound.addressed === false ? slot(person, thread, REFUSAL_EVERY_MS) : id,
      )
      return 'refused'
    }
    if (await isFlood(person, thread)) {
      const why = `That is more than ${FLOOD_LIMIT} questions in a minute; please wait a little.`
      await refuse(inbound, thread, why, slot(person, thread, 60_000))
      return 'flood'
    }
    await threads.join(inbound.thread)
    await handlers.enqueue({
      kind: 'answer',
      id,
      thread,
      asker: verdict.name ? { ...person, name: verdict.name } : person,
      at: inbound.at,
      text: clip(inbound.text, MAX_QUESTION),
      ...(message ? { message } : {}),
    })
    const title = clip(neutraliseLine(inbound.text), MAX_TITLE)
    // a courtesy for the person's own list: nothing waits for it
    void threads.asked(person, inbound.thread, redact(title)).catch(() => {})
    if (!message) return 'taken'
    await outbox.put({ kind: 'react', key: `seen-${id}`, on: message, sign: 'seen' })
    // posting opens the thread too when this fails
    await say.openThread(message, title).catch(() => {})
    return 'taken'
  }

  return (inbound, handlers) => {
    // a platform that waits too long delivers again: one look at each question is enough
    const id = taskId('answer', inbound.thread.platform, ...inbound.id)
    const work = inHand.get(id) ?? take(id, inbound, handlers).finally(() => inHand.delete(id))
    inHand.set(id, work)
    return work
  }
}

/** Who asks cannot be known while the platform is away or limits us; the question is kept in hand meanwhile. */
async function patiently(ask: () => Promise<Verdict>): Promise<Verdict> {
  const end = Date.now() + PATIENCE_MS
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof SayError) || error.failure === 'refused' || Date.now() > end) throw error
      const wait = Math.max(error.retryAfterMs, Math.min(10_000, 250 * 2 ** Math.min(attempt, 6)))
      await new Promise((resolve) => setTimeout(resolve, wait))
    }
  }
}
