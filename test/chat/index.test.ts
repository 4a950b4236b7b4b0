import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createAdapters, members } from '../../src/chat/index.ts'
import { createOutbox } from '../../src/chat/outbox.ts'
import { loadConfig } from '../../src/config.ts'
import { silentLogger } from '../../src/log.ts'
import type { Store } from '../../src/store/store.ts'

const store = { prefix: 'x:' } as Store
const create = (env: Record<string, string>) =>
  createAdapters({ config: loadConfig(env, false), store, outbox: createOutbox({ store }), log: silentLogger })

it('every folder with an adapter is in the list; the mailbox delivers by itself', () => {
  const folder = join(import.meta.dirname, '../../src/chat')
  const folders = readdirSync(folder, { withFileTypes: true }).flatMap((one) => (one.isDirectory() ? [one.name] : []))
  expect(folders.filter((name) => name !== 'mailbox').toSorted()).toEqual(
    members.map((member) => member.name).toSorted(),
  )
})

it('creates what is configured, and nothing else', async () => {
  expect(await create({})).toEqual([])
  const adapters = await create({ SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1' })
  expect(adapters.map((adapter) => [adapter.name, adapter.door])).toEqual([['slack', undefined]])
})

it('opens a door when Slack is to call us', async () => {
  const [adapter] = await create({ SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET: 'secret' })
  expect(adapter!.door?.path).toBe('/slack/events')
})

it('says in one sentence what is missing', async () => {
  await expect(create({ SLACK_BOT_TOKEN: 'xoxb-1' })).rejects.toThrow(
    'SLACK_BOT_TOKEN is set, but nothing says how Slack reaches us: set SLACK_APP_TOKEN for Socket Mode, or SLACK_SIGNING_SECRET for HTTP.',
  )
})
