// The second look at an answer: when it is taken, what it costs, and what stands when it fails.
import { afterEach, expect, it } from 'vitest'
import { wholeText } from '../fakes/model/model.ts'
import { answerCall, openWorld, type World } from './rigs/world.ts'

let world: World | undefined
afterEach(async () => {
  await world?.close()
  world = undefined
})

const QUESTION = 'why is checkout failing in shop'

it('reviews on request and thinks once more below 6', async () => {
  let scored = 0
  world = await openWorld((request) => {
    if (wholeText(request).includes('"score"'))
      return { calls: [{ name: 'score', args: { score: ++scored === 1 ? 3 : 2, feedback: 'Name the revision.' } }] }
    return wholeText(request).includes('Name the revision.')
      ? answerCall({ answer: 'Revision 14 did it.' })
      : answerCall({ answer: 'Something did it.' })
  })
  const answer = await world.ask('why is checkout failing in shop', { reflect: true })
  expect(answer.text).toContain('Revision 14 did it.')
  expect(JSON.stringify(answer.blocks)).toContain('reviewed: 3 of 10, then thought over once more')
  expect(scored).toBe(1)
  expect(answer.review).toEqual({ score: 3, feedback: 'Name the revision.', again: true })
})

it.each([
  'double-check why checkout fails in shop',
  'why is checkout failing in shop, and check your answer',
  'why is checkout failing in shop? are you sure',
])('reviews by the words of the person: %s', async (question) => {
  world = await openWorld((request) =>
    wholeText(request).includes('"score"')
      ? { calls: [{ name: 'score', args: { score: 9, feedback: 'Fine.' } }] }
      : answerCall({ answer: 'Revision 14 did it.' }),
  )
  const answer = await world.ask(question)
  expect(answer.review).toEqual({ score: 9, feedback: 'Fine.', again: false })
  expect(JSON.stringify(answer.blocks)).toContain('reviewed: 9 of 10')
})

it('keeps a poor answer when the second thought fails', async () => {
  world = await openWorld((request) => {
    if (wholeText(request).includes('"score"'))
      return { calls: [{ name: 'score', args: { score: 2, feedback: 'Name the revision.' } }] }
    return wholeText(request).includes('Name the revision.')
      ? { status: 500 }
      : answerCall({ answer: 'Something did it.' })
  })
  const answer = await world.ask(QUESTION, { reflect: true })
  expect(answer.text).toContain('Something did it.')
  expect(answer.review).toEqual({ score: 2, feedback: 'Name the revision.', again: false })
})
