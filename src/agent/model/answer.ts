// How a run ends: the typed answer of the model, read from the conversation itself, and turned into what people see.
import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import { z } from 'zod'
import { Action } from '../../core/action.ts'
import type { Answer, AnswerInput } from '../../core/answer.ts'
import type { Block } from '../../core/card.ts'
import type { Finding } from '../../core/finding.ts'
import { redact } from '../../core/redact.ts'
import { textOf } from '../../llm/sound.ts'
import type { CallRecord } from '../../tools/toolbox.ts'

export const GIVE_ANSWER = 'give_answer'
export const PROPOSE = 'propose_change'

const text = (most: number) => z.string().transform((value) => value.slice(0, most))

export const ModelAnswer = z.object({
  answer: text(3000).describe('the answer or root cause, first sentence first'),
  premise: text(600).optional().describe('only when the question assumes something wrong: what is true instead'),
  claims: z
    .array(z.object({ claim: text(600), calls: z.array(text(60)).max(10).describe('c1, f2 …') }))
    .max(12)
    .default([]),
  confidence: z.enum(['high', 'medium', 'low']).default('medium'),
  gaps: z.array(text(300)).max(8).default([]).describe('what was not looked at, or not permitted'),
  next: text(800).optional().describe('the next safe step'),
  question: text(400).optional().describe('only when unclear what is meant: the one question to ask back'),
})
export type ModelAnswer = z.infer<typeof ModelAnswer>

const Proposed = z.object({ actions: z.array(Action).min(1), reason: z.string() })

export type Outcome = { kind: 'answer'; answer: ModelAnswer } | { kind: 'proposal'; actions: Action[]; reason: string }

/** What the messages since the person's last one end with; undefined when the model said nothing usable. */
export function outcomeOf(messages: readonly BaseMessage[]): Outcome | undefined {
  const from = messages.findLastIndex((message) => HumanMessage.isInstance(message))
  for (const message of messages.slice(from + 1).toReversed()) {
    if (ToolMessage.isInstance(message) && message.status !== 'error') {
      if (message.name === PROPOSE) {
        const proposed = Proposed.safeParse(parseJson(textOf(message)))
        if (proposed.success) return { kind: 'proposal', ...proposed.data }
      }
      if (message.name === GIVE_ANSWER) {
        const answer = ModelAnswer.safeParse(parseJson(textOf(message)))
        if (answer.success) return { kind: 'answer', answer: answer.data }
      }
    }
    if (AIMessage.isInstance(message) && (message.tool_calls ?? []).length === 0 && textOf(message).trim()) {
      // a model that talks instead of calling: its words are the answer, and no claim is proven
      return { kind: 'answer', answer: ModelAnswer.parse({ answer: textOf(message).trim(), confidence: 'low' }) }
    }
  }
  return undefined
}

function parseJson(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return undefined
  }
}

export interface Sources {
  /** what stays of the deterministic answer beside the model's */
  plain: AnswerInput
  /** what the model was given as f1, f2 … */
  findings: readonly Finding[]
  calls: readonly CallRecord[]
  /** call ids of the attempt before a crash: known, but without their text */
  older: ReadonlySet<string>
  /** when the answer was reviewed; `skipped` when the judge gave no verdict that can be read */
  review: Answer['review'] | 'skipped'
}

