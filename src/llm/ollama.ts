// Ollama: models on a machine of one's own; no key.
import type { Provider } from './provider.ts'

const BODY = 500

export const ollama: Provider = {
  name: 'ollama',
  models: { supervisor: 'gpt-oss:20b', worker: 'gpt-oss:20b', judge: 'gpt-oss:20b' },
  // its client ends all of its requests when one of them is given up
  oneCallEach: true,
  ownModel: (settings) => settings.OLLAMA_MODEL,
  check: () => undefined,
  async open({ name, settings, signal }) {
    const { ChatOllama } = await import('@langchain/ollama')
    return new ChatOllama({
      model: name,
      baseUrl: settings.LLM_BASE_URL ?? settings.OLLAMA_BASE_URL ?? 'http://127.0.0.1:11434',
      ...(settings.LLM_TEMPERATURE === undefined ? {} : { temperature: settings.LLM_TEMPERATURE }),
      ...(settings.LLM_MAX_TOKENS === undefined ? {} : { numPredict: settings.LLM_MAX_TOKENS }),
      maxRetries: 0,
      fetch: (input, init) => fetchUntil(signal, input, init),
    })
  },
}

/** The client looks at its signal only between two chunks, and drops the headers of a refusal. */
async function fetchUntil(
  signal: AbortSignal,
  input: Parameters<typeof fetch>[0],
  init: RequestInit = {},
): Promise<Response> {
  const response = await fetch(input, {
    ...init,
    signal: init.signal ? AbortSignal.any([signal, init.signal]) : signal,
  })
  if (response.ok) return response
  const said = (await response.text().catch(() => '')).slice(0, BODY)
  throw Object.assign(new Error(said || response.statusText), { status: response.status, headers: response.headers })
}
