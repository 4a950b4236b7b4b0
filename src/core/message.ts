// What goes into the outbox. The key makes it said once; a higher revision of the same key edits what was said.
import { z } from 'zod'
import { Attachment, Card } from './card.ts'
import { Person } from './people.ts'
import { MessageRef, Thread } from './thread.ts'

export const Outgoing = z.discriminatedUnion('kind', [
  /** post under `key`, or edit the message posted under it; the newest body wins, older ones may be skipped */
  z.object({
    kind: z.literal('post'),
    key: z.string(),
    thread: Thread,
    card: Card,
    attachments: z.array(Attachment).default([]),
    /** announce in the channel as well as in the thread (incident roots): the post itself is the thread's root */
    root: z.boolean().default(false),
    /**
     * Still being written, as the answer to this person: the next body begins with this one, but for a note at its end, which
     * is a line of progress. Streamed where the platform can, else edited now and then. The last body is not growing.
     */
    growing: Person.optional(),
  }),
  /** 👀 working, ✅ done, ❌ failed: best effort, on the person's own message */
  z.object({ kind: z.literal('react'), key: z.string(), on: MessageRef, sign: z.enum(['seen', 'done', 'failed']) }),
  /** seen by one person only */
  z.object({ kind: z.literal('private'), key: z.string(), thread: Thread, to: Person, card: Card }),
])
export type Outgoing = z.infer<typeof Outgoing>
