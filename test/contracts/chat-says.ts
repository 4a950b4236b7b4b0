// What every chat platform must do with what is said.
import { expect, it } from 'vitest'
import type { Card } from '../../src/core/card.ts'
import { eventually, sleep } from '../chat/support.ts'
import type { Can, Talk } from './chat-rig.ts'

export function says(talk: Talk, can: Can): void {
  const { put, say, seenWhen } = talk

  it('shows every fact of a card: title, cluster, facts, code, list, note, controls', async () => {
    const thread = await talk.rig.newThread()
    await put(thread, 'card', {
      tone: 'bad',
      title: 'shop/checkout: 3 of 3 pods crash-looping',
      cluster: 'prod-eu',
      blocks: [
        { kind: 'text', text: ['It ', { bold: 'fails' }, ' at ', { code: 'start' }] },
        { kind: 'facts', rows: [{ label: 'Cause', text: 'DATABASE_URL is not set' }] },
        { kind: 'code', text: 'NAME   READY\ncheckout 0/1' },
        { kind: 'list', items: ['first item', 'second item'] },
        { kind: 'divider' },
        { kind: 'note', text: 'not permitted: list nodes' },
      ],
      controls: [{ kind: 'button', id: 'i:logs', label: 'Logs', style: 'plain' }],
    })
    const [message] = await seenWhen(thread, 1)
    for (const fact of [
      'shop/checkout: 3 of 3 pods crash-looping',
      'prod-eu',
      'fails',
      'start',
      'Cause',
      'DATABASE_URL is not set',
      'checkout 0/1',
      'first item',
      'second item',
      'not permitted: list nodes',
      'Logs',
    ]) {
      expect(message!.text).toContain(fact)
    }
  })

  it('says the messages of a thread in the order they were put', async () => {
    const thread = await talk.rig.newThread()
    for (const n of [1, 2, 3, 4]) await say(thread, `m${n}`, `message ${n}`)
    const seen = await seenWhen(thread, 4)
    expect(seen.map((one) => /message \d/.exec(one.text)?.[0])).toEqual([
      'message 1',
      'message 2',
      'message 3',
      'message 4',
    ])
  })

  it('says the same key and body once, however often it is put', async () => {
    const thread = await talk.rig.newThread()
    const results = []
    for (let n = 0; n < 5; n += 1) results.push(await say(thread, 'once', 'only once'))
    await seenWhen(thread, 1)
    results.push(await say(thread, 'once', 'only once'))
    await sleep(300)
    expect(await talk.rig.seen(thread)).toHaveLength(1)
    expect(results).toEqual([true, false, false, false, false, false])
  })

  it('edits the message when its key is put with another body, and shows the newest', async () => {
    const thread = await talk.rig.newThread()
    await say(thread, 'k', 'looking at pods')
    await seenWhen(thread, 1)
    for (const n of [1, 2, 3, 4, 5]) await say(thread, 'k', `looking at step ${n}`)
    await say(thread, 'k', 'the answer')
    const message = await eventually('the newest body', async () => {
      const seen = await talk.rig.seen(thread)
      expect(seen).toHaveLength(1)
      return seen[0]!.text.includes('the answer') && seen[0]
    })
    // bodies that were outdated before they could be shown are skipped
    if (can.edits) expect(message.edits).toBeLessThanOrEqual(3)
  })

  it('shows what is still being written, and ends with the last body, in one message', async () => {
    const thread = await talk.rig.newThread()
    const body = (texts: string[], line?: string): Card => ({
      blocks: [
        ...texts.map((text) => ({ kind: 'text' as const, text })),
        ...(line ? [{ kind: 'note' as const, text: line }] : []),
      ],
      controls: [],
    })
    const write = (card: Card, growing: boolean) =>
      talk.rig.outbox.put({
        kind: 'post',
        key: 'growing',
        thread,
        card,
        attachments: [],
        root: false,
        ...(growing ? { growing: talk.rig.person } : {}),
      })
    await write(body(['what was found'], 'asking the model'), true)
    const [first] = await seenWhen(thread, 1)
    expect(first!.text).toContain('what was found')
    await write(body(['what was found', 'the first sentence'], 'writing'), true)
    await sleep(200)
    await write(body(['what was found', 'the first sentence', 'the checked end']), false)
    const message = await eventually('the last body', async () => {
      const seen = await talk.rig.seen(thread)
      expect(seen).toHaveLength(1)
      return seen[0]!.text.includes('the checked end') && seen[0]
    })
    expect(message.text).not.toMatch(/asking the model|writing/)
    expect(message.text.match(/the first sentence/g)).toHaveLength(1)
  })

  it('knows where a delivered message stands, and which key stands there', async () => {
    const thread = await talk.rig.newThread()
    await say(thread, 'where', 'here')
    await seenWhen(thread, 1)
    if (!can.edits) return
    const on = await eventually('its place', () => talk.rig.outbox.posted(thread, 'where'))
    expect(await talk.rig.outbox.keyOf(on)).toEqual({ thread, key: 'where' })
    expect(await talk.rig.outbox.keyOf({ ...on, message: '1.000001' })).toBeUndefined()
  })

  it('cuts what is too long, says so, and keeps all of it in a file', async () => {
    const thread = await talk.rig.newThread()
    const lines = Array.from({ length: 3000 }, (_, n) => `line ${n} of the log of checkout`)
    await put(thread, 'long', { title: 'Logs', blocks: [{ kind: 'code', text: lines.join('\n') }] })
    const message = await eventually('the file', async () => {
      const seen = await talk.rig.seen(thread)
      if (!can.files) return seen[0]
      return (
        seen.some((one) => one.files.length > 0) && { text: seen[0]!.text, files: seen.flatMap((one) => one.files) }
      )
    })
    expect(message.text).toContain('line 0 of')
    if (!can.files) return
    expect(message.text).not.toContain('line 2999 of')
    expect(message.text).toMatch(/more lines/)
    expect(message.files).toHaveLength(1)
    expect(message.files[0]!.text).toContain('line 2999 of the log')
  })

  it('puts a file beside a message once, with its text for those who cannot see it', async () => {
    const thread = await talk.rig.newThread()
    const picture = {
      name: 'graph.png',
      alt: 'memory of checkout over 1 h',
      data: Buffer.from([137, 80, 78, 71, 0, 255]).toString('base64'),
      encoding: 'base64' as const,
    }
    await put(thread, 'picture', { blocks: [{ kind: 'text', text: 'memory' }] }, [picture])
    await put(thread, 'picture', { blocks: [{ kind: 'text', text: 'memory, updated' }] }, [picture])
    const files = await eventually('the picture', async () => {
      const seen = await talk.rig.seen(thread)
      return (
        seen.some((one) => one.text.includes('updated')) &&
        seen.some((one) => one.files.length > 0) &&
        seen.flatMap((one) => one.files)
      )
    })
    expect(files).toHaveLength(1)
    expect(files[0]!.name).toMatch(/^graph.*\.png$/)
    expect(files[0]!.alt).toBe('memory of checkout over 1 h')
  })

  it('shows a private note to that person only', async () => {
    const thread = await talk.rig.newThread()
    await talk.rig.outbox.put({
      kind: 'private',
      key: 'note',
      thread,
      to: talk.rig.person,
      card: { blocks: [{ kind: 'text', text: 'for your eyes only' }], controls: [] },
    })
    await eventually('the note', async () =>
      (await talk.rig.privately(talk.rig.person)).some((text) => text.includes('for your eyes only')),
    )
    expect((await talk.rig.seen(thread)).filter((one) => one.text.includes('for your eyes only'))).toEqual([])
  })
}
