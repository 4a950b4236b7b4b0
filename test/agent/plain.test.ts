// Questions without a model against the practice cluster, read as a person reads them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AgentContext } from '../../src/agent/contract.ts'
import { plainAgent } from '../../src/agent/plain/index.ts'
import { Answer } from '../../src/core/answer.ts'
import { openWorld, type World } from './rigs/world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld(() => 'no model is asked here')
})
afterAll(() => world.close())

async function ask(question: string, subject: AgentContext['subject'] = { cluster: 'prod-eu', namespace: 'shop' }) {
  const { clusters, now } = world
  const signal = AbortSignal.timeout(10_000)
  return Answer.parse(
    await plainAgent(question, { clusters, subject, now: () => now, signal, progress: () => undefined }),
  )
}

const CHECKOUT = {
  cluster: 'prod-eu',
  namespace: 'shop',
  object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'checkout' },
}

describe('a question about one', () => {
  it('shows its log, whatever it is called', async () => {
    expect((await ask('logs of catalog')).text).toMatch(/log of shop\/catalog-/i)
  })

  it.each(['describe cart', 'what is the memory limit of cart'])('that is not there says so: %s', async (question) => {
    expect((await ask(question)).text).toBe('There is no cart in shop.')
  })
})

describe('a question about several', () => {
  it('namespaces is answered for each', async () => {
    const answer = await ask('what is wrong in shop and payments', {})
    expect(answer.text).toMatch(/^shop\/checkout: 3 of 3 pods/)
    expect(answer.text).toMatch(/^payments: Nothing is wrong in payments/m)
    expect(answer.tone).toBe('bad')
    expect(answer.findings.length).toBeGreaterThan(1)
  })

  it('workloads is answered for each, the healthy ones too', async () => {
    const answer = await ask('are web, checkout and catalog ok')
    expect(answer.text).toMatch(/I find nothing wrong with Deployment shop\/web/)
    expect(answer.text).toMatch(/shop\/checkout: 3 of 3 pods crash-looping/)
    expect(answer.text).toMatch(/I find nothing wrong with Deployment shop\/catalog/)
    expect(JSON.stringify(answer.blocks)).toContain('shop/catalog')
  })

  it('workloads of two namespaces finds both, also when only one is spoken of', async () => {
    for (const subject of [{}, { cluster: 'prod-eu', namespace: 'shop' }]) {
      const answer = await ask('logs of web and gateway', subject)
      expect(answer.text).toMatch(/^shop\/web: .*log of shop\/web-/im)
      expect(answer.text).toMatch(/^payments\/gateway: .*log of payments\/gateway-/im)
    }
  })

  it('of one name in two namespaces keeps them apart', async () => {
    const answer = await ask('why is shop/checkout crashing but staging/checkout fine?', {})
    expect(answer.text).toMatch(/shop\/checkout: 3 of 3 pods/)
    expect(answer.text).toMatch(/nothing wrong with Deployment staging\/checkout/)
  })

  it('to be changed is one plan for all, or none when one of them is missing', async () => {
    const both = await ask('restart web and catalog')
    expect(both.propose?.actions.map((action) => 'target' in action && action.target.name)).toEqual(['web', 'catalog'])
    const one = await ask('restart web and crat')
    expect(one.propose).toBeUndefined()
    expect(one.text).toContain('nothing is planned')
  })
})

describe('the next steps of an answer', () => {
  const CLOSER = 'Look closer at …'
  const closer = ({ offers }: Answer) => offers.filter(({ pick }) => pick === CLOSER)
  const buttons = ({ offers }: Answer) => offers.filter(({ pick }) => pick === undefined).map(({ label }) => label)

  it('lead from several causes to each of them, and to what was asked about at once', async () => {
    const all = await ask('what is wrong in shop')
    expect(closer(all).map(({ label }) => label.split(':')[0])).toEqual(['shop/checkout', 'shop/recommender'])
    expect(buttons(all)).toEqual(['Diagnose again'])
    const one = await ask('diagnose deployment recommender -n shop')
    expect(buttons(one)).toContain('Logs')
    expect(closer(one)).toEqual([])
  })

  it('of several places show no button twice, and each cause once', async () => {
    const answer = await ask('what is wrong in shop and staging', {})
    const causes = answer.findings.filter(({ root, severity }) => root && severity !== 'info')
    expect(causes.length).toBeGreaterThan(2)
    expect(closer(answer)).toHaveLength(causes.length)
    expect(new Set(buttons(answer)).size).toBe(buttons(answer).length)
    expect(closer(answer).every(({ intent }) => intent.kind === 'diagnose' && intent.object !== undefined)).toBe(true)
  })
})

