// What a button that is no approval means. Kept in the store under an opaque id for 7 days; the click carries only the id.
import { z } from 'zod'
import { Action } from './action.ts'
import { PersonRule } from './people.ts'
import { ObjectRef } from './ref.ts'
import { Thread } from './thread.ts'

const scope = { cluster: z.string(), namespace: z.string().optional() }

const single = [
  /** ask a question as if the person had typed it; `{value}` is replaced by a select's choice or a form's answer */
  z.object({ kind: z.literal('ask'), question: z.string(), ...scope }),
  z.object({
    kind: z.literal('logs'),
    object: ObjectRef,
    container: z.string().optional(),
    previous: z.boolean().default(false),
    ...scope,
  }),
  /** `object`: that one alone */
  z.object({ kind: z.literal('diagnose'), object: ObjectRef.optional(), ...scope }),
  z.object({
    kind: z.literal('propose'),
    action: Action,
    reason: z.string().default(''),
    /** the incident that it is to end */
    incident: z.string().optional(),
    ...scope,
  }),
  /** of an open incident; `silence` takes its length from the choice */
  z.object({
    kind: z.literal('incident'),
    incident: z.string(),
    does: z.enum(['acknowledge', 'assign', 'silence', 'resolve']),
  }),
  z.object({ kind: z.literal('feedback'), subject: z.string(), useful: z.boolean() }),
] as const

export const IntentBody = z.discriminatedUnion('kind', [
  ...single,
  /** one of several: the select's value is the place in the list */
  z.object({ kind: z.literal('pick'), options: z.array(z.discriminatedUnion('kind', [...single])).max(25) }),
])
export type IntentBody = z.infer<typeof IntentBody>

export const Intent = z.object({
  id: z.string(),
  thread: Thread,
  /** absent: whoever may ask may press it */
  who: z.array(PersonRule).optional(),
  expires: z.string(),
  body: IntentBody,
})
export type Intent = z.infer<typeof Intent>
export const INTENT_TTL_MS = 7 * 24 * 3600_000
