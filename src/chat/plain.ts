// A card as plain text: for notifications, files and logs. Pure.
import { type Attachment, type Block, type Card, plainText, type Tone } from '../core/card.ts'
import { clip, neutralise, neutraliseLine } from './neutralise.ts'

/** The sign before a title; the same on every platform. */
export const SIGNS: Record<Tone, string> = { bad: '🔴', warn: '🟠', ok: '✅', info: '🔵', ask: '⚠️', stop: '⛔' }

function headOf(card: Card): string {
  const title = card.title === undefined ? '' : neutraliseLine(plainText(card.title))
  return [card.tone ? SIGNS[card.tone] : '', title, card.cluster ? `· ${neutraliseLine(card.cluster)}` : '']
    .filter(Boolean)
    .join(' ')
}

export function blockText(block: Block): string {
  switch (block.kind) {
    case 'text':
    case 'note':
      return neutralise(plainText(block.text))
    case 'facts':
      return block.rows.map((row) => `${neutraliseLine(row.label)}: ${neutralise(plainText(row.text))}`).join('\n')
    case 'code':
      return neutralise(block.text)
    case 'list':
      return block.items.map((item) => `• ${neutralise(plainText(item))}`).join('\n')
    case 'divider':
      return '---'
  }
}

/** At least `enough` characters of the card, or all of it. */
export function cardText(card: Card, enough = Number.POSITIVE_INFINITY): string {
  let text = headOf(card)
  for (const block of card.blocks) {
    if (text.length >= enough) break
    const more = blockText(block)
    if (more) text = text ? `${text}\n${more}` : more
  }
  return text
}

export const TOO_LONG = 'Some of this was too long to show here; the file beside this message has all of it.'

/** The file of what a card's message had no room for: `cut` holds each part in full. */
export function overflowFile(card: Card, cut: string[]): Attachment {
  const title = card.title === undefined ? 'Full output' : clip(neutraliseLine(plainText(card.title)), 150)
  return { name: 'output.txt', title, data: cut.join('\n\n'), encoding: 'utf8' }
}

/** A text after facts begins something else: it stands apart. */
export function standsApart(block: Block, before: Block | undefined): boolean {
  return block.kind === 'text' && before?.kind === 'facts'
}
