// One run of the supervisor over the memory of its thread: started, gone on with after a crash, and at most once thought over.
import { type BaseMessage, HumanMessage } from '@langchain/core/messages'
import type { Answer } from '../../core/answer.ts'
import { redact } from '../../core/redact.ts'
import type { Models } from '../../llm/index.ts'
import { outcomeOf } from './answer.ts'
import { freshHistory, isRun, runId } from './history.ts'
import { PASSING, review } from './reflect.ts'
import type { Supervisor } from './team.ts'

// a model call and its tools are two steps
const SUPERVISOR_STEPS = 40

export interface Conversation {
  supervisor: Supervisor
  thread: string
  run: string
  signal: AbortSignal
  remembers: boolean
  /** called with the number of the step at which an earlier attempt stopped */
  goesOn(step: number): void
}

/** Starts the run, or goes on with it where an earlier attempt of the same task was killed. */
export async function converse(
  conversation: Conversation,
  ask: () => HumanMessage,
  judge: () => ReturnType<Models['open']>,
): Promise<BaseMessage[]> {
  const { supervisor, run, remembers } = conversation
  if (!remembers) return invoke(conversation, [ask()])
  const state = await supervisor.graph.getState(configOf(conversation))
  const before = messagesOf(state.values)
  if (isRun(before, run)) {
    conversation.goesOn(Math.max(1, state.metadata?.step ?? 1))
    return state.next.length > 0 ? invoke(conversation, null) : before
  }
  return invoke(conversation, [...(await freshHistory(before, judge)), ask()])
}

async function invoke(conversation: Conversation, messages: BaseMessage[] | null): Promise<BaseMessage[]> {
  const input = messages === null ? null : { messages }
  // null goes on from the checkpoint; LangChain's types do not know it
  const state = await conversation.supervisor.invoke(input as { messages: BaseMessage[] }, {
    ...configOf(conversation),
    durability: 'sync',
  })
  return messagesOf(state)
}

function configOf({ thread, signal }: Conversation) {
  return { configurable: { thread_id: thread }, recursionLimit: SUPERVISOR_STEPS, signal }
}

function messagesOf(state: unknown): BaseMessage[] {
  return (state as { messages?: BaseMessage[] } | undefined)?.messages ?? []
}

/** At most one more round; the better-informed second answer counts, whatever its score. */
export async function reviewed(
  messages: BaseMessage[],
  conversation: Conversation,
  question: string,
  judge: () => ReturnType<Models['open']>,
  progress: (line: string) => void,
): Promise<{ result: BaseMessage[]; review: Answer['review'] | 'skipped' }> {
  const outcome = outcomeOf(messages)
  // people review a proposal
  if (outcome?.kind !== 'answer') return { result: messages, review: undefined }
  progress('Reviewing the answer')
  const first = await review(judge(), question, JSON.stringify(outcome.answer))
  if (!first) return { result: messages, review: 'skipped' }
  const verdict = { ...first, again: false }
  if (first.score >= PASSING || isRun(messages, conversation.run)?.again) return { result: messages, review: verdict }
  progress(`Reviewed ${first.score} of 10: thinking again`)
  const again = new HumanMessage({
    id: runId(conversation.run, true),
    content: `A reviewer scored this answer ${first.score} of 10: ${redact(first.feedback)}\nInvestigate what is missing and answer again.`,
    additional_kwargs: { question: redact(question) },
  })
  // a poor answer is more than none, also when time is over
  const result = await invoke(conversation, conversation.remembers ? [again] : [...messages, again]).catch(
    () => messages,
  )
  if (result === messages || !outcomeOf(result)) return { result: messages, review: verdict }
  return { result, review: { ...verdict, again: true } }
}
