// Questions to the agent without a model, about the practice story, in namespace shop unless a test says otherwise.
import { afterAll, beforeAll } from 'vitest'
import type { AgentContext } from '../../../src/agent/contract.ts'
import { plainAgent } from '../../../src/agent/plain/index.ts'
import { Answer } from '../../../src/core/answer.ts'
import { openWorld, type World } from './world.ts'

export const SHOP: AgentContext['subject'] = { cluster: 'prod-eu', namespace: 'shop' }
export const WEB = {
  ...SHOP,
  object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' },
} satisfies AgentContext['subject']

/** Opens a world for the tests of the file. */
export function withoutModel(): (question: string, subject?: AgentContext['subject']) => Promise<Answer> {
  let world: World
  beforeAll(async () => {
    world = await openWorld(() => 'no model is asked here')
  })
  afterAll(() => world.close())
  return async (question, subject = SHOP) => {
    const { clusters, now } = world
    const signal = AbortSignal.timeout(10_000)
    return Answer.parse(
      await plainAgent(question, { clusters, subject, now: () => now, signal, progress: () => undefined }),
    )
  }
}
