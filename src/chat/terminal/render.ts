// A card as lines of text. Colours are ours alone: all foreign text is neutralised first. Pure.
import {
  type Attachment,
  type Block,
  type Card,
  type Control,
  plainText,
  type RichText,
  type Tone,
} from '../../core/card.ts'
import { clip, clipLines, neutralise, neutraliseLine, safeLink } from '../neutralise.ts'
import { SIGNS, standsApart } from '../plain.ts'

export interface Look {
  /** columns to wrap at */
  width: number
  colour: boolean
  /** the output is a screen on which lines can be taken back */
  redraw?: boolean
}

/** a code block longer than this is cut and the whole of it goes to a file */
const MAX_CODE = 8000
const MAX_TEXT = 20_000

const COLOURS = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36 } as const
const TONE_COLOURS: Record<Tone, keyof typeof COLOURS> = {
  bad: 'red',
  warn: 'yellow',
  ok: 'green',
  info: 'blue',
  ask: 'yellow',
  stop: 'red',
}

/** `numberOf` gives the number to press for a control. */
export function renderCard(card: Card, look: Look, numberOf: (control: Control) => number): string[] {
  const { head, blocks } = beginning(card, look)
  return [
    ...head,
    ...blocks.flatMap((block, index) => [
      ...(standsApart(block, blocks[index - 1]) ? [''] : []),
      ...blockLines(block, look),
    ]),
    ...card.controls.flatMap((control) => controlLines(control, numberOf(control), look)),
  ]
}

/** A card without a title begins with its first text, which then carries sign and cluster. */
function beginning(card: Card, look: Look): { head: string[]; blocks: Block[] } {
  const [first, ...rest] = card.blocks
  if (card.title === undefined && first?.kind === 'text' && (card.tone || card.cluster)) {
    const room = Math.max(20, look.width - widthOf(card.cluster ?? '') - 4)
    const [line = '', ...more] = wrap(richText(first.text, look), room)
    return { head: [headLine(card, line, look), ...more], blocks: rest }
  }
  const title = card.title === undefined ? '' : neutraliseLine(plainText(card.title))
  if (!title && !card.tone && !card.cluster) return { head: [], blocks: card.blocks }
  return {
    head: [headLine(card, paint(title, 'bold', look, card.tone && TONE_COLOURS[card.tone]), look)],
    blocks: card.blocks,
  }
}

function controlLines(control: Control, number: number, look: Look): string[] {
  const key = paint(`/${number}`, 'cyan', look)
  if (control.kind === 'button') return [`  ${key} ${neutraliseLine(control.label)}`]
  const options = control.options.map((option, index) => `     ${index + 1}. ${neutraliseLine(option.label)}`)
  return [`  ${key} ${neutraliseLine(control.placeholder)}`, ...options]
}

/** How many rows of the screen lines take, those that wrap included. */
export function rowsOf(lines: string[], width: number): number {
  return lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / width)), 0)
}

export function overflowOf(card: Card): Attachment | undefined {
  const long = card.blocks.flatMap((block) =>
    block.kind === 'code' && block.text.length > MAX_CODE ? [block.text] : [],
  )
  return long.length > 0 ? { name: 'output.txt', data: long.join('\n\n'), encoding: 'utf8' } : undefined
}

function headLine(card: Card, title: string, look: Look): string {
  const left = [card.tone ? SIGNS[card.tone] : '', title].filter(Boolean).join(' ')
  const cluster = card.cluster ? neutraliseLine(card.cluster) : ''
  if (!cluster) return left
  const gap = Math.max(2, look.width - widthOf(left) - widthOf(cluster))
  return left + ' '.repeat(gap) + paint(cluster, 'dim', look)
}

