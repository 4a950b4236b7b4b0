// Google's Gemini models through the Generative Language API.
import { SettingsError } from '../core/errors.ts'
import type { Provider } from './provider.ts'

export const gemini: Provider = {
  name: 'gemini',
  models: { supervisor: 'gemini-2.5-pro', worker: 'gemini-2.5-flash', judge: 'gemini-2.5-flash' },
  ownModel: (settings) => settings.GEMINI_MODEL,
  check(settings) {
    if (settings.GEMINI_API_KEY || settings.GOOGLE_API_KEY) return
    throw new SettingsError('GEMINI_API_KEY is not set: LLM_PROVIDER=gemini needs it, or GOOGLE_API_KEY.')
  },
  async open({ name, settings }) {
    const { ChatGoogleGenerativeAI } = await import('@langchain/google-genai')
    return new ChatGoogleGenerativeAI({
      model: name,
      apiKey: settings.GEMINI_API_KEY ?? settings.GOOGLE_API_KEY ?? '',
      ...(settings.LLM_TEMPERATURE === undefined ? {} : { temperature: settings.LLM_TEMPERATURE }),
      maxOutputTokens: settings.LLM_MAX_TOKENS,
      maxRetries: 0,
      ...(settings.LLM_BASE_URL ? { baseUrl: settings.LLM_BASE_URL } : {}),
    })
  },
}
