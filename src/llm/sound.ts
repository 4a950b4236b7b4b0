// What came out of a stream, before anybody acts on it: whole, readable, and with tool calls that can be told apart.
import { AIMessage, type AIMessageChunk, type BaseMessage } from '@langchain/core/messages'
import { UnavailableError, UsageError } from '../core/errors.ts'

/** of one message; what is asked beyond is dropped, and the model sees that it was not answered */
const MOST_CALLS = 32

const REASONS = ['finish_reason', 'stop_reason', 'finishReason', 'done_reason'] as const
// servers that say their reason twice make one word of it when chunks are joined: "stopstop"
const CUT = /length|max_tokens|model_context_window/i
const REFUSED = /content_filter|refusal|safety|prohibited_content|blocklist|recitation|spii/i

/** `asked`: the conversation that it answers. Throws when nothing usable is left, or when the answer did not end by itself. */
export function sound(
  message: AIMessageChunk,
  asked: readonly BaseMessage[],
  { provider, name }: { provider: string; name: string },
): AIMessage {
  const who = `${provider} (${name})`
  const { calls, broken } = callsIn(message)
  const metadata = { ...message.additional_kwargs, ...message.response_metadata } as Record<string, unknown>
  const reason = REASONS.map((key) => metadata[key]).find((value) => typeof value === 'string' && value !== '')
  if (reason === undefined && metadata.done !== true)
    throw new UnavailableError(`${who} was cut off in the middle of its answer.`)
  const empty = calls.length === 0 && textOf(message).trim() === ''
  // half a command is another command: what was cut is neither shown nor called
  if (CUT.test(String(reason)))
    throw new UsageError(`${who} was cut at its limit of tokens: raise LLM_MAX_TOKENS, or ask for less at once.`)
  if (empty && REFUSED.test(String(reason)))
    throw new UsageError(`${who} refuses to answer: its content filter objects.`)
  if (broken > 0 && (calls.length === 0 || isMended(message)))
    throw new UnavailableError(`${who} wrote tool calls that cannot be read.`)
  if (empty) throw new UnavailableError(`${who} gave an empty answer.`)
  const named = withOwnIds(calls, asked)
  const given = message.tool_calls ?? []
  const untouched = broken === 0 && named.length === given.length && named.every(({ id }, at) => id === given[at]?.id)
  return new AIMessage({
    // the provider's own parts name the calls too: one that is left there and not answered would be refused
    content: untouched ? message.content : textOf(message),
    tool_calls: named,
    additional_kwargs: thoughtOf(message.additional_kwargs),
    response_metadata: { finish_reason: reason ?? 'stop', model: name, provider },
    ...(message.usage_metadata ? { usage_metadata: message.usage_metadata } : {}),
  })
}

type Call = NonNullable<AIMessage['tool_calls']>[number]

/** Those that name a tool and whose arguments were written out whole; LangChain calls one without an id invalid, which others do not. */
function callsIn(message: AIMessageChunk): { calls: Call[]; broken: number } {
  const invalid = message.invalid_tool_calls ?? []
  const saved = invalid.flatMap(({ name = '', args }): Call[] => {
    const read = readJson(args ?? '')
    return isObject(read) ? [{ name, args: read, type: 'tool_call' }] : []
  })
  const calls = [...(message.tool_calls ?? []), ...saved].filter(({ name }) => typeof name === 'string' && name !== '')
  const broken = invalid.length - saved.length + (isMended(message) ? 1 : 0)
  return { calls: calls.slice(0, MOST_CALLS), broken }
}

/** LangChain completes JSON that was cut, and some servers call a cut answer finished. */
function isMended({ tool_call_chunks: chunks }: AIMessageChunk): boolean {
  return (chunks ?? []).some(({ args = '' }) => args.trim() !== '' && readJson(args) === undefined)
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Servers leave ids out or give the same one in every turn; LangGraph then takes a new call for one that was answered. */
function withOwnIds(calls: Call[], asked: readonly BaseMessage[]): Call[] {
  const taken = new Set(
    asked.flatMap((one) => (AIMessage.isInstance(one) ? (one.tool_calls ?? []) : [])).map(({ id }) => id),
  )
  return calls.map((call) => {
    const id = call.id && !taken.has(call.id) ? call.id : newId()
    taken.add(id)
    return { ...call, id, args: withoutNulls(call.args) }
  })
}

/** nine letters and digits: what the strictest server (Mistral's) takes */
function newId(): string {
  return Array.from({ length: 9 }, () => Math.floor(Math.random() * 36).toString(36)).join('')
}

/** An optional argument that a model fills with null is one that it left out. */
function withoutNulls(args: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(args ?? {}).filter(([, value]) => value !== null))
}

/** All but the raw tool calls, which `tool_calls` carries already; Gemini wants its thought signatures back. */
function thoughtOf(kwargs: Record<string, unknown>): Record<string, unknown> {
  const { tool_calls: _, ...rest } = kwargs
  return rest
}

/** The words of a message; thoughts, pictures and calls beside them are not among them. */
export function textOf({ content }: Pick<BaseMessage, 'content'>): string {
  if (typeof content === 'string') return content
  return content.map((part) => (part.type === 'text' && typeof part.text === 'string' ? part.text : '')).join('')
}
