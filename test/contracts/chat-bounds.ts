// What no platform may be harmed or misused by: sizes, empty parts, hostile text, secrets.
import { expect, it } from 'vitest'
import type { Control } from '../../src/core/card.ts'
import { eventually } from '../chat/support.ts'
import type { Talk } from './chat-rig.ts'

// shapes a person may be tricked by: none may notify, link, format or reach the screen as it is
const HOSTILE = [
  '<!channel> <!here> <@U1MIRA> <!subteam^S1|team> @everyone @here',
  '*bold* _it_ ~s~ `code` ```fence``` [text](https://evil.test) **b** || spoiler ||',
  '<https://evil.test|https://good.test>',
  '\u202egnp.exe\u202c \u2066x\u2069 zero\u200bwidth\u2060 tag\u{e0041}',
  '\u001b[31mred\u001b[0m \u001b]8;;https://evil.test\u0007link\u001b]8;;\u0007 \u001b[2J\u0007\u0000',
  'javascript:alert(1) https://user:pass@evil.test/',
]
// oxlint-disable-next-line no-control-regex -- what must not appear
const FORBIDDEN = /[\u202a-\u202e\u2066-\u2069\u200b-\u200f\u2060\u0000-\u0008\u000e-\u001a\u001c-\u001f]/

export function keepsBounds(talk: Talk): void {
  const { put, say, seenWhen } = talk

  it('accepts a card far beyond every limit of the platform', async () => {
    const thread = await talk.rig.newThread()
    const controls: Control[] = Array.from({ length: 24 }, (_, n) => ({
      kind: 'button',
      id: `i:${n}${'x'.repeat(90)}`,
      label: `Button ${n} ${'y'.repeat(60)}`,
      style: 'plain',
    }))
    controls.push({
      kind: 'select',
      id: 'i:select',
      placeholder: 'Pick',
      options: Array.from({ length: 25 }, (_, n) => ({ label: `option ${n}`, value: `v${n}` })),
    })
    await put(thread, 'huge', {
      title: 't'.repeat(5000),
      cluster: 'c'.repeat(500),
      blocks: [
        ...Array.from({ length: 70 }, (_, n) => ({
          kind: 'text' as const,
          text: `block ${n} ${'z'.repeat(2000)}`,
        })),
        {
          kind: 'facts',
          rows: Array.from({ length: 300 }, (_, n) => ({ label: `fact ${n}`, text: 'v'.repeat(400) })),
        },
        { kind: 'code', text: 'x'.repeat(300_000) },
        { kind: 'list', items: Array.from({ length: 500 }, () => 'i'.repeat(100)) },
      ],
      controls,
    })
    await say(thread, 'after', 'still alive')
    const seen = await eventually('both messages', async () => {
      const all = await talk.rig.seen(thread)
      return all.some((one) => one.text.includes('still alive')) && all
    })
    expect(seen[0]!.text).toContain('block 0')
    expect((await talk.rig.outbox.dead()).filter((letter) => letter.key === 'huge')).toEqual([])
  })

  it('accepts empty and blank parts', async () => {
    const thread = await talk.rig.newThread()
    await put(thread, 'blank', {
      title: '',
      blocks: [
        { kind: 'text', text: '' },
        { kind: 'text', text: [] },
        { kind: 'facts', rows: [{ label: '', text: '' }] },
        { kind: 'code', text: '' },
        { kind: 'list', items: ['', ' '] },
        { kind: 'note', text: '' },
      ],
    })
    await say(thread, 'after', 'still alive')
    await eventually('the next message', async () =>
      (await talk.rig.seen(thread)).some((one) => one.text.includes('still alive')),
    )
    expect((await talk.rig.outbox.dead()).filter((letter) => letter.key === 'blank')).toEqual([])
  })

  it.each(HOSTILE)('makes hostile text harmless wherever it stands: %j', async (text) => {
    const thread = await talk.rig.newThread()
    await put(thread, 'hostile', {
      title: text,
      cluster: text,
      blocks: [
        { kind: 'text', text: [text, { bold: text }, { code: text }, { link: 'javascript:alert(1)', text }] },
        { kind: 'facts', rows: [{ label: text, text }] },
        { kind: 'code', text },
        { kind: 'list', items: [text] },
        { kind: 'note', text },
      ],
      controls: [{ kind: 'button', id: 'i:x', label: text.slice(0, 75), style: 'plain' }],
    })
    const [message] = await seenWhen(thread, 1)
    expect(message!.notifies).toEqual([])
    expect(message!.text).not.toMatch(FORBIDDEN)
    expect(message!.text).not.toContain('\u001b[2J')
    expect(message!.text).not.toContain('\u001b]8')
  })

  it('redacts what looks like a secret before it is stored', async () => {
    const thread = await talk.rig.newThread()
    const secret = `ghp_${'a1B2c3D4e5'.repeat(4).slice(0, 36)}`
    await put(
      thread,
      'secret',
      {
        blocks: [
          { kind: 'code', text: `token ${secret}` },
          { kind: 'text', text: ['to', { bold: `ken ${secret}` }] },
        ],
      },
      [{ name: 'log.txt', data: `token ${secret}`, encoding: 'utf8' }],
    )
    const seen = await seenWhen(thread, 1)
    expect(JSON.stringify(seen)).not.toContain(secret)
  })
}
