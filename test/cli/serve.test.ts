import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readRoles } from '../../src/cli/serve.ts'
import { loadConfig } from '../../src/config.ts'
import { temporaryFolder } from '../store/redis-server.ts'

const file = join(temporaryFolder(), 'policy.yaml')
const policy = (text: string) => {
  writeFileSync(file, text)
  return { POLICY_FILE: file }
}

it('the watcher starts where incidents have a channel, whichever setting names it', async () => {
  const roles = (env: Record<string, string>, value?: string) => readRoles(value, loadConfig(env))
  expect(await roles({})).toEqual(['bot', 'worker', 'executor'])
  expect(await roles({ INCIDENT_CHANNELS: 'slack:C1' })).toContain('watcher')
  expect(await roles(policy('routing:\n  - channels: ["slack:C2"]\n'))).toContain('watcher')
  expect(await roles(policy('rules: []\n'), 'all')).not.toContain('watcher')
  expect(await roles({}, 'watcher,worker')).toEqual(['watcher', 'worker'])
  await expect(roles({}, 'bot,cook')).rejects.toThrow('--roles has "cook"; allowed are bot, worker, executor, watcher')
})
