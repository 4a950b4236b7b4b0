// OpenAI, and everything that speaks its chat completions at another address (LLM_BASE_URL).
import { SettingsError } from '../core/errors.ts'
import type { Provider } from './provider.ts'

export const openai: Provider = {
  name: 'openai',
  models: { supervisor: 'gpt-6.1-sol', worker: 'gpt-6-luna', judge: 'gpt-6-luna' },
  ownModel: (settings) => settings.OPENAI_MODEL,
  check(settings) {
    if (settings.OPENAI_API_KEY || settings.LLM_BASE_URL) return
    throw new SettingsError(
      'OPENAI_API_KEY is not set: LLM_PROVIDER=openai needs it, unless LLM_BASE_URL names a server that takes none.',
    )
  },
  async open({ name, settings }) {
    const { ChatOpenAI } = await import('@langchain/openai')
    return new ChatOpenAI({
      model: name,
      // servers of one's own often take none; the client insists on some text
      apiKey: settings.OPENAI_API_KEY ?? 'none',
      ...(settings.LLM_TEMPERATURE === undefined ? {} : { temperature: settings.LLM_TEMPERATURE }),
      ...(settings.LLM_MAX_TOKENS === undefined ? {} : { maxTokens: settings.LLM_MAX_TOKENS }),
      maxRetries: 0,
      timeout: settings.LLM_TIMEOUT_MS,
      useResponsesApi: false,
      ...(settings.LLM_BASE_URL ? { configuration: { baseURL: settings.LLM_BASE_URL } } : {}),
    })
  },
}
