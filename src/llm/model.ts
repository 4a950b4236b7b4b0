// A model as a task uses it: the provider's client behind one door that counts, limits time, tries again, falls back, and names errors.
import { setTimeout as sleep } from 'node:timers/promises'
import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager'
import { BaseChatModel, type BindToolsInput } from '@langchain/core/language_models/chat_models'
import { type AIMessage, AIMessageChunk, type BaseMessage } from '@langchain/core/messages'
import type { ChatResult } from '@langchain/core/outputs'
import type { Runnable } from '@langchain/core/runnables'
import { SettingsError, UnavailableError, UsageError } from '../core/errors.ts'
import { modelError } from './errors.ts'
import { BudgetError, type Meter } from './meter.ts'
import { sound } from './sound.ts'

/** One client, opened when it is first asked. */
export interface Candidate {
  provider: string
  name: string
  price: { input: number; output: number } | undefined
  /** the signal ends the call */
  open(signal: AbortSignal): Promise<BaseChatModel>
}

export interface ModelOptions {
  /** in order: the first, then its fallbacks */
  candidates: readonly Candidate[]
  meter: Meter
  attempts: number
  backoffMs: number
  timeoutMs: number
  /** aborts every attempt: the task was cancelled, or its seconds are over */
  signal: AbortSignal
  /** what is written so far, while it is being written; another attempt begins anew */
  onWriting?(message: AIMessageChunk): void
  /** which model answered, when it was not the first */
  onFallback?(name: string): void
}

/** of our own back-off; a provider that says how long is taken at its word, if nobody else can be asked */
const MAX_PAUSE_MS = 20_000
// characters of one answer, thoughts included, and of its tool calls, which LangChain reads again with every chunk: no model that works writes as much
const MOST_WRITTEN = 1_000_000
const MOST_CALLED = 32_000
// joining and showing costs as much as all that was written: not for every word
const SHOW_EVERY_MS = 250

// LangChain knows models by this class only; there is no function to implement instead
export class TaskModel extends BaseChatModel {
  readonly #options: ModelOptions
  readonly #tools: BindToolsInput[]
  readonly #kwargs: object
  /** those that failed for good in this task: its next call begins with the one after them */
  readonly #down: Set<Candidate>

  constructor(
    options: ModelOptions,
    tools: BindToolsInput[] = [],
    kwargs: object = {},
    down: Set<Candidate> = new Set<Candidate>(),
  ) {
    super({ maxRetries: 0 })
    this.#options = options
    this.#tools = tools
    this.#kwargs = kwargs
    this.#down = down
  }

  _llmType(): string {
    return 'firstmate'
  }