describe('a change', () => {
  it.each([
    'scale web to 5 if it is slow',
    'restart web after midnight',
    'scale web to 3 and restart catalog',
    'cordon worker-a and drain it',
    'restart web but not catalog',
  ])('is not planned when that would drop a part of it: %s', async (question) => {
    const answer = await ask(question)
    expect(answer.propose).toBeUndefined()
    expect(answer.tone).toBe('ask')
    expect(answer.text).toContain('One plain change at a time')
    expect(answer.offers[0]?.intent.kind).toBe('propose')
  })

  it('may come as a manifest behind kubectl apply', async () => {
    const manifest = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: flags}\ndata: {note: ${'x'.repeat(3000)}}`
    const answer = await ask(`kubectl apply -f -\n\`\`\`yaml\n${manifest}\n\`\`\``)
    expect(answer.propose).toMatchObject({
      author: 'person',
      reason: 'kubectl apply -f -',
      actions: [{ verb: 'apply', manifest: { metadata: { name: 'flags', namespace: 'shop' } } }],
    })
    expect((await ask('kubectl apply -f - -n shop\nnonsense')).text).toMatch(/I cannot plan this/)
    expect((await ask('kubectl get pods -n shop\nkubectl delete ns shop')).text).toMatch(/I will not run this/)
  })

  it('that words do not say exactly is asked for as a kubectl line', async () => {
    expect((await ask('delete deployment web')).text).toContain('kubectl delete deployment')
    expect((await ask('scale web up')).text).toContain('To how many replicas?')
    expect((await ask('increase the memory limit of web')).propose).toBeUndefined()
  })
})

it.each([
  ['how many replicas does checkout have', 'Deployment shop/checkout wants 3 replicas, 0 are ready'],
  ['what is the memory limit of recommender', '96Mi'],
  ['does checkout have a readiness probe', 'GET /healthz on http'],
  ['what env does checkout have', 'PORT'],
  ['what ports does web expose', 'Ports of Service shop/web'],
  ['show the yaml of deployment web', 'kind: Deployment'],
  ['what changed in the last hour', 'env DATABASE_URL removed'],
  ['what changed in checkout', 'revision 14 6 min ago'],
  ['how full are the nodes', 'free by requests'],
  ['is there room for 10 more replicas of web', 'Yes: '],
  ['what runs on worker-a', '6 pods of worker-a in all namespaces'],
  ['which pods got OOMKilled', '1 of 9 pods in shop'],
  ['get all in shop', '4 deployments in shop. 3 services in shop. 9 pods in shop.'],
  ['is there a network policy in shop', 'There are no networkpolicies in shop.'],
  ['which services have no endpoints', 'checkout'],
  ['which node does web run on', 'worker-'],
  ['where is checkout running', 'NODE'],
  ['when was the last deployment in shop', 'revision 14'],
  ['what kubernetes version is this', 'v1.36'],
  ['why did recommender restart at night', 'OOMKilled'],
  ['how many times did checkout restart today', '3 pods restarted today in checkout in shop'],
  ['thank you!', 'You are welcome.'],
])('%s → %s', async (question, expected) => {
  const answer = await ask(question)
  expect(answer.text).toContain(expected)
  expect(answer.partial).toEqual([])
})

describe('"it"', () => {
  it.each([
    ['show me the logs', /log of shop\/checkout-/i],
    ['and the events of it', /Deployment\/checkout/],
    ['why?', /shop\/checkout: 3 of 3/],
    ['is it still crashing', /shop\/checkout: 3 of 3/],
    ['what is its memory limit', /Deployment shop\/checkout/],
    ['restart it', /Restart Deployment shop\/checkout/],
    ['rollout history', /14 /],
  ])('%s', async (question, expected) => {
    expect((await ask(question, CHECKOUT)).text).toMatch(expected)
  })

  it.each(['what is wrong in this namespace', 'list pods', 'which pods are there that are pending'])(
    'is not meant by "%s"',
    async (question) => {
      const answer = await ask(question, CHECKOUT)
      expect(answer.text).toMatch(/recommender|9 pods/)
    },
  )
})

it('looks at what was nearly named, and says so', async () => {
  const answer = await ask('why is recomender crashing')
  expect(answer.text).toContain('OOMKilled')
  expect(answer.partial.join()).toContain('Did you mean recommender?')
})

it('says that comparing and advising need a model, and gives what checks can tell', async () => {
  const answer = await ask('compare web and checkout')
  expect(answer.text).toContain('crash-looping')
  expect(answer.partial.join()).toContain('needs a model (LLM_PROVIDER)')
  const none = await ask('is it safe to upgrade the control plane')
  expect(none.text).toContain('I need a model (LLM_PROVIDER)')
})

it('takes a stray word for nothing, and "approve" for no command', async () => {
  for (const word of ['approve', 'yes', 'do it', 'sudo']) {
    const answer = await ask(word)
    expect(answer.propose).toBeUndefined()
    expect(answer.findings).toEqual([])
  }
})
