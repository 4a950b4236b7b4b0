// What a thread remembers of an answer: where it is, what "it" is, and what was asked back.
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { AnswerInput } from '../../src/core/answer.ts'
import { readSubject, rememberSubject } from '../../src/tasks/subject.ts'
import { type Rig, startRig, THREAD } from './rig.ts'

let rig: Rig
beforeEach(async () => {
  rig = await startRig()
})
afterEach(() => rig.stop())

const WEB = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' }
const WHICH: AnswerInput = {
  tone: 'ask',
  text: 'There is a checkout in shop, staging. Which one?',
  cluster: 'prod-eu',
  offers: ['shop', 'staging'].map((namespace) => ({
    label: namespace,
    pick: 'Pick a namespace',
    intent: { kind: 'ask', cluster: 'prod-eu', namespace, question: `logs of checkout -n ${namespace}` },
  })),
}

async function after(...answers: AnswerInput[]) {
  for (const answer of answers) await rememberSubject(rig.context.store, THREAD, answer)
  return readSubject(rig.context.store, THREAD)
}

it('keeps "it" over a question back, and the ways to answer that until the next answer', async () => {
  const about: AnswerInput = { text: 'fine', cluster: 'prod-eu', namespace: 'shop', about: WEB }
  expect(await after(about, WHICH)).toEqual({
    cluster: 'prod-eu',
    namespace: 'shop',
    object: WEB,
    choices: [
      { label: 'shop', question: 'logs of checkout -n shop', cluster: 'prod-eu', namespace: 'shop' },
      { label: 'staging', question: 'logs of checkout -n staging', cluster: 'prod-eu', namespace: 'staging' },
    ],
  })
  expect((await after({ text: 'hello' })).choices).toBeUndefined()
  expect((await after()).object).toEqual(WEB)
})

it('remembers which clusters were asked about before any is known', async () => {
  const offers = ['eu', 'us'].map((cluster) => ({
    label: cluster,
    pick: 'Pick a cluster',
    intent: { kind: 'ask' as const, cluster, question: 'what is wrong' },
  }))
  const { choices } = await after({ tone: 'ask', text: 'Which cluster: eu, us?', offers })
  expect(choices).toMatchObject([{ label: 'eu', cluster: 'eu' }, { label: 'us' }])
})

it('takes examples to press for no choice', async () => {
  const intent = { kind: 'ask' as const, cluster: 'prod-eu', question: 'what is wrong' }
  const unknown: AnswerInput = {
    tone: 'ask',
    text: 'I do not understand',
    offers: [{ label: 'what is wrong', intent }],
  }
  expect(await after(unknown)).toEqual({})
})
