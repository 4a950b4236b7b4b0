// What people type at three in the morning, without a model: terse, misspelt, pasted, impatient, wrong. Each is answered, or asked back with a way on.
import { describe, expect, it } from 'vitest'
import { WEB, withoutModel } from './rigs/asked.ts'

const ask = withoutModel()

describe('a kubectl line', () => {
  it.each([
    'k get po -n shop',
    'please run kubectl get pods -n shop',
    'can you run `kubectl get pods -n shop` for me please',
    'show me the output of kubectl get pods -n shop',
    '@firstmate kubectl get pods -n shop',
  ])('is one, however it is said: %s', async (question) => {
    expect((await ask(question)).text).toMatch(/^NAME +READY/)
  })

  it('before a pipe is offered alone when it only reads', async () => {
    const answer = await ask('kubectl get pods -n shop | grep checkout')
    expect(answer.text).toMatch(/^I will not run this: .*pipes.* it only reads: kubectl get pods -n shop$/)
    expect(answer.offers.map(({ intent }) => intent)).toMatchObject([
      { kind: 'ask', question: 'kubectl get pods -n shop' },
    ])
    for (const line of [
      'kubectl delete pods --all -n shop | cat',
      'kubectl get secret checkout-db -o yaml | base64 -d',
    ]) {
      const refused = await ask(line)
      expect(refused.tone).toBe('stop')
      expect(refused.offers).toEqual([])
    }
  })

  it('that is not whole says what is missing, and a namespace that is not there is missed', async () => {
    expect((await ask('kubectl get')).text).toContain('it names no object')
    expect((await ask('kubectl get pods -n shoop')).partial.join()).toContain('Did you mean shop?')
  })

  it('for another program is refused with what can be done here', async () => {
    for (const line of ['rm -rf /', 'sudo reboot worker-a', 'docker ps', 'curl http://web', 'oc get pods'])
      expect((await ask(line)).text).toMatch(/^I start no programs, so I will not run \w+: .*kubectl/)
    expect((await ask('curl fails from web, why?')).text).not.toContain('I start no programs')
  })
})

describe('a wish', () => {
  it.each([
    ['scale web 5', { verb: 'scale', replicas: 5 }],
    ['scale up web to 4 pls', { verb: 'scale', replicas: 4 }],
    ['set replicas of web to 4', { verb: 'scale', replicas: 4 }],
    ['can u restart web', { verb: 'restart' }],
    ['thx, now restart the web deployment pls', { verb: 'restart' }],
    ['increase memory of web to 512Mi', { verb: 'set-resources', limits: { memory: '512Mi' } }],
    ['set the cpu request of web to 250m', { verb: 'set-resources', requests: { cpu: '250m' } }],
    ['set web image to shop/web:3.13.0', { verb: 'set-image', image: 'shop/web:3.13.0' }],
    ['lower web memory limit to 1gb', { verb: 'set-resources', limits: { memory: '1G' } }],
  ])('is planned as it was said: %s', async (question, action) => {
    expect((await ask(question)).propose?.actions).toMatchObject([{ ...action, target: { name: 'web' } }])
  })

  it.each([
    'scale web to 2.5',
    'scale web to -1',
    'scale web up',
    'set memory of web to 512',
    'restart everything',
    'drain all nodes',
    'kill web',
    'shut down the cluster',
    "don't restart web",
    'do not scale web to 0',
    'stop web',
    'create namespace test',
    'deploy shop/web:3.13.0',
    'trigger cronjob nightly',
    'give web more memory',
    'kubectl rollout undo deploy/checkout -n shop --dry-run=server',
  ])('that is not clear or not meant plans nothing: %s', async (question) => {
    const answer = await ask(question)
    expect(answer.propose).toBeUndefined()
  })

  it('for a revision keeps its number, whatever it is', async () => {
    const { propose } = await ask('roll back checkout to revision 99999999')
    expect(propose?.actions).toMatchObject([{ verb: 'rollback', toRevision: 99_999_999 }])
  })

  it.each(['approve', 'approve plan 7f3a91', 'LGTM', 'reject it'])(
    'that would decide is told how: %s',
    async (word) => {
      const answer = await ask(word, WEB)
      expect(answer.text).toContain('Words decide nothing here')
      expect(answer.propose).toBeUndefined()
    },
  )

  it.each(['undo', 'undo that', 'revert it', 'take it back'])(
    'to take back is no rollback of what was spoken of: %s',
    async (word) => {
      const answer = await ask(word, WEB)
      expect(answer.text).toContain('taken back by Undo on its own card')
      expect(answer.propose).toBeUndefined()
    },
  )
})

