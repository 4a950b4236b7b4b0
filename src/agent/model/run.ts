// One question before the supervisor: its budgets, its scope, its tools, its memory, and how it ends.
import type { AIMessageChunk, BaseMessage } from '@langchain/core/messages'
import type { Answer, AnswerInput } from '../../core/answer.ts'
import { UnavailableError } from '../../core/errors.ts'
import type { Models } from '../../llm/index.ts'
import { createMeter, type Meter } from '../../llm/meter.ts'
import type { ModelRole } from '../../llm/provider.ts'
import type { Logger } from '../../log.ts'
import type { Skills } from '../../skills/index.ts'
import type { ToolSettings } from '../../tools/settings.ts'
import { createToolbox } from '../../tools/toolbox.ts'
import type { AgentContext } from '../contract.ts'
import { type Note, readNotes } from '../notes.ts'
import type { Place } from '../plain/place.ts'
import type { AgentSettings } from '../settings.ts'
import { answerFrom, GIVE_ANSWER, outcomeOf, proposalFrom } from './answer.ts'
import { RedisCheckpoints } from './checkpoints.ts'
import { type Conversation, converse, reviewed } from './conversation.ts'
import { questionMessage } from './history.ts'
import { taskPrompt } from './prompts.ts'
import { scopeOf } from './scope.ts'
import { createSupervisor } from './team.ts'
import { type Route, wantsChange, wantsReview } from './wants.ts'

export interface ModelAgentOptions {
  models: Models
  skills: Skills
  settings: AgentSettings
  tools: ToolSettings
  prometheus: string | undefined
  log?: Logger
}

/** What the supervisor starts from. */
export interface Start {
  question: string
  route: Route
  /** what code found */
  plain: Answer
  places: readonly Place[]
  /** false when the thread has made too many tool calls lately */
  take(): boolean
}

export interface Run {
  answer(): Promise<AnswerInput>
  meter: Meter
  /** what sub-agents have reported so far */
  reports: string[]
  /** the seconds for one question are over */
  late(): boolean
}

export function startRun(start: Start, context: AgentContext, options: ModelAgentOptions): Run {
  const { question, plain } = start
  const { settings } = options
  const deadline = AbortSignal.timeout(settings.AGENT_SECONDS * 1000)
  const signal = AbortSignal.any([context.signal, deadline])
  const meter = createMeter({ calls: settings.AGENT_MODEL_CALLS, tokens: settings.AGENT_TOKENS })
  const reports: string[] = []
  const open = (role: ModelRole) =>
    options.models.open(role, {
      meter,
      signal,
      onFallback: (name) => context.progress(`The first model does not answer; asking ${name}`),
      ...(role === 'supervisor' && context.writing ? { onWriting: wordsOf(context.writing) } : {}),
    })

  const memory = context.store && context.thread ? new RedisCheckpoints(context.store) : undefined
  const thread = context.thread ?? ''

  async function answer(): Promise<AnswerInput> {
    try {
      return await supervised()
    } finally {
      // a task that was cancelled or killed goes on from its steps; of any other, only its last state is remembered
      if (!context.signal.aborted) await memory?.trim(thread).catch(() => undefined)
    }
  }

  async function supervised(): Promise<AnswerInput> {
    const cluster = context.clusters.get(start.places[0]?.cluster.name ?? context.subject.cluster)
    const scope = scopeOf(cluster, start.places, plain)
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
      take: start.take,
      ...(context.onCall ? { onCall: context.onCall } : {}),
    })
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
    const task = { question, scope, plain, objects: namedIn(start.places), notes, now: context.now() }
    const judge = () => open('judge')
    const messages = await converse(
      conversation,
      () => questionMessage(conversation.run, question, taskPrompt(task)),
      judge,
    )
    const reviewing = context.reflect ?? (settings.AGENT_REFLECT === 'on' || wantsReview(question))
    const { result, review } = reviewing
      ? await reviewed(messages, conversation, question, judge, context.progress)
      : { result: messages, review: undefined }
    context.signal.throwIfAborted()
    const outcome = outcomeOf(result)
    if (!outcome) throw new UnavailableError('it ended without an answer')
    const shown = start.route === 'open' ? withoutFindings(plain) : plain
    if (outcome.kind === 'proposal') return proposalFrom(outcome, shown, cluster.name)
    const sources = { plain: shown, findings: plain.findings, calls: toolbox.calls, older: idsIn(result), review }
    return { cluster: cluster.name, ...answerFrom(outcome.answer, sources) }
  }
  return { answer, meter, reports, late: () => deadline.aborted }
}

/** The question was about more than trouble: its claims name the checks that they rest on, and no finding takes the card's head. */
function withoutFindings(plain: Answer): Answer {
  const { title: _, ...rest } = plain
  return { ...rest, tone: 'info', findings: [], evidence: [], offers: [] }
}

/** The words of the answer that is being written, out of the call that will end the run. */
function wordsOf(say: (text: string) => void): (message: AIMessageChunk) => void {
  return (message) => {
    const words: unknown = message.tool_calls?.find(({ name }) => name === GIVE_ANSWER)?.args.answer
    if (typeof words === 'string') say(words)
  }
}

function namedIn(places: readonly Place[]) {
  return places.flatMap(({ objects }) => objects)
}

/** Calls that earlier attempts of this run reported: evidence that this process has not seen itself. */
function idsIn(messages: readonly BaseMessage[]): Set<string> {
  const text = messages.map(({ content }) => (typeof content === 'string' ? content : '')).join('\n')
  return new Set([...text.matchAll(/(?<=^|; |: )(c\d{1,6}) [a-z_]{3,40} /gm)].map((match) => match[1] ?? ''))
}
