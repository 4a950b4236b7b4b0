// What a provider of language models is: a name, the models it uses unless told, and a way to open one with the provider's own client.
import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import type { LlmSettings } from './settings.ts'

/** Who a model works for: the supervisor plans and answers, workers are its sub-agents, the judge scores and summarises. */
export type ModelRole = 'supervisor' | 'worker' | 'judge'

export interface ProviderModel {
  /** the model's name as the provider knows it */
  name: string
  settings: LlmSettings
  /** ends the call that this client is opened for; of use only where each call has its own client */
  signal: AbortSignal
}

export interface Provider {
  /** as LLM_PROVIDER says it */
  name: string
  /** used where LLM_MODEL says nothing; undefined: LLM_MODEL must be set */
  models: Record<ModelRole, string> | undefined
  /** the model's name from the provider's own settings (a deployment), before `models` */
  ownModel?(settings: LlmSettings): string | undefined
  /** Throws a SettingsError that names the missing setting. Makes no request. */
  check(settings: LlmSettings): void
  /** the client cannot serve two calls at once: each call opens its own */
  oneCallEach?: boolean
  /** Opens the provider's own client, with its retries off: retrying, time and counting are done once, in `model.ts`. */
  open(model: ProviderModel): Promise<BaseChatModel>
}
