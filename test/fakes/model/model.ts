// The far end of every provider: one loopback server that speaks all five wires to the real clients, and answers as a script says.
import { type ChatCompletionRequest, type Fixture, LLMock } from '@copilotkit/aimock'
import { LlmSettings } from '../../../src/llm/settings.ts'

export interface Call {
  name: string
  args: unknown
  /** sent instead of the arguments' JSON */
  raw?: string
}

/** What the scripted model says next. */
export type Reply =
  | string
  | { text?: string; calls: Call[] }
  | { status: number; message?: string; retryAfter?: number }

export type Script = (request: ChatCompletionRequest, count: number) => Reply | Promise<Reply>

export interface FakeModel {
  url: string
  /** every request that came, in the shape of OpenAI's chat completions whatever the wire was */
  requests: ChatCompletionRequest[]
  stop(): Promise<void>
}

/** `fixture` slows or cuts what is streamed, as aimock's own options say. */
export async function startModel(script: Script, fixture: Partial<Fixture> = {}): Promise<FakeModel> {
  const requests: ChatCompletionRequest[] = []
  const mock = new LLMock({ port: 0, host: '127.0.0.1', logLevel: 'silent' })
  mock.addFixture({
    match: { predicate: () => true },
    async response(request) {
      requests.push(request)
      return wire(await script(request, requests.length))
    },
    ...fixture,
  })
  await mock.start()
  return { url: mock.url, requests, stop: () => mock.stop() }
}

function wire(reply: Reply) {
  if (typeof reply === 'string') return { content: reply }
  if ('status' in reply) {
    return {
      error: { message: reply.message ?? 'scripted', type: 'error', code: 'scripted' },
      status: reply.status,
      ...(reply.retryAfter === undefined ? {} : { retryAfter: reply.retryAfter }),
    }
  }
  const toolCalls = reply.calls.map(({ name, args, raw }) => ({ name, arguments: raw ?? JSON.stringify(args) }))
  return reply.text === undefined ? { toolCalls } : { content: reply.text, toolCalls }
}

export const WIRES = ['openai', 'azure', 'gemini', 'anthropic', 'ollama'] as const
export type Wire = (typeof WIRES)[number]

/** The settings that lead the real client of a provider to the fake. */
export function settingsFor(wireName: Wire, url: string, more: Record<string, unknown> = {}): LlmSettings {
  return LlmSettings.parse({
    LLM_PROVIDER: wireName,
    LLM_MODEL: 'scripted-1',
    LLM_BASE_URL: wireName === 'openai' ? `${url}/v1` : url,
    LLM_BACKOFF_MS: 1,
    OPENAI_API_KEY: 'test-key',
    AZURE_OPENAI_API_KEY: 'test-key',
    GEMINI_API_KEY: 'test-key',
    ANTHROPIC_API_KEY: 'test-key',
    ...more,
  })
}

/** The text of a message as the fake saw it. */
export function textOf(message: { content: unknown } | undefined): string {
  const content = message?.content
  if (typeof content === 'string') return content
  if (Array.isArray(content)) return content.map((part: { text?: string }) => part.text ?? '').join('')
  return ''
}

/** Everything a request carried, as one text. */
export function wholeText(request: ChatCompletionRequest): string {
  return JSON.stringify(request)
}
