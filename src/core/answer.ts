// What an agent returns, with or without a model. `tasks/` turns it into a card; nothing here knows a chat.
import { z } from 'zod'
import { Action } from './action.ts'
import { Attachment, Block, RichText, Tone } from './card.ts'
import { Evidence, Finding } from './finding.ts'
import { IntentBody } from './intent.ts'
import { ObjectRef } from './ref.ts'

export const Offer = z.object({ label: z.string(), intent: IntentBody, pick: z.string().optional() })
export type Offer = z.infer<typeof Offer>

export const Answer = z.object({
  tone: Tone.optional(),
  /** one line */
  title: RichText.optional(),
  /** the whole answer as plain sentences: `ask --output json`, memory, audit */
  text: z.string(),
  /** the same as blocks; absent: the text is shown */
  blocks: z.array(Block).optional(),
  cluster: z.string().optional(),
  namespace: z.string().optional(),
  /** what it was about: the thread's next "it" */
  about: ObjectRef.optional(),
  findings: z.array(Finding).default([]),
  evidence: z.array(Evidence).default([]),
  partial: z.array(z.string()).default([]),
  attachments: z.array(Attachment).default([]),
  /** things a person may press next; those with the same `pick` are choices of one kind, such as "Pick a container" */
  offers: z.array(Offer).default([]),
  /** a change to propose; the run ends with its card */
  propose: z
    .object({ actions: z.array(Action).min(1), author: z.enum(['person', 'remedy', 'model']), reason: z.string() })
    .optional(),
  /** a second look at the model's answer before people read it: 1 to 10; `again`: it was poor, so this is the second answer */
  review: z.object({ score: z.int(), feedback: z.string(), again: z.boolean() }).optional(),
  /** who thought, and what it took; `cost` in US dollars, absent when the model's price is unknown */
  model: z.object({ name: z.string(), tokens: z.int(), cost: z.number().optional() }).nullable().default(null),
})
export type Answer = z.infer<typeof Answer>
export type AnswerInput = z.input<typeof Answer>
