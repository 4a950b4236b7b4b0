// Azure OpenAI: the model's name is the name of a deployment.
import { SettingsError } from '../core/errors.ts'
import type { Provider } from './provider.ts'
import type { LlmSettings } from './settings.ts'

export const azure: Provider = {
  name: 'azure',
  models: undefined,
  ownModel: (settings) => settings.AZURE_OPENAI_DEPLOYMENT,
  check(settings) {
    if (!settings.AZURE_OPENAI_API_KEY)
      throw new SettingsError('AZURE_OPENAI_API_KEY is not set: LLM_PROVIDER=azure needs it.')
    if (!address(settings)) {
      throw new SettingsError(
        'AZURE_OPENAI_ENDPOINT is not set: LLM_PROVIDER=azure needs it, as in https://NAME.openai.azure.com.',
      )
    }
  },
  async open({ name, settings }) {
    const { AzureChatOpenAI } = await import('@langchain/openai')
    return new AzureChatOpenAI({
      // the address names the deployment; the body would otherwise name a default of the client
      model: name,
      azureOpenAIApiKey: settings.AZURE_OPENAI_API_KEY,
      azureOpenAIApiDeploymentName: name,
      azureOpenAIApiVersion: settings.AZURE_OPENAI_API_VERSION,
      azureOpenAIBasePath: basePath(address(settings) ?? ''),
      ...(settings.LLM_TEMPERATURE === undefined ? {} : { temperature: settings.LLM_TEMPERATURE }),
      ...(settings.LLM_MAX_TOKENS === undefined ? {} : { maxTokens: settings.LLM_MAX_TOKENS }),
      maxRetries: 0,
      timeout: settings.LLM_TIMEOUT_MS,
    })
  },
}

/** Where the fallback's provider is Azure, LLM_BASE_URL belongs to the first one: the own setting wins. */
function address(settings: LlmSettings): string | undefined {
  return settings.AZURE_OPENAI_ENDPOINT ?? settings.LLM_BASE_URL
}

/** `https://name.openai.azure.com` and `…/openai/deployments` are both taken. */
function basePath(address: string): string {
  const bare = address.replace(/\/+$/, '')
  return bare.endsWith('/openai/deployments') ? bare : `${bare.replace(/\/openai$/, '')}/openai/deployments`
}
