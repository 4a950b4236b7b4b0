// The agent with a model: the deterministic answer first; then a supervisor goes on from its findings, within budgets. Whatever fails, that answer stands.
import type { BaseMessage } from '@langchain/core/messages'
import { Answer, type AnswerInput } from '../../core/answer.ts'
import { messageOf, SettingsError, UnavailableError, UsageError } from '../../core/errors.ts'
import type { Models } from '../../llm/index.ts'
import { createMeter, type Meter, type Spent } from '../../llm/meter.ts'
import type { Logger } from '../../log.ts'
import type { Skills } from '../../skills/index.ts'
import type { ToolSettings } from '../../tools/settings.ts'
import { createToolbox, type Toolbox } from '../../tools/toolbox.ts'
import type { Agent, AgentContext } from '../contract.ts'
import { addNote, type Note, readNotes } from '../notes.ts'
import { plainAgent } from '../plain/index.ts'
import { parseRequest } from '../plain/parse.ts'
import { findPlace } from '../plain/scope.ts'
import type { AgentSettings } from '../settings.ts'
import { answerFrom, type Outcome, outcomeOf, proposalFrom, standing } from './answer.ts'
import { RedisCheckpoints } from './checkpoints.ts'
import { type Conversation, converse, reviewed } from './conversation.ts'
import { questionMessage } from './history.ts'
import { taskPrompt } from './prompts.ts'
import { scopeOf } from './scope.ts'
import { createSupervisor } from './team.ts'
import { needsModel, wantsChange, wantsReview } from './wants.ts'
import { createWindow } from './window.ts'

export interface ModelAgentOptions {
  models: Models
  skills: Skills
  settings: AgentSettings
  tools: ToolSettings
  prometheus: string | undefined
  log?: Logger
}

export function createModelAgent(options: ModelAgentOptions): Agent {
  const window = createWindow(options.settings.AGENT_TOOL_CALLS_PER_5_MIN, 5 * 60_000)
  return async (question, context) => {
    const said = Answer.parse(await plainAgent(question, context))
    if (context.level === 'L0' || !needsModel(question, said)) {
      await note(question, said, context)
      return said
    }
    const placed = await place(question, said, context)
    if ('ask' in placed) return placed.ask
    const { plain } = placed
    if (plain.findings.length > 0) context.first?.(plain)
    const run = startRun(
      question,
      plain,
      context,
      options,
      () => context.thread === undefined || window.take(context.thread),
    )
    try {
      return withModel(await run.answer(), options.models.name, run.meter.spent)
    } catch (error) {
      // the task was cancelled: that is nobody's answer
      context.signal.throwIfAborted()
      const why = run.late() ? `the ${options.settings.AGENT_SECONDS} s for one question are over` : sentenceOf(error)
      options.log?.warn(
        { error: messageOf(error), run: context.run },
        'the model did not finish; the deterministic answer stands',
      )
      return withModel(standing(plain, why, run.reports), options.models.name, run.meter.spent)
    }
  }
}

/**
 * The cluster and namespace that the question names, also when no pattern understood the rest of it. Several clusters and nobody said which:
 * asked back by code, before anything is read of one of them.
 */
