// The agent with a model: code answers what it understands; for the rest the checks are read first, then a supervisor goes on from them. Whatever fails, what code found stands.
import { Answer, type AnswerInput } from '../../core/answer.ts'
import { messageOf, SettingsError, UnavailableError, UsageError } from '../../core/errors.ts'
import type { Spent } from '../../llm/meter.ts'
import type { Agent, AgentContext } from '../contract.ts'
import { addNote } from '../notes.ts'
import { clarified } from '../plain/choice.ts'
import { type Answered, answerRequest } from '../plain/index.ts'
import { parseRequest } from '../plain/parse.ts'
import type { Request } from '../plain/request.ts'
import { standing } from './answer.ts'
import { type ModelAgentOptions, startRun } from './run.ts'
import { type Route, routeOf } from './wants.ts'
import { createWindow } from './window.ts'

export type { ModelAgentOptions } from './run.ts'

export function createModelAgent(options: ModelAgentOptions): Agent {
  const window = createWindow(options.settings.AGENT_TOOL_CALLS_PER_5_MIN, 5 * 60_000)
  return async (said, given) => {
    const { question, context } = clarified(said, given)
    const request = parseRequest(question)
    const { route, found } = await firstLook(request, context)
    const plain = Answer.parse(found.answer)
    if (route === 'code') {
      await note(`asked "${question.slice(0, 160)}", answered without a model: ${plain.text}`, context)
      return plain
    }
    if (route === 'findings' && plain.findings.length > 0) context.first?.(plain)
    const take = () => context.thread === undefined || window.take(context.thread)
    const run = startRun({ question, route, plain, places: found.places, take }, context, options)
    try {
      const answer = withModel(await run.answer(), options.models.name, run.meter.spent)
      if (answer.review) {
        const { score, feedback } = answer.review
        await note(`the answer to "${question.slice(0, 160)}" was reviewed: ${score} of 10. ${feedback}`, context)
      }
      return answer
    } catch (error) {
      // the task was cancelled: that is nobody's answer
      context.signal.throwIfAborted()
      const why = run.late() ? `the ${options.settings.AGENT_SECONDS} s for one question are over` : sentenceOf(error)
      options.log?.warn(
        { error: messageOf(error), run: context.run },
        'the model did not finish; the deterministic answer stands',
      )
      // of an open question, what code can make of it alone
      const stands = route === 'findings' ? plain : Answer.parse((await answerRequest(request, context)).answer)
      return withModel(standing(stands, why, run.reports), options.models.name, run.meter.spent)
    }
  }
}

/** What code finds before any model is asked, and whether one is needed at all. */
async function firstLook(request: Request, context: AgentContext): Promise<{ route: Route; found: Answered }> {
  const route = context.level === 'L0' ? 'code' : routeOf(request)
  if (route !== 'open') {
    const found = await answerRequest(request, context)
    // "did you mean", "which one": one clarifying question, asked by code
    if (found.asksBack || context.level === 'L0') return { route: 'code', found }
    const wordsLeft = found.places.some(({ unknown }) => unknown.length > 0)
    if (route === 'code' && !wordsLeft) return { route, found }
    if (route === 'findings' && found.places.length > 0) return { route, found }
  }
  // the checks of its scope, whatever the question is: findings come first
  const found = await answerRequest({ ...request, ask: { kind: 'diagnose' }, sure: true }, context, { loose: true })
  return { route: found.asksBack ? 'code' : 'open', found }
}

/** A fault of ours is for the log; people read what they can do something about. */
function sentenceOf(error: unknown): string {
  if (error instanceof UnavailableError || error instanceof SettingsError || error instanceof UsageError)
    return error.message.replace(/\.$/, '')
  if (error instanceof Error && error.name === 'GraphRecursionError') return 'it went in circles'
  return 'something went wrong on our side (see the log)'
}

/** Says who thought and what it took, in the answer and below it. */
function withModel(answer: AnswerInput, name: string, { inputTokens, outputTokens, cost, calls }: Spent): AnswerInput {
  if (calls === 0) return answer
  const tokens = inputTokens + outputTokens
  const price = cost === undefined ? '' : ` · $${cost.toFixed(4)}`
  return {
    ...answer,
    ...(answer.blocks
      ? { blocks: [...answer.blocks, { kind: 'note' as const, text: `${name} · ${tokens} tokens${price}` }] }
      : {}),
    model: { name, tokens, ...(cost === undefined ? {} : { cost: Math.round(cost * 1e6) / 1e6 }) },
  }
}

/** What was answered beside the model is part of the conversation too. A courtesy: its failure fails nothing. */
async function note(line: string, { store, thread, now }: AgentContext): Promise<void> {
  if (!store || !thread) return
  await addNote(store, thread, line.replace(/\s+/g, ' '), now()).catch(() => undefined)
}
