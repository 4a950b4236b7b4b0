// What a thread is about so far: the cluster, the namespace and the next "it". Forgotten after 30 quiet days.
import { z } from 'zod'
import type { AnswerInput } from '../core/answer.ts'
import { ObjectRef } from '../core/ref.ts'
import { type Thread, threadKey } from '../core/thread.ts'
import type { Store } from '../store/store.ts'

const TTL_MS = 30 * 24 * 3600_000

const Subject = z.object({
  cluster: z.string().optional(),
  namespace: z.string().optional(),
  object: ObjectRef.optional(),
})
type Subject = z.infer<typeof Subject>

export async function readSubject(store: Store, thread: Thread): Promise<Subject> {
  return (await store.getJson(`subject:${threadKey(thread)}`, Subject)) ?? {}
}

export async function rememberSubject(store: Store, thread: Thread, answer: AnswerInput): Promise<void> {
  if (!answer.cluster) return
  // a count or a list is about no object: what was spoken of before stays "it", as long as the place is the same
  const before = await readSubject(store, thread)
  const samePlace =
    before.cluster === answer.cluster && (!answer.namespace || before.object?.namespace === answer.namespace)
  const object = answer.about ?? (samePlace ? before.object : undefined)
  const subject: Subject = { cluster: answer.cluster, namespace: answer.namespace ?? before.namespace, object }
  await store.setJson(`subject:${threadKey(thread)}`, subject, { ttlMs: TTL_MS })
}
