// What an agent gets and returns, with or without a model. It knows no chat and no queue.
import type { AnswerInput } from '../core/answer.ts'
import type { Level } from '../core/plan.ts'
import type { ObjectRef } from '../core/ref.ts'
import type { Clusters } from '../kube/clusters.ts'
import type { Store } from '../store/store.ts'

/** What the conversation is about so far: the thread's memory, or what a button carried. The words of a question win. */
export interface Subject {
  cluster?: string
  namespace?: string
  /** the next "it" */
  object?: ObjectRef
  /** what was asked back last */
  choices?: readonly Choice[]
}

/** One way to understand the question before: pressed as a button, or said. */
export interface Choice {
  label: string
  question: string
  cluster?: string
  namespace?: string
}

export interface AgentContext {
  clusters: Clusters
  subject: Subject
  now(): Date
  signal: AbortSignal
  /** one line of what is being looked at */
  progress(line: string): void
  /** what code found, before a model thinks about it: shown at once, replaced by the answer */
  first?(answer: AnswerInput): void
  /** the answer's words so far, while a model writes them: not yet checked, and replaced by the answer */
  writing?(text: string): void
  /** where memory is kept; without it every question stands alone */
  store?: Store
  /** `threadKey` of the conversation: what was said in it is known to the next question */
  thread?: string
  /** the task's id: a second attempt of the same task goes on at the step where the first one stopped */
  run?: string
  /** the autonomy level that counts now: at L0 a model has no tools, so the deterministic answer stands */
  level?: Level
  /** score the answer and think once more when it is poor; default: the setting */
  reflect?: boolean
  /** every tool call as it ends, redacted: for the audit */
  onCall?(call: { id: string; agent: string; tool: string; args: string; ok: boolean }): void
}

export type Agent = (question: string, context: AgentContext) => Promise<AnswerInput>
