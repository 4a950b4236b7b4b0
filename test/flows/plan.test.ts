// Story two: mention → plan → wrong person → right person → executed → healthy → undo; and what may go wrong between.

import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AUDIT_LIST } from '../../src/audit/chain.ts'
import { readAudit, verifyAudit } from '../../src/audit/verify.ts'
import { createSigner, loadKeyFile } from '../../src/safety/signature.ts'
import { createStanding } from '../../src/safety/standing.ts'
import type { FakeMessage } from '../fakes/slack/world.ts'
import { buttonOf, launch, type Ship, textOf } from './ship.ts'

let ship: Ship
beforeAll(async () => {
  ship = await launch()
}, 60_000)
afterAll(() => ship.stop())

async function planOf(question: string): Promise<{ root: FakeMessage; card: FakeMessage }> {
  const { root } = await ship.ask(question, /Approve/)
  const card = await ship.until('the card with its buttons', () =>
    ship.thread(root).find((message) => buttonOf(message, 'Approve')),
  )
  return { root, card }
}

const deployment = (name: string) => ship.harbor.world.get('Deployment', 'shop', name)

describe('a plan in Slack', () => {
  it('runs once, for the right person, after the wrong one was refused in private; then it is undone', async () => {
    const { root, card } = await planOf('roll back checkout in shop')
    expect(textOf([card])).toContain('shop/checkout:2.4.0')
    const approve = buttonOf(card, 'Approve') ?? ''
    ship.slack.press({ message: card, user: 'U1', action: approve })
    await ship.until('the private note', () =>
      ship.slack.world.ephemerals.some(
        (one) => one.user === 'U1' && /not among the approvers/.test(one.text + JSON.stringify(one.blocks)),
      ),
    )
    expect(deployment('checkout').spec.template.spec.containers[0].image).toBe('shop/checkout:2.4.1')
    for (let press = 0; press < 5; press++) ship.slack.press({ message: card, user: 'U2', action: approve })
    await ship.until('healthy', () => /Healthy after/.test(textOf(ship.thread(root))), 40_000)
    expect(textOf(ship.thread(root))).toMatch(/Approved by .*jo/)
    expect(deployment('checkout').spec.template.spec.containers[0].image).toBe('shop/checkout:2.4.0')
    const done = ship.thread(root).find((message) => buttonOf(message, 'Undo'))
    ship.slack.press({ message: done as FakeMessage, user: 'U1', action: buttonOf(done as FakeMessage, 'Undo') ?? '' })
    await ship.until('the plan to undo', () => ship.thread(root).some((message) => buttonOf(message, 'Approve')))
  }, 60_000)

  it('is refused when the object changed meanwhile, and offered afresh', async () => {
    const { root, card } = await planOf('scale web to 4 in shop')
    ship.harbor.world.modify('Deployment', 'shop', 'web', (draft) => {
      draft.spec.replicas = 2
    })
    ship.slack.press({ message: card, user: 'U2', action: buttonOf(card, 'Approve') ?? '' })
    await ship.until('the refusal', () => /has been changed since it was planned/.test(textOf(ship.thread(root))))
    expect(deployment('web').spec.replicas).toBe(2)
    await ship.until(
      'the fresh plan',
      () => ship.thread(root).filter((message) => /2 → 4 replicas/.test(textOf([message]))).length === 1,
    )
  }, 60_000)

  it('stays as it was when it is rejected, with the reason on the card', async () => {
    const { root, card } = await planOf('scale catalog to 5 in shop')
    // a trigger dies after three seconds; on a busy machine a person presses again
    let pressed = 0
    await ship.until('the form', () => {
      if (Date.now() - pressed > 4000) {
        pressed = Date.now()
        ship.slack.press({ message: card, user: 'U2', action: buttonOf(card, 'Reject…') ?? '' })
      }
      return [...ship.slack.world.views.values()].some((view) => view.user === 'U2')
    })
    ship.slack.submit('U2', { reason: 'not before the sale' })
    await ship.until('the stamp', () => /not before the sale/.test(textOf(ship.thread(root))))
    expect(deployment('catalog').spec.replicas).toBe(2)
  }, 60_000)

  it('cannot be pressed on another message, nor by a forged id', async () => {
    const { card, root } = await planOf('scale catalog to 3 in shop')
    const elsewhere = await ship.ask('what is wrong in payments?', /Nothing is wrong/)
    const other = ship.thread(elsewhere.root)[0] as FakeMessage
    ship.slack.press({ message: other, user: 'U2', action: buttonOf(card, 'Approve') ?? '' })
    ship.slack.press({ message: card, user: 'U2', action: 'a:AAAAAAAAAAAAAAAAAAAAAA:approve' })
    const told = () => ship.slack.world.ephemerals.filter(({ user, text }) => user === 'U2' && /no longer/.test(text))
    await ship.until('both refusals', () => told().length === 2)
    expect(deployment('catalog').spec.replicas).toBe(2)
    expect(textOf(ship.thread(root))).not.toMatch(/Approved by/)
  }, 60_000)

  it('the emergency stop refuses everything that comes after it, by name', async () => {
    const { root, card } = await planOf('scale catalog to 4 in shop')
    const cap = { platform: 'terminal' as const, workspace: '', id: 'cap', name: 'cap' }
    const standing = createStanding({
      store: ship.app.store,
      level: 'L1',
      signer: createSigner(await loadKeyFile(join(ship.dataDir, 'signing.key'))),
    })
    await standing.pullStop(cap, 'drill')
    ship.slack.press({ message: card, user: 'U2', action: buttonOf(card, 'Approve') ?? '' })
    await ship.until('the refusal', () => /stopped by cap: drill/.test(textOf(ship.thread(root))))
    expect(deployment('catalog').spec.replicas).toBe(2)
    await standing.releaseStop(cap)
  }, 60_000)

  it('a protected namespace is denied without a card', async () => {
    const { root } = await ship.ask('kubectl delete pod nothing -n kube-system', /protected|will not/)
    expect(ship.thread(root).some((message) => buttonOf(message, 'Approve'))).toBe(false)
  })
})

