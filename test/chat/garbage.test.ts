// Every recorded payload, with each of its parts replaced by something else in turn: whatever arrives, reading it neither fails nor takes long.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import * as discord from '../../src/chat/discord/parse.ts'
import * as slack from '../../src/chat/slack/parse.ts'

const FOLDER = join(import.meta.dirname, '../payloads')
const SLACK: slack.Self = { team: 'T061EG9R6', user: 'U0LAN0Z89', bot: 'B0LAN', url: 'https://shop.slack.com/' }
const DISCORD: discord.Self = {
  user: '1100000000000000001',
  app: '1200000000000000001',
  guilds: ['900000000000000001'],
  roles: new Set(['950000000000000001']),
}

const READERS: Record<string, (payload: unknown) => unknown[]> = {
  slack: (payload) => [
    slack.parseMessage((payload as { event?: unknown } | null)?.event, SLACK),
    slack.parseHomeOpened((payload as { event?: unknown } | null)?.event, SLACK),
    slack.parsePress(payload, SLACK),
    slack.parseForm(payload, SLACK),
    slack.parseCommand(payload, SLACK),
    slack.parseShortcut(payload, SLACK, new Date(0)),
  ],
  discord: (payload) => {
    const message = discord.parseMessage(payload, DISCORD)
    return [
      message && discord.parseSaid(message, { id: message.channel_id, type: 0 }, DISCORD),
      discord.parseInteraction(payload, DISCORD),
      discord.rolesOf(payload, DISCORD.user),
    ]
  },
}

let deep: unknown = 'deep'
for (let n = 0; n < 2000; n += 1) deep = { elements: [deep], text: 'x' }
const GARBAGE = [
  null,
  undefined,
  true,
  -1,
  Number.MAX_VALUE,
  '',
  'x'.repeat(200_000),
  '<@'.repeat(50_000),
  [],
  [null],
  {},
  deep,
]

/** The payload with one part replaced: each part, and each of what it is replaced with. */
function* spoilt(value: unknown): Generator<unknown> {
  yield* GARBAGE
  if (Array.isArray(value))
    for (const [n, one] of value.entries()) for (const bad of spoilt(one)) yield value.with(n, bad)
  else if (typeof value === 'object' && value !== null)
    for (const [key, one] of Object.entries(value)) for (const bad of spoilt(one)) yield { ...value, [key]: bad }
}

it.each(Object.keys(READERS))('of %s', (platform) => {
  const read = READERS[platform]!
  const files = readdirSync(join(FOLDER, platform))
  let count = 0
  const began = performance.now()
  for (const file of files) {
    for (const payload of spoilt(JSON.parse(readFileSync(join(FOLDER, platform, file), 'utf8')))) {
      count += 1
      for (const found of read(payload)) expect(textOf(found).length, file).toBeLessThanOrEqual(40_000)
    }
  }
  expect(count).toBeGreaterThan(files.length * 50)
  expect((performance.now() - began) / count).toBeLessThan(20)
})

function textOf(found: unknown): string {
  const { inbound, text } = (found ?? {}) as { inbound?: { text: string }; text?: string }
  return inbound?.text ?? text ?? ''
}
