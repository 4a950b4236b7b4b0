// The settings as people write them: in the environment, in .env, and as .env.example documents them.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { AgentSettings } from '../src/agent/settings.ts'
import { SlackSettings, slackSettings } from '../src/chat/slack/settings.ts'
import { Config, environment, loadConfig } from '../src/config.ts'
import { SettingsError } from '../src/core/errors.ts'
import { IncidentSettings, incidentSettings } from '../src/incidents/settings.ts'
import { LlmSettings } from '../src/llm/settings.ts'
import { ToolSettings } from '../src/tools/settings.ts'
import { temporaryFolder } from './store/redis-server.ts'

const SCHEMAS = [Config, LlmSettings, AgentSettings, ToolSettings, SlackSettings, IncidentSettings]

const start = process.cwd()
afterEach(() => {
  process.chdir(start)
  vi.unstubAllEnvs()
})

describe('.env.example', () => {
  const text = readFileSync(join(import.meta.dirname, '../.env.example'), 'utf8')
  const entries = [...text.matchAll(/(?<=^# |\s)([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)=(\S*)/gm)].map(
    ([, name = '', value = '']) => [name, value] as const,
  )
  const documented = Object.fromEntries(entries.filter(([, value]) => value !== ''))

  it('documents every setting once, and none that does not exist', () => {
    const names = [...new Set(SCHEMAS.flatMap((schema) => Object.keys(schema.shape)))]
    expect(entries.map(([name]) => name).sort()).toEqual(names.sort())
  })

  it('names each default as it is', () => {
    for (const schema of SCHEMAS) {
      const given = schema.parse(documented) as Record<string, unknown>
      for (const [name, value] of Object.entries(schema.parse({})))
        if (value !== undefined && !(Array.isArray(value) && value.length === 0))
          expect(given[name], name).toEqual(value)
    }
  })
})

describe('.env', () => {
  it('counts for the settings of every room, below the variables of the process', () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, '.env'), 'SLACK_STREAMING=off\nINCIDENT_CALM=7s\nHEALTH_PORT=1\nAPI_PORT=2\n')
    process.chdir(folder)
    vi.stubEnv('HEALTH_PORT', '3')
    vi.stubEnv('API_PORT', ' ')
    expect(loadConfig()).toMatchObject({ HEALTH_PORT: 3, API_PORT: 2 })
    expect(slackSettings().SLACK_STREAMING).toBe('off')
    expect(incidentSettings().INCIDENT_CALM).toBe(7000)
    expect(incidentSettings({}, false).INCIDENT_CALM).toBe(30_000)
    expect(environment().HEALTH_PORT).toBe('3')
  })

  it('that cannot be read stops the start', () => {
    expect(() => loadConfig({}, '/')).toThrow(/^\/ cannot be read/)
  })
})

it.each([
  ['MAX_CONCURRENT_TASKS', 'many', 'must be a whole number from 1 to 100.'],
  ['MAX_CONCURRENT_TASKS', '0', 'must be a whole number from 1 to 100.'],
  ['HEALTH_PORT', '65536', 'must be a whole number from 0 to 65535.'],
  ['APPROVAL_TTL', '10', 'is "10"; allowed is a number with a unit: 500ms, 30s, 10m, 2h, 1d.'],
  ['PROGRESS_EVERY', 'never', 'is "never"; allowed is off, or a number with a unit: 500ms, 30s, 10m.'],
  ['SIGNING_KEY', 'short', 'must be at least 16 characters.'],
  ['TWO_PERSON', 'yes', 'has a value that is not allowed; allowed: off, destructive, all.'],
  [
    'CLUSTERS',
    'Prod',
    'has "Prod"; allowed is name=context, where name is lower-case letters, digits, dots and dashes.',
  ],
  ['REDIS_URL', 'http://x', 'must start with redis://, rediss:// or unix://.'],
])('%s=%s is refused in one sentence', (name, value, sentence) => {
  expect(() => loadConfig({ [name]: value }, false)).toThrow(new SettingsError(`${name} ${sentence}`))
})

it('every wrong value is told at once', () => {
  expect(() => loadConfig(parseEnv('API_PORT=x\nLOG_LEVEL=y'), false)).toThrow(/^API_PORT .*\nLOG_LEVEL .*$/)
})
