// A model as a task uses it: the provider's client behind one door that counts, limits time, tries again, falls back, and names errors.
import { setTimeout as sleep } from 'node:timers/promises'
import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager'
import { BaseChatModel, type BindToolsInput } from '@langchain/core/language_models/chat_models'
import { AIMessage, AIMessageChunk, type BaseMessage } from '@langchain/core/messages'
import type { ChatResult } from '@langchain/core/outputs'
import type { Runnable } from '@langchain/core/runnables'
import { SettingsError, UnavailableError } from '../core/errors.ts'
import { modelError } from './errors.ts'
import { BudgetError, type Meter } from './meter.ts'

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

const MAX_PAUSE_MS = 20_000

// LangChain knows models by this class only; there is no function to implement instead
export class TaskModel extends BaseChatModel {
  readonly #options: ModelOptions
  readonly #tools: BindToolsInput[]
  readonly #kwargs: object

  constructor(options: ModelOptions, tools: BindToolsInput[] = [], kwargs: object = {}) {
    super({ maxRetries: 0 })
    this.#options = options
    this.#tools = tools
    this.#kwargs = kwargs
  }

  _llmType(): string {
    return 'firstmate'
  }

  // what LangChain's own types ask for
  override bindTools(tools: BindToolsInput[], kwargs: object = {}): Runnable {
    return new TaskModel(this.#options, tools, kwargs) as unknown as Runnable
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
    const { candidates, attempts } = this.#options
    let failure: Error = new SettingsError('No model is configured: set LLM_PROVIDER and LLM_MODEL.')
    for (const [at, candidate] of candidates.entries()) {
      for (let attempt = 1; attempt <= attempts; attempt++) {
        signal.throwIfAborted()
        try {
          const message = await this.#once(candidate, messages, signal)
          if (at > 0) this.#options.onFallback?.(`${candidate.provider} ${candidate.name}`)
          return message
        } catch (error) {
          signal.throwIfAborted()
          failure = modelError(candidate.provider, candidate.name, error)
          // a budget ends the run; a refused key or request will be refused again, so the next candidate is asked
          if (failure instanceof BudgetError) throw failure
          if (!(failure instanceof UnavailableError)) break
          if (attempt < attempts) await this.#pause(attempt, failure, signal)
        }
      }
    }
    throw failure
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
    return sound(message, candidate)
  }

  async #pause(attempt: number, failure: UnavailableError, signal: AbortSignal): Promise<void> {
    const own = this.#options.backoffMs * 2 ** (attempt - 1) * (0.75 + Math.random() * 0.5)
    await sleep(Math.min(Math.max(own, failure.retryAfterMs ?? 0), MAX_PAUSE_MS), undefined, { signal }).catch(() =>
      signal.throwIfAborted(),
    )
  }
}

/** Read as a stream, whole only when it ended: a proxy that closes idle connections sees life, and `invoke` would fetch a tokenizer to count. */
async function streamed(
  model: Runnable,
  messages: BaseMessage[],
  signal: AbortSignal,
  onWriting?: (message: AIMessageChunk) => void,
): Promise<AIMessage> {
  // without callbacks: what is counted and shown is this model, not the client behind it
  const chunks = await model.stream(messages, { signal, callbacks: [] })
  let whole: AIMessageChunk | undefined
  for await (const chunk of chunks as AsyncIterable<AIMessageChunk>) {
    whole = whole ? whole.concat(chunk) : chunk
    onWriting?.(whole)
  }
  signal.throwIfAborted()
  return whole ?? new AIMessageChunk('')
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

const REASONS = ['finish_reason', 'stop_reason', 'finishReason', 'done_reason'] as const

/** The message without tool calls that cannot be read. Throws when nothing usable is left, or when the stream ended before the answer did. */
function sound(message: AIMessage, { provider, name }: Candidate): AIMessage {
  const calls = (message.tool_calls ?? []).filter(({ name: tool }) => typeof tool === 'string' && tool !== '')
  const metadata = { ...message.additional_kwargs, ...message.response_metadata } as Record<string, unknown>
  const reason = REASONS.map((key) => metadata[key]).find((value) => typeof value === 'string' && value !== '')
  if (reason === undefined && metadata.done !== true)
    throw new UnavailableError(`${provider} (${name}) was cut off in the middle of its answer.`)
  const broken = message.invalid_tool_calls?.length ?? 0
  if (broken > 0 && calls.length === 0)
    throw new UnavailableError(`${provider} (${name}) wrote tool calls that cannot be read.`)
  if (calls.length === 0 && textOf(message).trim() === '')
    throw new UnavailableError(`${provider} (${name}) gave an empty answer.`)
  // written anew: a broken call left in the provider's own fields would be sent back and refused
  return new AIMessage({
    content: calls.length > 0 && broken > 0 ? textOf(message) : message.content,
    tool_calls: calls.map((call, at) => ({
      ...call,
      id: call.id ?? `call-${at}-${Math.random().toString(36).slice(2, 10)}`,
    })),
    additional_kwargs: thoughtOf(message.additional_kwargs),
    response_metadata: { finish_reason: reason ?? 'stop', model: name, provider },
    ...(message.usage_metadata ? { usage_metadata: message.usage_metadata } : {}),
  })
}

/** All but the raw tool calls, which `tool_calls` carries already; Gemini wants its thought signatures back. */
function thoughtOf(kwargs: Record<string, unknown>): Record<string, unknown> {
  const { tool_calls: _, ...rest } = kwargs
  return rest
}

function textOf(message: AIMessage): string {
  if (typeof message.content === 'string') return message.content
  return message.content
    .map((part) => (part.type === 'text' && typeof part.text === 'string' ? part.text : ''))
    .join('')
}
