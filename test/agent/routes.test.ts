// Which questions a model is asked at all, and where it may look: decided by code from the person's own words.
import { afterEach, expect, it } from 'vitest'
import { clustersOf } from '../../src/kube/clusters.ts'
import { textOf, wholeText } from '../fakes/model/model.ts'
import { answerCall, hasResult, isSupervisor, openWorld, type World } from './rigs/world.ts'

let world: World | undefined
afterEach(async () => {
  await world?.close()
  world = undefined
})

it('answers commands without asking the model', async () => {
  world = await openWorld(() => 'never')
  expect((await world.ask('kubectl get pods -n shop')).model).toBeNull()
  expect((await world.ask('list pods in shop')).model).toBeNull()
  expect(world.model.requests).toEqual([])
})

it.each([
  'how many pods are not ready',
  'what image is checkout running?',
  'what changed in the last hour',
  'restart web in shop because it hangs',
  'thanks!',
])('answers by code what code understands: %s', async (question) => {
  world = await openWorld(() => 'never')
  expect((await world.ask(question)).model).toBeNull()
  expect(world.model.requests).toEqual([])
})

it.each([
  'why did the deploy yesterday make checkout in shop slower?',
  'compare web and checkout in shop',
  'is it safe to upgrade the nodes?',
  'explain what the shop namespace does',
  'list pods in shop and explain the restarts',
  'list the pods vulnerable to log4shell',
])('leaves to the model what asks for more, with the findings of its scope: %s', async (question) => {
  world = await openWorld(() => answerCall({ answer: 'So it is.', claims: [{ claim: 'By a check.', calls: ['f1'] }] }))
  const answer = await world.ask(question)
  expect(answer.text).toContain('So it is.')
  expect(answer.text).toMatch(/By a check\. \(check [a-z-]+\)/)
  // the question was not what is wrong: no finding takes the card
  expect(answer.findings).toEqual([])
  const [first] = world.model.requests
  expect(first && textOf(first.messages.find(({ role }) => role === 'user'))).toMatch(/<findings>\nf1 \[critical/)
})

it.each([
  'which pods of shop would survive the loss of worker-a',
  'scale web in shop to 5 if the queue is long',
  'what would you look at first in shop',
])('leaves to the model what only begins like something known: %s', async (question) => {
  world = await openWorld(() => answerCall({ answer: 'So it is.' }))
  const answer = await world.ask(question)
  expect(answer.text).toContain('So it is.')
  expect(answer.propose).toBeUndefined()
})

it('lets what code can make of an open question stand when the model is down', async () => {
  world = await openWorld(() => ({ status: 503 }))
  const listed = await world.ask('list pods in shop and explain them')
  expect(listed.text).toContain('9 pods in shop.')
  expect(listed.partial.join()).toMatch(/the model did not finish/)
  const compared = await world.ask('compare web and checkout in shop')
  expect(compared.text).toContain('crash-looping')
})

it('gives the model every namespace and object that the question names, and no other', async () => {
  const seen: string[] = []
  world = await openWorld((request) => {
    if (isSupervisor(request))
      return hasResult(request)
        ? answerCall({})
        : { calls: [{ name: 'delegate_to_troubleshooting', args: { instruction: 'look' } }] }
    if (!hasResult(request))
      return {
        calls: ['shop', 'payments', 'staging', undefined].map((namespace) => ({
          name: 'get_pods',
          args: { namespace },
        })),
      }
    for (const message of request.messages) if (message.role === 'tool') seen.push(textOf(message))
    return 'looked'
  })
  await world.ask('compare shop and payments')
  const [first] = world.model.requests
  expect(first && wholeText(first)).toContain('namespaces shop, payments')
  expect(seen[0]).toContain('<tool_result')
  expect(seen[1]).toContain('<tool_result')
  expect(seen[2]).toContain('namespace staging is outside of this question, which is about shop, payments')
  expect(seen[3]).toContain('a namespace is needed here: one of shop, payments')
})

it('leaves the model out at L0', async () => {
  world = await openWorld(() => 'never')
  const answer = await world.ask('why is checkout failing in shop', { level: 'L0' })
  expect(answer.model).toBeNull()
  expect(answer.findings.length).toBeGreaterThan(0)
  expect(world.model.requests).toEqual([])
})

it('takes the namespace of a question that no pattern understands, and looks nowhere else', async () => {
  let seen = ''
  world = await openWorld((request) => {
    if (isSupervisor(request))
      return hasResult(request)
        ? answerCall({ answer: 'A shop.' })
        : { calls: [{ name: 'delegate_to_security', args: { instruction: 'look' } }] }
    if (!hasResult(request)) return { calls: [{ name: 'get_pods', args: { namespace: 'kube-system' } }] }
    seen = textOf(request.messages.at(-1))
    return 'looked'
  })
  const answer = await world.ask('how would you redesign the shop namespace for resilience')
  expect(answer).toMatchObject({ cluster: 'prod-eu', namespace: 'shop', tone: 'info' })
  expect(answer.text).toContain('A shop.')
  expect(seen).toContain('namespace kube-system is outside of this question, which is about shop')
})

it('asks which cluster before a model reads of one', async () => {
  world = await openWorld(() => 'never')
  const { default: one } = world.clusters
  const two = clustersOf([one, { ...one, name: 'staging' }])
  const answer = await world.ask('how would you redesign this for resilience', { clusters: two })
  expect(answer.tone).toBe('ask')
  expect(world.model.requests).toEqual([])
})