/** The deterministic facts stay; the model's words come first, each claim beside what it rests on. */
export function answerFrom(answer: ModelAnswer, { plain, findings, calls, older, review }: Sources): AnswerInput {
  const sourceOf = (id: string): string | undefined => {
    const finding = /^f(\d{1,3})$/.exec(id)
    if (finding)
      return findings[Number(finding[1]) - 1] ? `check ${findings[Number(finding[1]) - 1]?.check}` : undefined
    const call = calls.find((one) => one.id === id)
    // that something could not be read may be the point; that it was read it does not say
    if (call) return `${call.id} ${call.tool} ${call.args}`.slice(0, 160) + (call.ok ? '' : ' (failed)')
    return older.has(id) ? id : undefined
  }
  const claims = answer.claims.map(({ claim, calls: ids }) => ({
    claim,
    sources: ids.flatMap(idsOf).flatMap((id) => sourceOf(id) ?? []),
  }))
  const unproven = claims.filter(({ sources }) => sources.length === 0).length
  const gaps = [
    ...answer.gaps,
    ...(unproven > 0 ? [`${unproven} of ${claims.length} claims name no call that was made`] : []),
  ]
  const evidence = claims.map(
    ({ claim, sources }) => `${claim} (${sources.length > 0 ? sources.join('; ') : 'no call named'})`,
  )
  const lines = [
    answer.premise,
    answer.answer,
    ...evidence.map((line) => `- ${line}`),
    `Confidence: ${answer.confidence}.`,
    ...(answer.next ? [`Next: ${answer.next}`] : []),
  ]
  const blocks: Block[] = [
    ...(answer.premise ? [{ kind: 'text' as const, text: redact(answer.premise) }] : []),
    { kind: 'text', text: redact(answer.answer) },
    ...(claims.length > 0
      ? [
          {
            kind: 'list' as const,
            items: claims.map(({ claim, sources }) => [
              redact(claim),
              ' ',
              { code: redact(sources.join('; ') || 'no call named') },
            ]),
          },
        ]
      : []),
    ...(answer.next ? [{ kind: 'facts' as const, rows: [{ label: 'Next', text: redact(answer.next) }] }] : []),
    {
      kind: 'note',
      text: [`Confidence ${answer.confidence}`, reviewText(review)].filter(Boolean).join(' · '),
    },
  ]
  if (answer.question) {
    return { ...placeOf(plain), tone: 'ask', text: redact(answer.question), partial: plain.partial ?? [] }
  }
  return {
    ...plain,
    ...(plain.tone === 'ask' ? { tone: 'info' as const, offers: [] } : {}),
    text: redact(lines.filter(Boolean).join('\n')),
    blocks,
    partial: [...(plain.partial ?? []), ...gaps.map((gap) => redact(gap))],
    ...(review && review !== 'skipped' ? { review: { ...review, feedback: redact(review.feedback) } } : {}),
  }
}

/** `[c3]`, `c3, f1`: models write them in many ways. */
function idsOf(text: string): string[] {
  return text.match(/\b[cf]\d{1,6}\b/g) ?? []
}

function reviewText(review: Sources['review']): string {
  if (review === undefined) return ''
  if (review === 'skipped') return 'not reviewed: the judge gave no verdict'
  return `reviewed: ${review.score} of 10${review.again ? ', then thought over once more' : ''}`
}

/** The run ends with a plan for people to decide on. */
export function proposalFrom(
  outcome: Extract<Outcome, { kind: 'proposal' }>,
  plain: AnswerInput,
  cluster: string,
): AnswerInput {
  const reason = redact(outcome.reason)
  return {
    ...placeOf(plain),
    cluster,
    findings: plain.findings ?? [],
    evidence: plain.evidence ?? [],
    partial: plain.partial ?? [],
    text: `${reason}\nThis needs a plan and an approval.`,
    propose: { actions: outcome.actions, author: 'model', reason },
  }
}

/** The deterministic answer, and why there is no more than that. */
export function standing(plain: AnswerInput, why: string, reports: readonly string[]): AnswerInput {
  const sofar =
    reports.length > 0
      ? `\nWhat the model had found until then: ${reports.map((report) => redact(report).slice(0, 800)).join('\n')}`
      : ''
  return {
    ...plain,
    text: `${plain.text}${sofar}`,
    partial: [...(plain.partial ?? []), `the model did not finish: ${redact(why)}; this is what the checks alone say`],
  }
}

function placeOf({ cluster, namespace, about }: AnswerInput): AnswerInput {
  return { ...(cluster ? { cluster } : {}), ...(namespace ? { namespace } : {}), ...(about ? { about } : {}), text: '' }
}
