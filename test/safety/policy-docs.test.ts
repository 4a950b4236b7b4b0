// docs/policy.md is true: its examples load and mean what they say, and its mistakes are told in exactly these words.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseRouting } from '../../src/incidents/routing.ts'
import { parsePolicy, type RuleFacts } from '../../src/safety/rules.ts'

const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'policy.md'), 'utf8')
const blocks = [...text.matchAll(/^```(yaml|yaml mistake|text)\n([\s\S]*?)^```$/gm)].map(
  ([, kind = '', body = '']) => ({
    kind,
    body,
  }),
)
const examples = blocks.filter(({ kind }) => kind === 'yaml').map(({ body }) => body)
const mistakes = blocks.flatMap(({ kind, body }, index) =>
  kind === 'yaml mistake' ? [{ body, told: blocks[index + 1]?.body.trimEnd() ?? '' }] : [],
)

function facts(step: Partial<RuleFacts['step']>, more: Partial<Omit<RuleFacts, 'step'>> = {}): RuleFacts {
  return {
    step: {
      does: 'change',
      method: 'PATCH',
      kind: 'Deployment',
      namespace: 'shop',
      name: 'checkout',
      labels: {},
      fields: ['spec.replicas'],
      images: [],
      replicas: 3,
      tier: 5,
      ...step,
    },
    plan: { cluster: 'prod-eu', tier: step.tier ?? 5, steps: 1, author: 'person' },
    asker: 'slack:U0ZOE',
    // a Wednesday
    now: new Date('2026-11-18T12:00:00Z'),
    ...more,
  }
}

function holding(about: RuleFacts): string[] {
  return examples.flatMap((body) =>
    parsePolicy(body, 'policy.yaml').rules.flatMap((rule) => (rule.holds(about) ? [rule.name] : [])),
  )
}

describe('the examples', () => {
  it('are all there', () => expect([examples.length, mistakes.length]).toEqual([5, 4]))

  it.each(examples)('%s', async (body) => {
    const { routing } = parsePolicy(body, 'policy.yaml')
    await expect(parseRouting(routing, [])).resolves.toBeDefined()
  })

  const always = ['no more than twelve', 'no images from the open internet', "only the teams' namespaces"]
  it.each<[string, RuleFacts, string[]]>([
    ['an ordinary change', facts({}), always],
    ['payments', facts({ namespace: 'payments' }), [...always, 'payments stays by hand']],
    [
      'the ledger',
      facts({ namespace: 'payments', name: 'ledger' }),
      [...always, 'payments stays by hand', 'two heads for the ledger'],
    ],
    [
      'a marked object',
      facts({ labels: { 'example.com/hands-off': '' } }),
      [...always, 'nobody touches what is marked'],
    ],
    [
      'a restart on a Sunday',
      facts({ tier: 7 }, { now: new Date('2026-11-22T12:00:00Z') }),
      [...always, 'freeze over the weekend'],
    ],
    ['a scale on a Sunday', facts({}, { now: new Date('2026-11-22T12:00:00Z') }), always],
    [
      'a template changed by a stranger',
      facts({ fields: ['spec.template.spec.containers.web.env'] }),
      [...always, 'the template of the shop is changed by its team only'],
    ],
    ['a template changed by the team', facts({ fields: ['spec.template.spec'] }, { asker: 'slack:U0MIRA' }), always],
    [
      'an image of elsewhere',
      facts({ namespace: 'team-a', images: ['nginx'] }),
      [...always, 'images come from our registry'],
    ],
    [
      'the model on staging',
      facts({}, { plan: { cluster: 'staging-eu', tier: 5, steps: 9, author: 'model' } }),
      [...always, 'the staging cluster may only be looked at', 'large plans are looked at'],
    ],
  ])('%s meets its rules', (_name, about, names) => expect(holding(about).sort()).toEqual([...names].sort()))
})

describe('the mistakes', () => {
  it.each(mistakes)('$body', ({ body, told }) => {
    let said = ''
    try {
      parsePolicy(body, 'policy.yaml')
    } catch (error) {
      said = (error as Error).message
    }
    expect(said).toBe(told)
  })
})
