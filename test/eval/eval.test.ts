// The evaluation itself, with a scripted model behind the real client: it must tell a good agent from a bad one.
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Agent } from '../../src/agent/contract.ts'
import { plainAgent } from '../../src/agent/plain/index.ts'
import { agentAt, answerCall } from '../agent/rigs/world.ts'
import { type FakeModel, startModel } from '../fakes/model/model.ts'
import { evaluate, markdownOf, readScenarios, summarise } from './evaluate.ts'

let model: FakeModel
beforeAll(async () => {
  model = await startModel((_, count) =>
    answerCall({
      answer: `Answer ${count}.`,
      claims: [
        { claim: 'As the check says.', calls: ['f1'] },
        { claim: 'Out of thin air.', calls: ['c9'] },
      ],
    }),
  )
})
afterAll(() => model.stop())

const some = readScenarios(/^p0[1-4]/)

it('counts passes, tokens, seconds and evidence of an agent with a model', async () => {
  const attempts = await evaluate(agentAt(model.url), some, 2)
  const summary = summarise('scripted', attempts)
  expect(summary.attempts).toBe(attempts.length)
  expect(summary.tokens).toBeGreaterThan(0)
  expect(summary.seconds).toBeGreaterThan(0)
  expect(summary.evidence).toBeCloseTo(0.5, 1)
  expect(summary.modelFailed).toBe(0)
  // with findings kept beside the model's words, the causes are named
  expect(summary.pass).toBeGreaterThan(0.7)
  expect(markdownOf([summary], 2)).toMatch(/\| scripted \| \d+ \| [\d.]+ % \| [\d.]+ % \| \d+ \| unknown \|/)
}, 60_000)

it('fails an agent that names nothing', async () => {
  const silent: Agent = () => Promise.resolve({ text: 'Everything is fine.' })
  const summary = summarise('silent', await evaluate(silent, some))
  expect(summary.pass).toBe(0)
}, 60_000)

it('needs no model', async () => {
  const summary = summarise('checks alone', await evaluate(plainAgent, some))
  expect(summary.tokens).toBe(0)
  expect(summary.pass).toBeGreaterThan(0.7)
}, 60_000)
