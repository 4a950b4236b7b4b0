// Story one: a mention is answered right, in its thread, on both platforms.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launch, type Ship, textOf } from './ship.ts'

let ship: Ship
beforeAll(async () => {
  ship = await launch({ twice: true })
}, 60_000)
afterAll(() => ship.stop())

describe('a mention in Slack', () => {
  it('is answered in its thread with the root cause, once, although every event arrives twice', async () => {
    const { root } = await ship.ask('why is checkout failing in shop?', /DATABASE_URL/)
    await ship.until('the check mark', () => root.reactions.some((reaction) => reaction.name === 'white_check_mark'))
    expect(root.reactions.map((reaction) => reaction.name)).toContain('eyes')
    const said = ship.thread(root)
    expect(said).toHaveLength(1)
    expect(textOf(said)).toContain('prod')
    expect(said[0]?.unfurl).toBe(false)
  })

  it('is followed up in the thread without a mention, and knows what "it" is', async () => {
    const { root, channel } = await ship.ask('why is checkout failing in shop?', /DATABASE_URL/)
    ship.slack.write({ channel, user: 'U1', text: 'logs of it', thread_ts: root.ts })
    await ship.until('the logs', () => /revious log of shop\/checkout/.test(textOf(ship.thread(root))))
    expect(textOf(ship.thread(root))).toContain('environment variable DATABASE_URL is undefined')
  })

  it('counts by code', async () => {
    await ship.ask('how many pods are not ready in shop?', /4 of 9 pods in shop are not ready/)
  })

  it('says where a thing is that is not here', async () => {
    await ship.ask('why is search broken in shop?', /There is no search in shop; there is one in staging/)
  })

  it('asks back with the nearest name', async () => {
    await ship.ask('why is chekout failing in shop?', /Did you mean checkout/)
  })

  it('answers a kubectl line as kubectl prints it', async () => {
    const { root } = await ship.ask('kubectl get deployments -n payments', /gateway/)
    expect(textOf(ship.thread(root))).toMatch(/NAME\s+READY\s+UP-TO-DATE\s+AVAILABLE\s+AGE/)
  })

  it('refuses what is no single read, and says why', async () => {
    await ship.ask('kubectl get pods; kubectl delete ns shop', /more than one|one simple command|single/i)
    await ship.ask('kubectl get secret checkout-db -n shop -o yaml', /[Ss]ecret/)
  })

  it('admits what it does not understand, with three things it can do', async () => {
    const { root } = await ship.ask('sing me a song about the sea', /do not understand/)
    expect(textOf(ship.thread(root))).toContain('what is wrong')
  })

  it('answers a direct message without a mention', async () => {
    const channel = ship.slack.dm('U1')
    ship.slack.write({ channel, user: 'U1', text: 'is payments ok?' })
    await ship.until('the answer', () => /Nothing is wrong in payments/.test(textOf(ship.slack.said(channel))))
  })

  it('refuses a guest in private', async () => {
    ship.slack.addUser({ id: 'U9', name: 'guest', is_restricted: true })
    ship.slack.addChannel({ id: 'CG', name: 'guests', members: ['U9', ship.slack.world.botUser] })
    ship.slack.mention({ channel: 'CG', user: 'U9', text: 'what is wrong?' })
    await ship.until('the refusal', () =>
      ship.slack.world.ephemerals.some((one) => one.channel === 'CG' && one.user === 'U9'),
    )
    expect(ship.slack.said('CG')).toHaveLength(0)
  })
})

describe('a line in the terminal', () => {
  it('is answered with the same facts', async () => {
    await ship.terminal.type('what is wrong in shop?')
    await ship.until('the answer', () => /DATABASE_URL/.test(ship.screen()) && /OOMKilled/.test(ship.screen()))
  })

  it('of several causes offers a closer look at each, which has its own buttons', async () => {
    const [, list] = [...ship.screen().matchAll(/\/(\d+) Look closer at …/g)].at(-1) ?? []
    const before = ship.screen().length
    await ship.terminal.type(`/${list} 2`)
    const closer = () => ship.screen().slice(before)
    await ship.until('the closer look', () => /\/(\d+) Logs/.test(closer()))
    expect(closer()).toContain('shop/recommender')
    expect(closer()).not.toContain('DATABASE_URL')
    await ship.terminal.type(`/${/\/(\d+) Logs/.exec(closer())?.[1]}`)
    await ship.until('its logs', () => /log of shop\/recommender/i.test(closer()))
  })

  it('keeps the scope of the conversation', async () => {
    await ship.terminal.type('how many pods are not ready?')
    await ship.until('the count', () => /4 of 9 pods in shop are not ready/.test(ship.screen()))
  })
})