  // what LangChain's own types ask for
  override bindTools(tools: BindToolsInput[], kwargs: object = {}): Runnable {
    return new TaskModel(this.#options, tools, kwargs, this.#down) as unknown as Runnable
  }

  override async _generate(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    _manager?: CallbackManagerForLLMRun,
  ): Promise<ChatResult> {
    const signal = options.signal ? AbortSignal.any([options.signal, this.#options.signal]) : this.#options.signal
    const message = await this.#ask(messages, signal)
    return { generations: [{ text: typeof message.content === 'string' ? message.content : '', message }] }
  }

  async #ask(messages: BaseMessage[], signal: AbortSignal): Promise<AIMessage> {
    const { candidates, onFallback } = this.#options
    const well = candidates.filter((one) => !this.#down.has(one))
    const tried = well.length > 0 ? well : candidates
    let failure: Error = new SettingsError('No model is configured: set LLM_PROVIDER and LLM_MODEL.')
    for (const [at, candidate] of tried.entries()) {
      const others = at < tried.length - 1
      const answered = await this.#attempts(candidate, messages, signal, others)
      if (!(answered instanceof Error)) {
        if (at > 0) onFallback?.(`${candidate.provider} ${candidate.name}`)
        return answered
      }
      failure = answered
      // what one request asked too much of may serve the next one
      if (others && !(failure instanceof UsageError)) this.#down.add(candidate)
    }
    throw failure
  }

  /** The answer, or why this one gives none. Throws when the task is over or its budget is spent. */
  async #attempts(
    candidate: Candidate,
    messages: BaseMessage[],
    signal: AbortSignal,
    others: boolean,
  ): Promise<AIMessage | Error> {
    const { attempts } = this.#options
    for (let attempt = 1; ; attempt++) {
      signal.throwIfAborted()
      try {
        return await this.#once(candidate, messages, signal)
      } catch (error) {
        signal.throwIfAborted()
        const failure = modelError(candidate.provider, candidate.name, error)
        if (failure instanceof BudgetError) throw failure
        // a refused key or request will be refused again
        if (!(failure instanceof UnavailableError) || attempt >= attempts) return failure
        const told = failure.retryAfterMs ?? 0
        if (others && told > MAX_PAUSE_MS) return failure
        await this.#pause(attempt, told, signal)
      }
    }
  }

  async #once(candidate: Candidate, messages: BaseMessage[], signal: AbortSignal): Promise<AIMessage> {
    const { meter, timeoutMs } = this.#options
    meter.begin()
    const timeout = AbortSignal.timeout(timeoutMs)
    const slow = () =>
      new UnavailableError(`${candidate.provider} (${candidate.name}) gave no answer within ${timeoutMs / 1000} s.`)
    const both = AbortSignal.any([signal, timeout])
    const client = await candidate.open(both)
    const bound = this.#tools.length > 0 && client.bindTools ? client.bindTools(this.#tools, this.#kwargs) : client
    // some clients look at the signal only between two chunks: the race makes all of them stop at once
    const message = await Promise.race([
      streamed(bound, messages, both, this.#options.onWriting),
      rejectOn(both, () => (signal.aborted ? signal.reason : slow())),
    ])
    const usage = usageOf(message, messages)
    meter.add({ ...usage, price: candidate.price })
    return sound(message, messages, candidate)
  }

  async #pause(attempt: number, told: number, signal: AbortSignal): Promise<void> {
    const own = Math.min(this.#options.backoffMs * 2 ** (attempt - 1) * (0.75 + Math.random() * 0.5), MAX_PAUSE_MS)
    await sleep(Math.max(own, told), undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}

/** Read as a stream, whole only when it ended: a proxy that closes idle connections sees life, and `invoke` would fetch a tokenizer to count. */
async function streamed(
  model: Runnable,
  messages: BaseMessage[],
  signal: AbortSignal,
  onWriting?: (message: AIMessageChunk) => void,
): Promise<AIMessageChunk> {
  // without callbacks: what is counted and shown is this model, not the client behind it
  const chunks = (await model.stream(messages, { signal, callbacks: [] })) as AsyncIterable<AIMessageChunk>
  let parts: AIMessageChunk[] = []
  let written = 0
  let called = 0
  let shown = Date.now()
  for await (const chunk of chunks) {
    // given up, though the client has not noticed: nothing is shown any more, and leaving the loop closes the connection
    signal.throwIfAborted()
    written += sizeOf(chunk)
    called += (chunk.tool_call_chunks ?? []).reduce((sum, { args }) => sum + (args?.length ?? 0), 0)
    if (written > MOST_WRITTEN || called > MOST_CALLED) throw new UsageError('The model does not stop writing.')
    parts.push(chunk)
    if (!onWriting || Date.now() - shown < SHOW_EVERY_MS) continue
    const whole = joined(parts)
    parts = [whole]
    onWriting(whole)
    shown = Date.now()
  }
  signal.throwIfAborted()
  return joined(parts)
}

function sizeOf({ content, additional_kwargs: more }: AIMessageChunk): number {
  const text = typeof content === 'string' ? content : JSON.stringify(content)
  return text.length + (typeof more.reasoning_content === 'string' ? more.reasoning_content.length : 0)
}

/** Neighbours first: each join reads all of its tool calls again, so that one chunk after the other would take time by the square. */
function joined(chunks: readonly AIMessageChunk[]): AIMessageChunk {
  let left = chunks
  while (left.length > 1)
    left = left.flatMap((chunk, at) =>
      at % 2 === 1 ? [] : [left[at + 1] ? chunk.concat(left[at + 1] as AIMessageChunk) : chunk],
    )
  return left[0] ?? new AIMessageChunk('')
}

function rejectOn(signal: AbortSignal, error: () => unknown): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(error())
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })
}

/** Servers that do not count are estimated: four characters are about a token. */
function usageOf(message: AIMessage, asked: BaseMessage[]): { input: number; output: number } {
  const usage = message.usage_metadata
  if (usage && usage.input_tokens + usage.output_tokens > 0)
    return { input: usage.input_tokens, output: usage.output_tokens }
  const size = (messages: BaseMessage[]) => messages.reduce((sum, one) => sum + JSON.stringify(one.content).length, 0)
  return {
    input: Math.ceil(size(asked) / 4),
    output: Math.ceil((size([message]) + JSON.stringify(message.tool_calls ?? []).length) / 4),
  }
}
