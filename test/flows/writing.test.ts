// A model's answer while it is being written: streamed in Slack where the workspace allows it, edited where not; one message, and the checked answer at last.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { agentAt, answerCall } from '../agent/rigs/world.ts'
import { type FakeModel, startModel } from '../fakes/model/model.ts'
import { showBlocks } from '../fakes/slack/show.ts'
import type { FakeMessage } from '../fakes/slack/world.ts'
import { launch, type Ship, textOf } from './ship.ts'

const SENTENCES = Array.from(
  { length: 12 },
  (_, n) => `Finding ${n} of <!channel> says that the release of the shop has removed what it needed.`,
)

let ship: Ship
let model: FakeModel
beforeAll(async () => {
  model = await startModel(
    () => answerCall({ answer: SENTENCES.join(' '), claims: [{ claim: 'Invented.', calls: ['c77'] }] }),
    { latency: 70, chunkSize: 15 },
  )
  ship = await launch({ agent: agentAt(model.url), env: { LLM_PROVIDER: 'openai' } })
}, 60_000)
afterAll(async () => {
  await ship.stop()
  await model.stop()
})

/** What was to be read of the message at each change of it, until the answer's claims are judged. */
async function watch(root: FakeMessage): Promise<string[]> {
  const seen: string[] = []
  await ship.until(
    'the checked answer',
    () => {
      const [message] = ship.thread(root)
      const now = message ? showBlocks(message.blocks ?? []) : ''
      if (now !== seen.at(-1)) seen.push(now)
      return now.includes('no call named')
    },
    40_000,
  )
  return seen
}

async function ask(): Promise<{ root: FakeMessage; seen: string[] }> {
  const channel = ship.slack.addChannel({ id: `CW${Date.now()}` }).id
  const root = ship.slack.mention({ channel, user: 'U1', text: 'why is checkout failing in shop? explain it' })
  return { root, seen: await watch(root) }
}

const calls = (method: string) => ship.slack.requests.filter((one) => one.method === method)

it('grows piece by piece in a stream, below what code found, and ends checked', async () => {
  const { root, seen } = await ask()
  const growing = seen.filter((text) => text.includes('Finding 0') && !text.includes('no call named'))
  expect(growing.length).toBeGreaterThan(1)
  // only whole sentences stand in a stream
  for (const text of growing) expect(text).toMatch(/DATABASE_URL[\s\S]*needed\.\s*$/)
  expect(calls('chat.startStream')).toHaveLength(1)
  expect(calls('chat.appendStream').length).toBeGreaterThan(1)
  expect(ship.thread(root)).toHaveLength(1)
  expect(ship.thread(root)[0]?.streaming).toBe(false)
  expect(textOf(ship.thread(root))).toContain('Finding 11')
}, 60_000)

it('grows by edits where the workspace allows no streams', async () => {
  ship.slack.world.streams = false
  const { root, seen } = await ask()
  expect(seen.some((text) => text.includes('Finding 0') && !text.includes('no call named'))).toBe(true)
  expect(calls('chat.startStream').filter(({ reply }) => reply?.ok)).toHaveLength(1)
  expect(ship.thread(root)).toHaveLength(1)
}, 60_000)
