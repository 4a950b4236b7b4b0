// Anthropic's Claude models.
import { SettingsError } from '../core/errors.ts'
import type { Provider } from './provider.ts'

// its API insists on a limit
const MAX_TOKENS = 8192

export const anthropic: Provider = {
  name: 'anthropic',
  models: { supervisor: 'claude-sonnet-5-5', worker: 'claude-haiku-5-5', judge: 'claude-haiku-5-5' },
  ownModel: (settings) => settings.ANTHROPIC_MODEL,
  check(settings) {
    if (settings.ANTHROPIC_API_KEY) return
    throw new SettingsError('ANTHROPIC_API_KEY is not set: LLM_PROVIDER=anthropic needs it.')
  },
  async open({ name, settings }) {
    const { ChatAnthropic } = await import('@langchain/anthropic')
    return new ChatAnthropic({
      model: name,
      apiKey: settings.ANTHROPIC_API_KEY ?? '',
      ...(settings.LLM_TEMPERATURE === undefined ? {} : { temperature: settings.LLM_TEMPERATURE }),
      maxTokens: settings.LLM_MAX_TOKENS ?? MAX_TOKENS,
      maxRetries: 0,
      clientOptions: { timeout: settings.LLM_TIMEOUT_MS, maxRetries: 0 },
      ...(settings.LLM_BASE_URL ? { anthropicApiUrl: settings.LLM_BASE_URL } : {}),
    })
  },
}