async function place(
  question: string,
  plain: Answer,
  context: AgentContext,
): Promise<{ plain: Answer } | { ask: AnswerInput }> {
  if (plain.cluster) return { plain }
  const found = await findPlace(parseRequest(question), context)
  if ('place' in found) {
    const { cluster, namespace, objects } = found.place
    return {
      plain: {
        ...plain,
        cluster: cluster.name,
        ...(namespace ? { namespace } : {}),
        ...(objects[0] ? { about: objects[0] } : {}),
      },
    }
  }
  const unsaid = context.clusters.list().length > 1 && !context.subject.cluster
  // with one cluster, a word that names nothing was just a word
  return unsaid ? found : { plain }
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

/** What code answered is part of the conversation too. */
async function note(question: string, { text }: Answer, { store, thread, now }: AgentContext): Promise<void> {
  if (!store || !thread) return
  const line = `asked "${question.slice(0, 160)}", answered without a model: ${text.replace(/\s+/g, ' ').slice(0, 320)}`
  await addNote(store, thread, line, now()).catch(() => undefined)
}

function startRun(
  question: string,
  plain: Answer,
  context: AgentContext,
  options: ModelAgentOptions,
  take: () => boolean,
) {
  const { settings } = options
  const deadline = AbortSignal.timeout(settings.AGENT_SECONDS * 1000)
  const signal = AbortSignal.any([context.signal, deadline])
  const meter: Meter = createMeter({ calls: settings.AGENT_MODEL_CALLS, tokens: settings.AGENT_TOKENS })
  const reports: string[] = []
  const open = (role: 'supervisor' | 'worker' | 'judge') =>
    options.models.open(role, {
      meter,
      signal,
      onFallback: (name) => context.progress(`The first model does not answer; asking ${name}`),
    })

  async function answer(): Promise<AnswerInput> {
    const scope = scopeOf(plain, context)
    const toolbox = createToolbox({
      context: {
        scope,
        now: context.now,
        signal,
        settings: {
          urls: options.tools.READ_URLS,
          privateRanges: options.tools.READ_PRIVATE_RANGES,
          prometheus: options.prometheus,
        },
      },
      limits: { calls: settings.AGENT_TOOL_CALLS, characters: settings.AGENT_RESULT_CHARACTERS },
      take,
      ...(context.onCall ? { onCall: context.onCall } : {}),
    })
    const memory = context.store && context.thread ? new RedisCheckpoints(context.store) : undefined
    const thread = context.thread ?? ''
    const supervisor = createSupervisor({
      models: { supervisor: open('supervisor'), worker: open('worker') },
      skills: await options.skills.current(),
      toolbox,
      scope,
      mayPropose: wantsChange(question),
      signal,
      checkpointer: memory,
      progress: context.progress,
      reports,
    })
    const conversation: Conversation = {
      supervisor,
      thread,
      run: context.run ?? question,
      signal,
      remembers: memory !== undefined,
      goesOn: (step) => toolbox.countFrom(step * 100),
    }
    context.progress(`Asking ${options.models.name}`)
    const notes = memory && context.store ? await readNotes(context.store, thread).catch((): Note[] => []) : []
    const messages = await converse(
      conversation,
      () =>
        questionMessage(conversation.run, question, taskPrompt({ question, scope, plain, notes, now: context.now() })),
      () => open('judge'),
    )
    const reviewing = context.reflect ?? (settings.AGENT_REFLECT === 'on' || wantsReview(question))
    const { result, verdict } = reviewing
      ? await reviewed(messages, conversation, question, () => open('judge'), context.progress)
      : { result: messages, verdict: undefined }
    const outcome = outcomeOf(result)
    await memory?.trim(thread)
    if (!outcome) throw new UnavailableError('it ended without an answer')
    return finish(outcome, { plain, toolbox, cluster: scope.cluster.name, older: idsIn(result), verdict })
  }
  return { answer, meter, reports, late: () => deadline.aborted }
}

function finish(
  outcome: Outcome,
  parts: { plain: Answer; toolbox: Toolbox; cluster: string; older: ReadonlySet<string>; verdict: string | undefined },
): AnswerInput {
  const { plain, toolbox, cluster, older, verdict } = parts
  if (outcome.kind === 'proposal') return proposalFrom(outcome, plain, cluster)
  return { cluster, ...answerFrom(outcome.answer, { plain, calls: toolbox.calls, older, review: verdict }) }
}

/** Calls that earlier attempts of this run reported: evidence that this process has not seen itself. */
function idsIn(messages: readonly BaseMessage[]): Set<string> {
  const text = messages.map(({ content }) => (typeof content === 'string' ? content : '')).join('\n')
  return new Set([...text.matchAll(/(?<=^|; |: )(c\d{1,6}) [a-z_]{3,40} /gm)].map((match) => match[1] ?? ''))
}
