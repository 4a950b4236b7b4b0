// Whatever a card holds, Slack accepts what is rendered, and nothing of it is lost: it is shown, or in the file, and the message says so.
import { describe, expect, it } from 'vitest'
import { renderForm } from '../../../src/chat/slack/controls.ts'
import { renderCard } from '../../../src/chat/slack/render.ts'
import type { Block, Card, Control, RichText } from '../../../src/core/card.ts'
import { checkBlocks, checkView } from '../../fakes/slack/blocks.ts'
import { notified, showBlocks } from '../../fakes/slack/show.ts'

const card = (more: Partial<Card>): Card => ({ blocks: [], controls: [], ...more })

/** The same numbers every time (xorshift), so that a failure can be repeated by its seed. */
function random(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761 + 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return Math.abs(state) % below
  }
}

const WORDS = [
  'pod',
  '<!channel>',
  '<@U1MIRA>',
  '*bold*',
  '\u202eevil',
  '',
  ' ',
  '\n',
  '&',
  '\u001b[31m',
  '🚀',
  'ﷺ',
  'x'.repeat(500),
  '```',
  'a\tb',
]

function anyText(next: (below: number) => number): string {
  const length = [0, 1, 1, 3, 3, 30, 100][next(7)]!
  return Array.from({ length }, () => WORDS[next(WORDS.length)]).join(' ')
}

function anyRich(next: (below: number) => number): RichText {
  if (next(2) === 0) return anyText(next)
  return Array.from({ length: next(5) }, () => {
    switch (next(5)) {
      case 0:
        return { bold: anyText(next) }
      case 1:
        return { code: anyText(next) }
      case 2:
        return {
          link: ['https://good.test/x', 'javascript:alert(1)', '', 'https://u:p@evil.test'][next(4)]!,
          text: anyText(next),
        }
      case 3:
        return { mention: { platform: 'discord' as const, workspace: '', id: anyText(next).slice(0, 50) } }
      default:
        return anyText(next)
    }
  })
}

function anyBlock(next: (below: number) => number): Block {
  switch (next(6)) {
    case 0:
      return { kind: 'text', text: anyRich(next) }
    case 1:
      return {
        kind: 'facts',
        rows: Array.from({ length: next(40) }, () => ({ label: anyText(next), text: anyRich(next) })),
      }
    case 2:
      return { kind: 'code', text: anyText(next).repeat(1 + next(3)) }
    case 3:
      return { kind: 'list', items: Array.from({ length: next(60) }, () => anyRich(next)) }
    case 4:
      return { kind: 'note', text: anyRich(next) }
    default:
      return { kind: 'divider' }
  }
}

function anyCard(seed: number): Card {
  const next = random(seed)
  const controls: Control[] = Array.from({ length: next(30) }, (_, n) =>
    next(4) === 0
      ? {
          kind: 'select',
          id: `i:${n}`,
          placeholder: anyText(next).slice(0, 75),
          options: [{ label: anyText(next).slice(0, 75), value: 'v' }],
        }
      : { kind: 'button', id: `i:${n}`, label: anyText(next).slice(0, 75), style: 'plain' },
  )
  return {
    ...(next(2) ? { title: anyRich(next) } : {}),
    ...(next(2) ? { cluster: anyText(next) } : {}),
    ...(next(2) ? { tone: 'bad' as const } : {}),
    blocks: Array.from({ length: [0, 1, 5, 80][next(4)]! }, () => anyBlock(next)),
    controls,
  }
}

describe('any card', () => {
  it('is within the limits of Slack, notifies nobody, and keeps all its controls', () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const any = anyCard(seed)
      const { blocks, text } = renderCard(any)
      expect(checkBlocks(blocks, 'message'), `seed ${seed}`).toBeUndefined()
      expect(notified({ text, blocks }), `seed ${seed}`).toEqual([])
      expect(text.length, `seed ${seed}`).toBeLessThan(4000)
      const shown = JSON.stringify(blocks)
      for (const control of any.controls) expect(shown, `seed ${seed}`).toContain(`"action_id":"${control.id}"`)
    }
  })
})

