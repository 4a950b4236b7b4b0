// The settings that every room may need: one schema, read once. Room-specific ones (a provider's key names) stand beside their member.
import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { z } from 'zod'
import { SettingsError } from './core/errors.ts'
import { type PersonRule, parsePersonRule } from './core/people.ts'
import { Level } from './core/plan.ts'

const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean),
  )

export const whole = (fallback: number, min: number, max: number) => {
  const said = `must be a whole number from ${min} to ${max}`
  return z.coerce.number(said).int(said).min(min, said).max(max, said).default(fallback)
}

/** 0 picks a free one. */
export const port = (fallback: number) => whole(fallback, 0, 65_535)

const people = list.transform((entries, context): PersonRule[] =>
  entries.flatMap((entry) => {
    const rule = parsePersonRule(entry)
    if (rule) return [rule]
    context.addIssue({
      code: 'custom',
      message: `has "${entry}"; allowed are slack:U…, slack-group:S…, discord:…, discord-role:…, terminal:NAME and api:NAME, separated by commas`,
    })
    return []
  }),
)

/** A number with a unit, as milliseconds. */
export const duration = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((text, context) => {
      const match = /^(\d{1,9})\s*(ms|s|m|h|d)$/.exec(text.trim())
      if (!match) {
        context.addIssue({
          code: 'custom',
          message: `is "${text}"; allowed is a number with a unit: 500ms, 30s, 10m, 2h, 1d`,
        })
        return z.NEVER
      }
      return (
        Number(match[1]) *
        { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match[2] as 'ms' | 's' | 'm' | 'h' | 'd']
      )
    })

/** Milliseconds; `off`: never. */
const everyOrOff = (fallback: string) =>
  z.union([z.literal('off').transform(() => Number.POSITIVE_INFINITY), duration(fallback)], {
    error: ({ input }) => `is "${String(input)}"; allowed is off, or a number with a unit: 500ms, 30s, 10m`,
  })

const url = (what: string) =>
  z
    .string()
    .optional()
    .refine((text) => text === undefined || URL.canParse(text), `must be a URL such as ${what}`)

const clusters = list.transform((entries, context) =>
  entries.map((entry) => {
    const [name = '', ...context_] = entry.split('=')
    if (!/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/.test(name) || context_.join('=') === '') {
      context.addIssue({
        code: 'custom',
        message: `has "${entry}"; allowed is name=context, where name is lower-case letters, digits, dots and dashes`,
      })
    }
    return { name, context: context_.join('=') }
  }),
)

const channels = list.transform((entries, context) =>
  entries.map((entry) => {
    const match = /^(slack|discord):([A-Za-z0-9]+)$/.exec(entry)
    if (!match) context.addIssue({ code: 'custom', message: `has "${entry}"; allowed are slack:C… and discord:…` })
    return { platform: (match?.[1] ?? 'slack') as 'slack' | 'discord', channel: match?.[2] ?? '' }
  }),
)

export const Config = z.object({
  KUBECONFIG: z.string().optional(),
  CLUSTERS: clusters,
  WRITER_KUBECONFIG: z.string().optional(),
  PROMETHEUS_URL: url('http://prometheus:9090'),
  POD_NAMESPACE: z.string().optional(),

  REDIS_URL: url('redis://localhost:6379').refine(
    (text) => !text || /^(rediss?|unix):/.test(text),
    'must start with redis://, rediss:// or unix://',
  ),
  DATA_DIR: z.string().default('.firstmate'),
  SIGNING_KEY: z.string().min(16, 'must be at least 16 characters').optional(),
  AUDIT_KEY: z.string().min(16, 'must be at least 16 characters').optional(),
  AUDIT_KEY_FILE: z.string().optional(),
  AUDIT_ANCHOR: z.string().optional(),

  SLACK_BOT_TOKEN: z.string().startsWith('xoxb-', 'must be a bot token, which starts with xoxb-').optional(),
  SLACK_APP_TOKEN: z.string().startsWith('xapp-', 'must be an app-level token, which starts with xapp-').optional(),
  SLACK_SIGNING_SECRET: z.string().optional(),
  SLACK_API_URL: url('https://slack.com/api/').transform((text) => (text && !text.endsWith('/') ? `${text}/` : text)),
  DISCORD_BOT_TOKEN: z.string().optional(),
  DISCORD_GUILDS: list,
  DISCORD_API_URL: url('https://discord.com/api'),

  ASKERS: people,
  APPROVERS: people,
  ADMINS: people,
  INCIDENT_CHANNELS: channels,

  AUTONOMY_LEVEL: Level.default('L1'),
  AUTONOMY_MAX: Level.default('L3'),
  AUTONOMY_FOR_MODEL: z.enum(['remedies', 'all']).default('remedies'),
  PROTECTED_NAMESPACES: list,
  APPROVAL_TTL: duration('10m'),
  TWO_PERSON: z.enum(['off', 'destructive', 'all']).default('destructive'),
  POLICY_FILE: z.string().optional(),

  LLM_PROVIDER: z.enum(['none', 'openai', 'azure', 'azure_openai', 'gemini', 'anthropic', 'ollama']).default('none'),
  LLM_MODEL: z.string().optional(),
  LLM_BASE_URL: url('https://api.openai.com/v1'),
  SKILL_DIRS: z
    .string()
    .default('')
    .transform((text) => text.split(':').filter(Boolean)),
  ENABLED_SKILLS: list,

  API_PORT: port(8080),
  HEALTH_PORT: port(9090),
  PROGRESS_EVERY: everyOrOff('5s'),
  MAX_CONCURRENT_TASKS: whole(5, 1, 100),

  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  LOG_FORMAT: z.enum(['json', 'pretty']).default('json'),
})
export type Config = z.infer<typeof Config>

/** Every variable the product reads from here. */
export const SETTING_NAMES = Object.keys(Config.shape)

/** Reads the environment, then the schema. Throws a SettingsError of one sentence per bad value. */
export function loadConfig(env?: Record<string, string | undefined>, dotenv?: string | false): Config {
  return parseSettings(Config, environment(env, dotenv))
}

/** The variables of this process over those of `.env` in the working folder; an empty one counts as not set. */
export function environment(
  env: Record<string, string | undefined> = process.env,
  dotenv: string | false = '.env',
): Record<string, string> {
  return { ...(dotenv === false ? {} : readDotenv(dotenv)), ...withoutEmpty(env) }
}

/** Parses one member's own settings with the same sentences. */
export function parseSettings<T extends z.ZodObject>(schema: T, env: Record<string, string | undefined>): z.infer<T> {
  const result = schema.safeParse(withoutEmpty(env))
  if (result.success) return result.data
  throw new SettingsError(result.error.issues.map(sentence).join('\n'))
}

function sentence(issue: z.core.$ZodIssue): string {
  const name = String(issue.path[0] ?? 'a setting')
  if (issue.code === 'invalid_value')
    return `${name} has a value that is not allowed; allowed: ${issue.values.join(', ')}.`
  return `${name} ${issue.message}.`
}

function withoutEmpty(env: Record<string, string | undefined>): Record<string, string> {
  const entries = Object.entries(env).flatMap(([key, value]) =>
    value === undefined || value.trim() === '' ? [] : [[key, value.trim()]],
  )
  return Object.fromEntries(entries)
}

function readDotenv(path: string): Record<string, string> {
  try {
    return parseEnv(readFileSync(path, 'utf8')) as Record<string, string>
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new SettingsError(`${path} cannot be read: ${(error as Error).message}.`)
  }
}
