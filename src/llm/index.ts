// Language models: which provider, which model for which role, and a door to them that counts what a task spends.
import { SettingsError } from '../core/errors.ts'
import { anthropic } from './anthropic.ts'
import { azure } from './azure.ts'
import { gemini } from './gemini.ts'
import { type Candidate, type ModelOptions, TaskModel } from './model.ts'
import { none } from './none.ts'
import { ollama } from './ollama.ts'
import { openai } from './openai.ts'
import { priceOf } from './prices.ts'
import type { ModelRole, Provider } from './provider.ts'
import type { LlmSettings } from './settings.ts'

export const PROVIDERS: readonly Provider[] = [none, openai, azure, gemini, anthropic, ollama]

export interface Models {
  /** "openai gpt-6.1-sol": what answers say about who thought */
  name: string
  /** A model for one task. Nothing is loaded or asked until it is called. */
  open(role: ModelRole, task: Pick<ModelOptions, 'meter' | 'signal' | 'onFallback' | 'onWriting'>): TaskModel
}

/** Throws a SettingsError of one sentence when a key, an address or a model's name is missing. Makes no request. */
export function openModels(settings: LlmSettings): Models {
  const provider = providerNamed(settings.LLM_PROVIDER)
  provider.check(settings)
  const fallback = fallbackOf(settings, provider)
  const clients = new Map<string, Candidate>()
  const candidate = (from: Provider, name: string, own: LlmSettings): Candidate => {
    const key = `${from.name} ${name}`
    const known = clients.get(key)
    if (known) return known
    let opened: ReturnType<Provider['open']> | undefined
    const made: Candidate = {
      provider: from.name,
      name,
      price: priceOf(from.name, name, settings),
      open: (signal) => {
        if (from.oneCallEach) return from.open({ name, settings: own, signal })
        opened ??= from.open({ name, settings: own, signal })
        return opened
      },
    }
    clients.set(key, made)
    return made
  }
  return {
    name: `${provider.name} ${modelFor(provider, 'supervisor', settings)}`,
    open: (role, task) =>
      new TaskModel({
        ...task,
        candidates: [
          candidate(provider, modelFor(provider, role, settings), settings),
          ...(fallback ? [candidate(fallback.provider, fallback.name, fallback.settings)] : []),
        ],
        attempts: settings.LLM_ATTEMPTS,
        backoffMs: settings.LLM_BACKOFF_MS,
        timeoutMs: settings.LLM_TIMEOUT_MS,
      }),
  }
}

function providerNamed(name: string): Provider {
  const wanted = name === 'azure_openai' ? 'azure' : name
  const found = PROVIDERS.find((provider) => provider.name === wanted)
  if (found) return found
  throw new SettingsError(
    `LLM_PROVIDER is "${name.slice(0, 40)}"; allowed: ${PROVIDERS.map((provider) => provider.name).join(', ')}.`,
  )
}

const ROLE_SETTING = {
  supervisor: 'LLM_MODEL_SUPERVISOR',
  worker: 'LLM_MODEL_WORKER',
  judge: 'LLM_MODEL_JUDGE',
} as const

function modelFor(provider: Provider, role: ModelRole, settings: LlmSettings): string {
  const name =
    settings[ROLE_SETTING[role]] ?? settings.LLM_MODEL ?? provider.ownModel?.(settings) ?? provider.models?.[role]
  if (name) return name
  throw new SettingsError(
    `LLM_MODEL is not set: LLM_PROVIDER=${provider.name} needs the name of a model or deployment.`,
  )
}

/** `MODEL` of the same provider, or `PROVIDER:MODEL`; another provider does not inherit LLM_BASE_URL. */
function fallbackOf(
  settings: LlmSettings,
  first: Provider,
): { provider: Provider; name: string; settings: LlmSettings } | undefined {
  const text = settings.LLM_FALLBACK_MODEL
  if (!text) return undefined
  const colon = text.indexOf(':')
  const prefix = colon > 0 ? text.slice(0, colon) : ''
  const other = PROVIDERS.find((provider) => provider.name === (prefix === 'azure_openai' ? 'azure' : prefix))
  if (!other || other.name === 'none') return { provider: first, name: text, settings }
  const own = other === first ? settings : { ...settings, LLM_BASE_URL: undefined }
  other.check(own)
  return { provider: other, name: text.slice(colon + 1), settings: own }
}
