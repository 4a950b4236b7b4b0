// Every control that is no approval, pressed in Slack and followed to its end; and the lists of what waits for one.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createIntents } from '../../src/chat/intents.ts'
import { loadFiles } from '../../src/objects/files.ts'
import { notified, showBlocks } from '../fakes/slack/show.ts'
import type { FakeMessage } from '../fakes/slack/world.ts'
import { buttonOf, launch, type Ship, STORY, selectOf, textOf } from './ship.ts'

let ship: Ship

const SIDECARS = `
apiVersion: v1
kind: Namespace
metadata: { name: crew }
---
apiVersion: v1
kind: Pod
metadata: { name: crew, namespace: crew, uid: crew-1, creationTimestamp: '2026-01-01T00:00:00Z' }
spec:
  nodeName: worker-a
  containers: [${['app', 'proxy', 'metrics', 'tail', 'sync'].map((name) => `{ name: ${name}, image: 'crew/${name}:1' }`).join(', ')}]
status: { phase: Running }
${['app', 'proxy', 'metrics', 'tail', 'sync']
  .map(
    (name) => `---
apiVersion: firstmate.dev/v1alpha1
kind: PodLog
metadata: { namespace: crew, name: crew }
container: ${name}
previous: false
text: "hello from ${name}"
`,
  )
  .join('')}`

beforeAll(async () => {
  const { mkdtemp, writeFile } = await import('node:fs/promises')
  const { join } = await import('node:path')
  const { tmpdir } = await import('node:os')
  const file = join(await mkdtemp(join(tmpdir(), 'fm-crew-')), 'crew.yaml')
  await writeFile(file, SIDECARS)
  ship = await launch({
    load: await loadFiles([STORY, file]),
    controllers: false,
    names: ['prod', 'staging', 'edge-1', 'edge-2'],
    env: { APPROVERS: 'slack:U2,slack-group:S0CAPTAINS' },
  })
  ship.slack.world.groups.set('S0CAPTAINS', new Set(['U2']))
}, 60_000)
afterAll(() => ship.stop())

/** The message of a thread that carries a control. */
async function carrying(root: FakeMessage, label: string): Promise<{ message: FakeMessage; action: string }> {
  return ship.until(`a message with ${label}`, () => {
    const message = ship.thread(root).find((one) => buttonOf(one, label))
    return message && { message, action: buttonOf(message, label) ?? '' }
  })
}

async function press(root: FakeMessage, label: string, user = 'U1'): Promise<void> {
  const { message, action } = await carrying(root, label)
  ship.slack.press({ message, user, action })
}

const said = (root: FakeMessage, expected: RegExp) =>
  ship.until(String(expected), () => ship.thread(root).find((one) => expected.test(textOf([one]))))

