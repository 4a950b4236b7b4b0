// Every public scenario in the practice cluster, asked in chat of the whole app; one fix of a kind is approved there and watched.
// All fixes: `npm run eval -- practice`.
import { describe, expect, it } from 'vitest'
import { practise } from './practice.ts'
import { CORPORA, namesIn } from './score.ts'

const [PUBLIC = ''] = CORPORA
const MENDED = { 'p02-site': 'Propose rollback', 'p17-quotes': 'Propose patch', 'p34-archiver': 'Propose create' }

describe('the answer in chat names the same root cause', () => {
  it.each(namesIn(PUBLIC).filter((name) => !Object.hasOwn(MENDED, name)))(
    '%s',
    async (name) => {
      expect((await practise(PUBLIC, name, false)).wrong).toBeUndefined()
    },
    60_000,
  )
})

describe('what is offered heals the workload, and verify says so', () => {
  it.each(Object.entries(MENDED))(
    '%s: %s',
    async (name, fix) => {
      const { wrong, fix: offered, verdict, after } = await practise(PUBLIC, name)
      expect(wrong).toBeUndefined()
      expect(offered).toBe(fix)
      expect(verdict).toMatch(/^Healthy after/)
      expect(after).toMatch(/Nothing is wrong/)
    },
    120_000,
  )
})