describe('a kubectl change in a message', () => {
  it('becomes the same kind of plan, in the namespace of the thread', async () => {
    const { root, card } = await planOf('kubectl -n payments annotate deployment ledger owner=captain')
    expect(textOf([card])).toContain('payments/ledger')
    ship.slack.press({ message: card, user: 'U2', action: buttonOf(card, 'Approve') ?? '' })
    await ship.until('done', () => /Done\./.test(textOf(ship.thread(root))))
    expect(ship.harbor.world.get('Deployment', 'payments', 'ledger').metadata.annotations?.owner).toBe('captain')
  }, 60_000)

  it('is refused with the reason when it is no exact request', async () => {
    await ship.ask('kubectl exec -n shop web-0 -- sh', /cannot plan|will not/)
  })
})

describe('the audit', () => {
  it('holds every question, plan, decision, request, result and refusal, and shows what was tampered with', async () => {
    const key = await loadKeyFile(join(ship.dataDir, 'audit.key'))
    const kinds = new Set<string>()
    for await (const { text } of readAudit(ship.app.store)) kinds.add((JSON.parse(text) as { kind: string }).kind)
    expect([...kinds].sort()).toEqual([
      'answer',
      'decision',
      'plan',
      'question',
      'refused',
      'request',
      'result',
      'verify',
    ])
    expect((await verifyAudit(ship.app.store, key)).faults).toEqual([])
    const list = ship.app.store.key(AUDIT_LIST)
    const third = (await ship.app.store.redis.lindex(list, 2)) ?? ''
    await ship.app.store.redis.lset(list, 2, third.replace(/"who":"[^"]*"/, '"who":"slack:U666"'))
    expect((await verifyAudit(ship.app.store, key)).faults.join()).toMatch(/Record 3 was edited/)
    await ship.app.store.redis.lset(list, 2, third)
    await ship.app.store.redis.lrem(list, 1, third)
    expect((await verifyAudit(ship.app.store, key)).faults.join()).toMatch(/deleted or reordered/)
  })
})
