// Where a question is about: ordinary words that are names here, and the place that was asked back about.
import { describe, expect, it } from 'vitest'
import { SHOP, WEB, withoutModel } from './rigs/asked.ts'

const ask = withoutModel()

describe('"which one?"', () => {
  const choices = ['shop', 'staging'].map((label) => ({
    label,
    question: `logs of checkout -n ${label}`,
    namespace: label,
  }))

  it.each(['staging', 'in staging', 'the one in staging please', 'the second one', '2', 'staging!'])(
    'may be answered in words: %s',
    async (said) => {
      expect((await ask(said, { cluster: 'prod-eu', choices })).text).toMatch(/log of staging\/checkout-/i)
    },
  )

  it('is over when something else is asked', async () => {
    expect((await ask('list pods in payments', { choices })).text).toContain('4 pods in payments')
    expect((await ask('yes', { choices })).text).toContain('I do not understand')
  })

  it('may be answered with yes when there is one', async () => {
    const one = [{ label: 'Yes: checkout', question: 'logs of checkout' }]
    for (const said of ['yes', 'yes please', 'checkout', 'ja', 'はい'])
      expect((await ask(said, { ...SHOP, choices: one })).text).toMatch(/log of shop\/checkout-/i)
    expect((await ask('no', { ...SHOP, choices: one })).text).toContain('I do not understand')
  })
})

describe('an ordinary word', () => {
  it.each([
    ['list pods in default', 'There are no pods in default.'],
    ['what is wrong in the default namespace', 'Nothing is wrong in default'],
    ['restart web in default', 'There is no web in default; there is one in shop.'],
  ])('that a namespace bears is that namespace: %s', async (question, expected) => {
    expect((await ask(question)).text).toContain(expected)
  })

  it('that nothing bears is just a word, where the sentence does without', async () => {
    expect((await ask('checkout is in trouble')).text).toContain('shop/checkout: 3 of 3 pods')
    expect((await ask('restart web because it is in trouble')).propose?.actions).toMatchObject([{ verb: 'restart' }])
  })

  it.each([
    'restart web in production',
    'restart web in 10 minutes',
    'restart web at night',
    'restart deployment report',
  ])('that a change hangs on is never passed over: %s', async (question) => {
    expect((await ask(question)).propose).toBeUndefined()
  })

  it('leaves "it" what it was', async () => {
    expect((await ask('logs of it for details', WEB)).text).toMatch(/^Log of shop\/web-/)
  })
})

it('says first that a place is not there', async () => {
  expect((await ask('why is chekout failing in stagin', {})).text).toContain('Did you mean staging?')
})

describe('the same elsewhere', () => {
  const checkout = { ...WEB, object: { ...WEB.object, name: 'checkout' } }

  it.each(['the one in staging', 'and in staging?', 'what about the one in staging?', 'the same in staging'])(
    'is what was spoken of: %s',
    async (question) => {
      expect((await ask(question, checkout)).text).toContain('Deployment staging/checkout')
    },
  )

  it('is the namespace where there is no such thing, or when more is said', async () => {
    expect((await ask('and in payments?', checkout)).text).toContain('Nothing is wrong in payments')
    expect((await ask('what is wrong in staging', checkout)).text).toContain('staging/search')
  })
})