describe('the controls of an answer', () => {
  let root: FakeMessage
  beforeAll(async () => {
    ;({ root } = await ship.ask('why is checkout failing in shop? in prod', /DATABASE_URL/))
  }, 60_000)

  it('Logs puts the logs of what was found into the thread', async () => {
    await press(root, 'Logs')
    await said(root, /log of shop\/checkout[^"]*container/i)
  })

  it('Diagnose again looks again', async () => {
    const before = ship.thread(root).length
    await press(root, 'Diagnose again')
    await ship.until('another answer', () => ship.thread(root).length > before)
  })

  it('Propose becomes a plan with its own card', async () => {
    await press(root, 'Propose rollback')
    await said(root, /Plan [0-9a-f]{6}.*Approve/s)
  })

  it('a button whose meaning is gone says so', async () => {
    const { message, action } = await carrying(root, 'Logs')
    const { redis, prefix } = ship.app.store
    const kept = `${prefix}chat:intent:${action.slice(2)}`
    const meaning = (await redis.get(kept)) ?? ''
    await redis.del(kept)
    ship.slack.press({ message, user: 'U2', action })
    await ship.until('the note', () =>
      ship.slack.world.ephemerals.some(
        ({ user, blocks }) => user === 'U2' && /has expired: buttons work for 7 days/.test(showBlocks(blocks ?? [])),
      ),
    )
    await redis.set(kept, meaning)
  })

  it('Ask more opens a form; what is typed stands in the thread with its answer', async () => {
    const question = 'how many pods are not ready in <!channel> shop?'
    await press(root, 'Ask more', 'U3')
    await ship.until('the form', () => [...ship.slack.world.views.values()].some(({ user }) => user === 'U3'))
    ship.slack.submit('U3', { question })
    const quoted = await said(root, /asks: /)
    expect(showBlocks(quoted.blocks ?? [])).toBe(`sam asks: ${question}`)
    await said(root, /4 of \d+ pods in shop are not ready/)
  })

  it('Useful and Not useful are thanked for, counted once each way, and on record', async () => {
    await press(root, 'Useful')
    await ship.until('the thanks', () =>
      ship.slack.world.ephemerals.some((one) => /Thank you/.test(textOf([one as never]))),
    )
    await press(root, 'Useful')
    await press(root, 'Not useful', 'U3')
    await ship.until('both are counted', async () => {
      const numbers = await ship.app.metrics.text()
      return /feedback_total\{useful="yes"\} 1/.test(numbers) && /feedback_total\{useful="no"\} 1/.test(numbers)
    })
  })

  it('a button kept for certain people does nothing for others', async () => {
    const thread = {
      platform: 'slack' as const,
      workspace: 'T0FAKE',
      channel: root.channel,
      thread: root.ts,
      direct: false,
    }
    const id = await createIntents(ship.app.store).keep(
      thread,
      { kind: 'ask', cluster: 'prod', question: 'list nodes' },
      [{ platform: 'slack', kind: 'person', id: 'U2' }],
    )
    const control = { kind: 'button' as const, id, label: 'For jo', style: 'plain' as const }
    const card = { blocks: [{ kind: 'text' as const, text: 'kept' }], controls: [control] }
    await ship.app.outbox.put({ kind: 'post', key: 'kept', thread, card, attachments: [], root: false })
    await press(root, 'For jo', 'U1')
    await ship.until('the note', () =>
      ship.slack.world.ephemerals.some(({ blocks }) => /is not for you/.test(showBlocks(blocks ?? []))),
    )
    expect(textOf(ship.thread(root))).not.toMatch(/worker-a/)
    await press(root, 'For jo', 'U2')
    await said(root, /worker-a/)
  })

  it('a press by a guest is refused to them alone', async () => {
    ship.slack.addUser({ id: 'U9', name: 'gus', is_restricted: true })
    ship.slack.world.channels.get(root.channel)?.members.add('U9')
    const before = ship.thread(root).length
    await press(root, 'Logs', 'U9')
    await ship.until('the refusal', () => ship.slack.world.ephemerals.some(({ user }) => user === 'U9'))
    expect(ship.thread(root)).toHaveLength(before)
  })
})

describe('what there are many of is picked from a list', () => {
  it('a cluster', async () => {
    const { root } = await ship.ask('how many pods are not ready in shop?', /Which cluster/)
    const message = await said(root, /Which cluster/)
    const list = selectOf(message, 'Pick a cluster')
    expect(list?.options.map(({ label }) => label)).toEqual(['prod', 'staging', 'edge-1', 'edge-2'])
    ship.slack.press({ message, user: 'U1', action: list?.action ?? '', value: '7' })
    ship.slack.press({ message, user: 'U1', action: list?.action ?? '', value: '2' })
    expect(textOf([await said(root, /4 of \d+ pods in shop are not ready/)])).toContain('edge-1')
    expect(ship.thread(root)).toHaveLength(2)
  })

  it('one of several causes, whose own answer has the buttons for it', async () => {
    const { root } = await ship.ask('what is wrong in shop? in prod', /2 root causes in shop/)
    const message = await said(root, /Look closer at/)
    expect(buttonOf(message, 'Logs')).toBeUndefined()
    const list = selectOf(message, 'Look closer at …')
    expect(list?.options.map(({ label }) => label.split(':')[0])).toEqual(['shop/checkout', 'shop/recommender'])
    ship.slack.press({ message, user: 'U1', action: list?.action ?? '', value: list?.options[1]?.value ?? '' })
    const closer = await ship.until('the closer look', () => ship.thread(root).find((one) => buttonOf(one, 'Logs')))
    expect(textOf([closer])).toContain('shop/recommender')
    expect(textOf([closer])).not.toContain('DATABASE_URL')
    ship.slack.press({ message: closer, user: 'U1', action: buttonOf(closer, 'Logs') ?? '' })
    await said(root, /log of shop\/recommender/i)
  })

  it('a container', async () => {
    const { root } = await ship.ask('logs of pod crew in crew in prod', /hello from app/)
    const message = await said(root, /hello from app/)
    const list = selectOf(message, 'Pick a container')
    const tail = list?.options.find(({ label }) => label === 'tail')
    ship.slack.press({ message, user: 'U1', action: list?.action ?? '', value: tail?.value ?? '' })
    await said(root, /hello from tail/)
  })
})

describe('what waits for somebody', () => {
  it('is in their App Home with the way to its card, and in the list of /firstmate approvals; in nobody else’s', async () => {
    const { root, channel } = await ship.ask('scale web to 4 in shop in prod', /Approve/)
    const card = ship.thread(root).find((one) => buttonOf(one, 'Approve')) as FakeMessage
    // the group is called as a group
    expect(notified(card)).toEqual(['!subteam^S0CAPTAINS'])
    ship.slack.openHome('U2')
    const home = await ship.until('the home', () => ship.slack.world.homes.get('U2'))
    expect(showBlocks(home.blocks as unknown[])).toContain('You may also decide plans and stop every change')
    expect(showBlocks(home.blocks as unknown[])).toMatch(
      /2 plans wait for your decision\n(.*for mira.*Review <.*\s*){2}$/,
    )
    expect(JSON.stringify(home)).toContain(`p${card.ts.replace('.', '')}?thread_ts=${root.ts}`)
    // a plan that is decided leaves the list of whoever looks at it
    ship.slack.press({ message: card, user: 'U2', action: buttonOf(card, 'Approve') ?? '' })
    await ship.until('the shorter list', () =>
      showBlocks(ship.slack.world.homes.get('U2')?.blocks as unknown[]).includes('One plan waits for your decision'),
    )
    ship.slack.openHome('U3')
    const other = await ship.until('the home', () => ship.slack.world.homes.get('U3'))
    expect(showBlocks(other.blocks as unknown[])).toContain('Nothing waits for your decision')
    expect(showBlocks(other.blocks as unknown[])).not.toContain('You may also')
    const asked = ship.slack.command({ channel, user: 'U2', text: 'approvals' })
    await ship.until('the list', () => asked.ackedAt)
    // seen by nobody else, with the way to the card
    expect(asked.answer).toMatchObject({ response_type: 'ephemeral' })
    expect(JSON.stringify(asked.answer)).toMatch(/One plan waits for your decision.*archives\/C.*Review/)
    const nobody = ship.slack.command({ channel, user: 'U3', text: 'my approvals' })
    await ship.until('the empty list', () => nobody.ackedAt)
    expect(nobody.answer).toMatchObject({ response_type: 'ephemeral', text: 'Nothing waits for your decision.' })
    expect(textOf(ship.slack.said(channel))).not.toMatch(/waits? for your decision|asks: (my )?approvals/)
  })
})