describe('logs', () => {
  it.each(['tail checkout', 'logs -f checkout', 'tail -n 20 checkout', 'checkout logs pls', 'and the previous ones?'])(
    'are shown: %s',
    async (question) => {
      const subject = { ...WEB, object: { ...WEB.object, name: 'checkout' } }
      const answer = await ask(question, subject)
      expect(answer.text).toMatch(/log of shop\/checkout-/i)
      expect(answer.partial).toEqual([])
    },
  )

  it('are searched by plain words, and what was looked through is said', async () => {
    const found = await ask('logs of checkout grep "is undefined"')
    expect(found.text).toMatch(/\(1 line\):\n.*is undefined/)
    expect(JSON.stringify(found.blocks)).toContain('of 3 lines looked at')
    expect((await ask('logs of checkout grep payment')).text).toMatch(
      /^No line of the .* contains "payment" \(3 lines looked at\)/,
    )
    expect((await ask('errors in the logs of checkout')).text).toMatch(/\(1 line\):\n.*fatal/)
    expect((await ask('error logs of web')).text).toContain('looks like an error')
  })
})

describe('what belongs to something', () => {
  it('is listed alone', async () => {
    expect((await ask('endpointslices of web')).text).toMatch(/^1 endpointslice of web in shop\.\nNAME +AGE\nweb-/)
    expect((await ask('does checkout have a pdb?')).text).toContain('checkout-pdb')
    expect((await ask('does web have a pdb?')).text).toBe('There are no poddisruptionbudgets of web in shop.')
    expect((await ask('services of web')).text).toMatch(/^1 service of web in shop\./)
    expect((await ask('secrets of checkout')).text).toContain('There are no secrets of checkout')
  })

  it('is a workload sooner than a kind of the same name', async () => {
    for (const question of ['and gateway?', 'anything wrong with payments gateway'])
      expect((await ask(question, {})).text).toContain('Deployment payments/gateway')
  })

  it('of a kind that the cluster does not serve says so', async () => {
    expect((await ask('list certificates in shop')).text).toMatch(
      /prod-eu does not serve certificates|There are no certificates/,
    )
  })

  it.each([
    ['env of checkout', /PORT/],
    ['its yaml', /^apiVersion: apps\/v1\nkind: Deployment/],
    ['how much memory does recommender have', /MEMORY LIMIT\nrecommender/],
    ["what's the cpu of web", /uses most cpu/],
    ['memory usage per namespace', /^shop uses most memory/],
    ["what's deployed in shop", /4 deployments in shop/],
    ['whats running on worker-b', /pods of worker-b/],
    ['labels of web', /Labels: +app=web/],
    ['did anything change', /1 rollout in shop/],
    ['secrets used by checkout', /secrets of checkout/],
    ['version', /I know one cluster: prod-eu/],
    ['is there enough memory for 5 more replicas of web', /5 are asked for/],
  ])('is read out: %s', async (question, expected) => {
    expect((await ask(question, WEB)).text).toMatch(expected)
  })
})

describe('a complaint', () => {
  it.each([
    'any alerts?',
    'Everything is on fire!!!',
    'checkout NotReady',
    'pod stuck in Terminating',
    'pods in CrashLoopBackOff',
    'top problems',
    'logs of failing pods',
    'ok?',
    'CrashLoopBackOff',
  ])('is looked into: %s', async (question) => {
    const answer = await ask(question)
    expect(answer.text).toContain('shop/checkout: 3 of 3 pods crash-looping')
    expect(answer.partial).toEqual([])
  })

  it('about everything, or the cluster, is not about the namespace of the thread', async () => {
    for (const question of ['why is everything broken', 'all warnings in the cluster'])
      expect((await ask(question, { cluster: 'prod-eu', namespace: 'payments' })).text).toContain('checkout')
  })

  it.each(['is it fixed now?', 'since when?', 'why', 'what should I do'])(
    'goes on about what was spoken of: %s',
    async (question) => {
      expect((await ask(question, WEB)).text).toContain('Deployment shop/web')
    },
  )
})

const TRACE = `Exception in thread "main" java.lang.NullPointerException: Cannot invoke "String.length()"
\tat com.shop.web.Main.start(Main.java:42)
Caused by: java.net.UnknownHostException: catalog.shop.svc`

describe('a paste', () => {
  it('of a stack trace is not read for names', async () => {
    expect((await ask(TRACE)).text).toContain('Which workload is it from?')
    const asked = await ask(`why does checkout in shop throw this?\n${TRACE}`)
    expect(asked.text).toMatch(/^shop\/checkout: 3 of 3 pods/)
    expect(asked.about?.name).toBe('checkout')
    expect((await ask('{"level":"fatal","msg":"environment variable DATABASE_URL is undefined"}')).tone).toBe('ask')
  })

  it('of a manifest is applied only when that was asked for', async () => {
    const manifest = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: flags}\ndata: {a: b}'
    expect((await ask(manifest)).text).toContain('"kubectl apply -f -" in the line above it')
    expect((await ask(`please apply this:\n${manifest}`)).propose?.actions).toMatchObject([{ verb: 'apply' }])
  })

  it.each([
    ['?', 'You can ask'],
    ['!!!', 'I do not understand'],
    ['🔥', 'I do not understand'],
    ['', 'You can ask'],
  ])('of nothing much (%s) is answered', async (question, expected) => {
    expect((await ask(question)).text).toContain(expected)
  })
})
