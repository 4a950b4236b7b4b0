// What an agent gets and returns, with or without a model. It knows no chat and no queue.
import type { AnswerInput } from '../core/answer.ts'
import type { ObjectRef } from '../core/ref.ts'
import type { Clusters } from '../kube/clusters.ts'

/** What the conversation is about so far: the thread's memory, or what a button carried. The words of a question win. */
export interface Subject {
  cluster?: string
  namespace?: string
  /** the next "it" */
  object?: ObjectRef
}

export interface AgentContext {
  clusters: Clusters
  subject: Subject
  now(): Date
  signal: AbortSignal
  /** one line of what is being looked at */
  progress(line: string): void
}

export type Agent = (question: string, context: AgentContext) => Promise<AnswerInput>
