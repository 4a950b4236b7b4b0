// What a thread is about so far: the cluster, the namespace, the next "it", and what was asked back last. Forgotten after 30 quiet days.
import { z } from 'zod'
import type { Choice } from '../agent/contract.ts'
import type { AnswerInput } from '../core/answer.ts'
import { ObjectRef } from '../core/ref.ts'
import { type Thread, threadKey } from '../core/thread.ts'
import type { Store } from '../store/store.ts'

const TTL_MS = 30 * 24 * 3600_000
const MOST_CHOICES = 25

const Subject = z.object({
  cluster: z.string().optional(),
  namespace: z.string().optional(),
  object: ObjectRef.optional(),
  choices: z
    .array(
      z.object({
        label: z.string(),
        question: z.string(),
        cluster: z.string().optional(),
        namespace: z.string().optional(),
      }),
    )
    .optional(),
})
type Subject = z.infer<typeof Subject>

export async function readSubject(store: Store, thread: Thread): Promise<Subject> {
  return (await store.getJson(`subject:${threadKey(thread)}`, Subject)) ?? {}
}

export async function rememberSubject(store: Store, thread: Thread, answer: AnswerInput): Promise<void> {
  const before = await readSubject(store, thread)
  const choices = choicesOf(answer)
  if (!answer.cluster && choices.length === 0 && !before.choices) return
  // a count or a list is about no object: what was spoken of before stays "it", as long as the place is the same
  const { cluster = before.cluster } = answer
  const samePlace = before.cluster === cluster && (!answer.namespace || before.object?.namespace === answer.namespace)
  const object = answer.about ?? (samePlace ? before.object : undefined)
  const namespace = answer.namespace ?? before.namespace
  const subject: Subject = { cluster, namespace, object, ...(choices.length > 0 ? { choices } : {}) }
  await store.setJson(`subject:${threadKey(thread)}`, subject, { ttlMs: TTL_MS })
}

/** What a question of ours may be answered with, in words as by its buttons. */
function choicesOf({ tone, offers = [] }: AnswerInput): Choice[] {
  if (tone !== 'ask') return []
  const asking = offers.flatMap(({ label, intent }): Choice[] => {
    // an example to press is no way to understand what was asked
    if (intent.kind !== 'ask' || intent.question === label) return []
    const { question, cluster, namespace } = intent
    return [{ label, question, ...(cluster ? { cluster } : {}), ...(namespace ? { namespace } : {}) }]
  })
  return asking.slice(0, MOST_CHOICES)
}