function blockLines(block: Block, look: Look): string[] {
  switch (block.kind) {
    case 'text':
      return wrap(richText(block.text, look), look.width)
    case 'facts': {
      const labels = block.rows.map((row) => clip(neutraliseLine(row.label), 30))
      const column = Math.max(0, ...labels.map(widthOf)) + 2
      return block.rows.flatMap((row, index) => {
        const label = labels[index]!
        const [first = '', ...rest] = wrap(richText(row.text, look), Math.max(20, look.width - column))
        const head = paint(label, 'bold', look) + ' '.repeat(column - widthOf(label))
        return [head + first, ...rest.map((line) => ' '.repeat(column) + line)]
      })
    }
    case 'code':
      return codeLines(block.text, block.language, look)
    case 'list':
      return block.items.flatMap((item) => {
        const [first = '', ...rest] = wrap(richText(item, look), look.width - 4)
        return [`  • ${first}`, ...rest.map((line) => `    ${line}`)]
      })
    case 'divider':
      return [paint('─'.repeat(Math.min(look.width, 60)), 'dim', look)]
    case 'note':
      return wrap(neutralise(plainText(block.text)), look.width).map((line) => paint(line, 'dim', look))
  }
}

function codeLines(text: string, language: string | undefined, look: Look): string[] {
  const cut = clipLines(neutralise(text).replace(/\n+$/, ''), MAX_CODE)
  const lines = cut.text.split('\n').map((line) => {
    const shown = `  ${line.replaceAll('\t', '    ')}`
    if (language !== 'diff') return shown
    if (line.startsWith('+')) return paint(shown, 'green', look)
    return line.startsWith('-') ? paint(shown, 'red', look) : shown
  })
  if (cut.left > 0) lines.push(paint(`  … ${cut.left} more lines, in the file beside this message`, 'dim', look))
  return lines
}

function richText(text: RichText, look: Look): string {
  if (typeof text === 'string') return neutralise(clip(text, MAX_TEXT))
  return text
    .map((span) => {
      if (typeof span === 'string') return neutralise(clip(span, MAX_TEXT))
      if ('bold' in span) return paint(neutralise(span.bold), 'bold', look)
      if ('code' in span) return paint(neutralise(span.code), 'cyan', look)
      if ('mention' in span) return `@${neutraliseLine(span.mention.name ?? span.mention.id)}`
      if ('group' in span) return `@${neutraliseLine(span.group.id)}`
      const link = safeLink(span.link)
      return link ? `${neutralise(span.text)} (${link})` : neutralise(span.text)
    })
    .join('')
}

function paint(text: string, ...args: [keyof typeof COLOURS, Look, (keyof typeof COLOURS)?]): string {
  const [style, look, also] = args
  if (!look.colour || text === '') return text
  return `\u001b[${COLOURS[style]}${also ? `;${COLOURS[also]}` : ''}m${text}\u001b[0m`
}

/** Breaks at spaces; longer words stay whole, because a terminal wraps by itself and a name cut in two cannot be copied. */
function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => {
    if (widthOf(line) <= width) return [line]
    const lines: string[] = []
    let current = ''
    let used = 0
    for (const word of line.split(' ')) {
      const size = widthOf(word)
      if (current !== '' && used + 1 + size > width) {
        lines.push(current)
        current = word
        used = size
      } else {
        current = current === '' ? word : `${current} ${word}`
        used += size + (used > 0 ? 1 : 0)
      }
    }
    return [...lines, current]
  })
}

/** Columns, near enough: our own colours count nothing, wide characters two. */
function widthOf(text: string): number {
  // oxlint-disable-next-line no-control-regex -- our own colour sequences
  const plain = text.replace(/\u001b\[[\d;]{1,6}m/g, '')
  let width = 0
  for (const char of plain) {
    const code = char.codePointAt(0)!
    if (code === 0xfe0f || /\p{M}/u.test(char)) continue
    const wide =
      (code >= 0x1100 && code <= 0x115f) ||
      (code >= 0x2e80 && code <= 0xa4cf) ||
      (code >= 0xac00 && code <= 0xd7a3) ||
      (code >= 0xf900 && code <= 0xfaff) ||
      (code >= 0xff00 && code <= 0xff60) ||
      (code >= 0x1f300 && code <= 0x1faff)
    width += wide || code === 0x2705 || code === 0x26d4 ? 2 : 1
  }
  return width
}
