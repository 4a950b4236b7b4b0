// Google's Gemini models through the Generative Language API.
import { SettingsError } from '../core/errors.ts'
import type { Provider } from './provider.ts'

export const gemini: Provider = {
  name: 'gemini',
  models: { supervisor: 'gemini-3.8-flash', worker: 'gemini-3.5-flash-lite', judge: 'gemini-3.5-flash-lite' },
  ownModel: (settings) => settings.GEMINI_MODEL,
  check(settings) {
    if (settings.GEMINI_API_KEY || settings.GOOGLE_API_KEY) return
    throw new SettingsError('GEMINI_API_KEY is not set: LLM_PROVIDER=gemini needs it, or GOOGLE_API_KEY.')
  },
  async open({ name, settings }) {
    const { ChatGoogleGenerativeAI } = await import('@langchain/google-genai')
    const model = new ChatGoogleGenerativeAI({
      model: name,
      apiKey: settings.GEMINI_API_KEY ?? settings.GOOGLE_API_KEY ?? '',
      ...(settings.LLM_TEMPERATURE === undefined ? {} : { temperature: settings.LLM_TEMPERATURE }),
      ...(settings.LLM_MAX_TOKENS === undefined ? {} : { maxOutputTokens: settings.LLM_MAX_TOKENS }),
      maxRetries: 0,
      ...(settings.LLM_BASE_URL ? { baseUrl: settings.LLM_BASE_URL } : {}),
    })
    handleSecondPromise(model)
    return model
  },
}

interface Streams {
  generateContentStream(...args: unknown[]): Promise<{ response: Promise<unknown> }>
}

/** Google's client promises the whole answer beside its stream; nobody waits for that, and its rejection would end the process. */
function handleSecondPromise(model: object): void {
  const { client } = model as { client: Streams }
  const stream = client.generateContentStream.bind(client)
  client.generateContentStream = async (...args) => {
    const streamed = await stream(...args)
    streamed.response.catch(() => undefined)
    return streamed
  }
}
