// The settings of the providers: each one's own key names, and those that all of them share. `.env` counts here as it does in config.ts.
import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { z } from 'zod'
import { SettingsError } from '../core/errors.ts'

const between = (min: number, max: number) => {
  const said = `must be a number from ${min} to ${max}`
  return z.coerce.number(said).min(min, said).max(max, said)
}

const number = (fallback: number, min: number, max: number) => between(min, max).default(fallback)

const address = z
  .string()
  .refine((text) => /^https?:\/\//.test(text) && URL.canParse(text), 'must be an http or https address')
  .optional()

export const LlmSettings = z.object({
  LLM_PROVIDER: z.string().default('none'),
  /** for every role that has none of its own */
  LLM_MODEL: z.string().optional(),
  LLM_MODEL_SUPERVISOR: z.string().optional(),
  LLM_MODEL_WORKER: z.string().optional(),
  LLM_MODEL_JUDGE: z.string().optional(),
  /** asked when the first one is down or refuses for now: `gpt-6-luna`, or with another provider `anthropic:claude-haiku-5-5` */
  LLM_FALLBACK_MODEL: z.string().optional(),
  LLM_BASE_URL: address,
  /** sent only when set: some models take no other than their own */
  LLM_TEMPERATURE: between(0, 2).optional(),
  /** of one answer; sent only when set: thoughts count too, and a thinking model that is cut says nothing */
  LLM_MAX_TOKENS: between(256, 200_000).optional(),
  /** milliseconds for one answer of the model */
  LLM_TIMEOUT_MS: number(60_000, 50, 600_000),
  /** how often one request is sent before the fallback, or the deterministic answer, stands */
  LLM_ATTEMPTS: number(3, 1, 10),
  /** the first pause between two attempts, in milliseconds; it doubles */
  LLM_BACKOFF_MS: number(500, 0, 60_000),
  /** US dollars per million tokens, where the built-in table does not know the model */
  LLM_PRICE_INPUT: between(0, 1_000_000).optional(),
  LLM_PRICE_OUTPUT: between(0, 1_000_000).optional(),

  OPENAI_API_KEY: z.string().optional(),
  OPENAI_MODEL: z.string().optional(),
  AZURE_OPENAI_ENDPOINT: address,
  AZURE_OPENAI_API_KEY: z.string().optional(),
  AZURE_OPENAI_DEPLOYMENT: z.string().optional(),
  AZURE_OPENAI_API_VERSION: z.string().default('2024-10-21'),
  GEMINI_API_KEY: z.string().optional(),
  GOOGLE_API_KEY: z.string().optional(),
  GEMINI_MODEL: z.string().optional(),
  ANTHROPIC_API_KEY: z.string().optional(),
  ANTHROPIC_MODEL: z.string().optional(),
  OLLAMA_BASE_URL: address,
  OLLAMA_MODEL: z.string().optional(),
})
export type LlmSettings = z.infer<typeof LlmSettings>

/** What the configuration has read already (`.env` included) wins over the bare environment. Throws a SettingsError per bad value. */
export function readLlmSettings(
  known: Partial<Record<keyof LlmSettings, string | undefined>>,
  env: Record<string, string | undefined>,
): LlmSettings {
  const result = LlmSettings.safeParse({ ...filled(env), ...filled(known) })
  if (result.success) return result.data
  throw new SettingsError(
    result.error.issues.map((issue) => `${String(issue.path[0])} ${issue.message.replace(/\.$/, '')}.`).join('\n'),
  )
}

/** The variables of this process over those of `.env`, for settings that stand beside their member. */
export function environment(): Record<string, string | undefined> {
  // LangChain would send prompts to a tracing service when these are set: what a cluster says goes to the configured provider only
  for (const vendor of ['LANGSMITH', 'LANGCHAIN'])
    for (const name of ['TRACING', 'TRACING_V2']) delete process.env[`${vendor}_${name}`]
  try {
    return { ...parseEnv(readFileSync('.env', 'utf8')), ...filled(process.env) }
  } catch {
    // no file, or one that config.ts has complained about already
    return process.env
  }
}

function filled(env: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([key, value]) => (value?.trim() ? [[key, value.trim()] as const] : [])),
  )
}
