// With an agent that thinks on, what code found stands in the thread at once, and the answer replaces it in the same message.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { plainAgent } from '../../src/agent/plain/index.ts'
import { launch, type Ship, textOf } from './ship.ts'

let ship: Ship
let goOn = () => undefined as void
beforeAll(async () => {
  ship = await launch({
    agent: async (question, context) => {
      const found = await plainAgent(question, context)
      context.first?.(found)
      context.progress('networking looks at the Service')
      await new Promise<void>((resolve) => {
        goOn = resolve
      })
      return {
        ...found,
        blocks: [{ kind: 'text', text: 'I looked further: the release forgot it.' }],
        model: { name: 'scripted', tokens: 7 },
      }
    },
  })
}, 60_000)
afterAll(() => ship.stop())

it('shows the deterministic card first, then the answer, in one message', async () => {
  const { root } = await ship.ask('why is checkout failing in shop?', /DATABASE_URL/)
  expect(textOf(ship.thread(root))).not.toMatch(/I looked further/)
  expect(root.reactions.map((reaction) => reaction.name)).not.toContain('white_check_mark')
  goOn()
  await ship.until('the answer', () => /I looked further/.test(textOf(ship.thread(root))))
  expect(ship.thread(root)).toHaveLength(1)
}, 60_000)
