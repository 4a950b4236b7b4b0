// No model: Firstmate answers by its checks alone. Choosing it is a setting like any other, so it is a provider like any other.
import { SettingsError } from '../core/errors.ts'
import type { Provider } from './provider.ts'

export const none: Provider = {
  name: 'none',
  models: undefined,
  check: () => undefined,
  open: () => Promise.reject(new SettingsError('LLM_PROVIDER is none: there is no model to ask.')),
}