describe('what is too long', () => {
  it.each<[string, Block]>([
    ['a text', { kind: 'text', text: Array.from({ length: 900 }, (_, n) => `word ${n}`).join('\n') }],
    ['code', { kind: 'code', text: Array.from({ length: 900 }, (_, n) => `line ${n}`).join('\n') }],
    [
      'facts',
      { kind: 'facts', rows: Array.from({ length: 199 }, (_, n) => ({ label: `fact ${n}`, text: 'v'.repeat(90) })) },
    ],
    ['a list', { kind: 'list', items: Array.from({ length: 199 }, (_, n) => `item ${n} ${'w'.repeat(90)}`) }],
  ])('%s is cut, says so, and is whole in the file', (_what, block) => {
    const { blocks, overflow } = renderCard(card({ blocks: [block] }))
    const shown = showBlocks(blocks)
    expect(shown).toMatch(/too long to show here/)
    const last = { text: 'word 899', code: 'line 899', facts: 'fact 198', list: 'item 198' }[block.kind as 'text']
    expect(shown).not.toContain(last)
    expect(overflow!.data).toContain(last)
  })

  it('blocks after the last that fits are in the file as well', () => {
    const { blocks, overflow } = renderCard(
      card({
        blocks: Array.from({ length: 60 }, (_, n) => ({
          kind: 'text' as const,
          text: `block ${n} ${'z'.repeat(300)}`,
        })),
      }),
    )
    const shown = showBlocks(blocks)
    for (let n = 0; n < 60; n += 1)
      expect(shown.includes(`block ${n} `) || overflow!.data.includes(`block ${n} `), `block ${n}`).toBe(true)
  })

  it('nothing is cut from what fits', () => {
    expect(renderCard(card({ blocks: [{ kind: 'code', text: 'x\n'.repeat(500) }] })).overflow).toBeUndefined()
  })
})

describe('a card', () => {
  it('mentions only the person a mention names', () => {
    const mira = { platform: 'slack' as const, workspace: 'T1', id: 'U1MIRA', name: 'mira' }
    const { blocks, text } = renderCard(
      card({ blocks: [{ kind: 'text', text: [{ mention: mira }, ' please decide'] }] }),
    )
    expect(notified({ text, blocks })).toEqual(['@U1MIRA'])
    const forged = { ...mira, id: 'U1> <!channel' }
    expect(notified(renderCard(card({ blocks: [{ kind: 'text', text: [{ mention: forged }] }] })))).toEqual([])
  })

  it('calls a user group by its id, also in small print, and no group of elsewhere', () => {
    const group = { platform: 'slack' as const, kind: 'group' as const, id: 'S0CAPTAINS' }
    const { blocks, text } = renderCard(card({ blocks: [{ kind: 'note', text: ['May be decided by ', { group }] }] }))
    expect(checkBlocks(blocks, 'message')).toBeUndefined()
    expect(notified({ text, blocks })).toEqual(['!subteam^S0CAPTAINS'])
    for (const other of [
      { ...group, id: 'S1|x> <!channel' },
      { platform: 'discord' as const, kind: 'role' as const, id: '42' },
    ])
      expect(notified(renderCard(card({ blocks: [{ kind: 'text', text: [{ group: other }] }] })))).toEqual([])
  })

  it('a form is a modal that Slack accepts', () => {
    const form = {
      title: 'Reject this plan',
      submit: 'Reject',
      fields: [
        { id: 'reason', label: 'Why', hint: 'goes back to whoever asked', multiline: true, required: true },
        { id: 'name', label: 'Type the name of the object', multiline: false, required: false },
      ],
    }
    expect(checkView(renderForm(form, 'memory'))).toEqual([])
  })
})
