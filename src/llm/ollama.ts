// Ollama: models on a machine of one's own; no key.
import type { Provider } from './provider.ts'

export const ollama: Provider = {
  name: 'ollama',
  models: { supervisor: 'gpt-oss:20b', worker: 'gpt-oss:20b', judge: 'gpt-oss:20b' },
  ownModel: (settings) => settings.OLLAMA_MODEL,
  check: () => undefined,
  async open({ name, settings }) {
    const { ChatOllama } = await import('@langchain/ollama')
    return new ChatOllama({
      model: name,
      baseUrl: settings.LLM_BASE_URL ?? settings.OLLAMA_BASE_URL ?? 'http://127.0.0.1:11434',
      ...(settings.LLM_TEMPERATURE === undefined ? {} : { temperature: settings.LLM_TEMPERATURE }),
      numPredict: settings.LLM_MAX_TOKENS,
      maxRetries: 0,
    })
  },
}
