// What happened in a thread outside of the model's own runs: plain answers, outcomes of plans. Any role may write here; no LangChain is loaded.
import { z } from 'zod'
import { redact } from '../core/redact.ts'
import type { Store } from '../store/store.ts'

const Note = z.object({ at: z.string(), text: z.string() })
export type Note = z.infer<typeof Note>

const MOST = 30
const LENGTH = 600
const TTL_SECONDS = 30 * 24 * 3600

/** One line of what happened: "plan 7f3a91 was approved by mira and is healthy after 42 s". */
export async function addNote(store: Store, thread: string, text: string, at = new Date()): Promise<void> {
  const key = store.key(`notes:${thread}`)
  const note: Note = { at: at.toISOString(), text: redact(text).slice(0, LENGTH) }
  await store.redis.multi().rpush(key, JSON.stringify(note)).ltrim(key, -MOST, -1).expire(key, TTL_SECONDS).exec()
}

/** Oldest first. */
export async function readNotes(store: Store, thread: string): Promise<Note[]> {
  const lines = await store.redis.lrange(store.key(`notes:${thread}`), 0, -1)
  return lines.flatMap((line) => {
    const note = Note.safeParse(JSON.parse(line))
    return note.success ? [note.data] : []
  })
}
