// What leaves through chat is made harmless, redacted and bounded here, on its way into the outbox. Fails closed: what cannot be checked is withheld.
import { type Attachment, type Block, type Card, plainText, type RichText, textCard } from '../core/card.ts'
import type { Outgoing } from '../core/message.ts'
import { redact } from '../core/redact.ts'
import { neutralise } from './neutralise.ts'

/** all text of one card, in UTF-16 units; renderers cut further and put the rest in a file */
const MAX_CARD_TEXT = 400_000
const MAX_BLOCKS = 200
const MAX_ROWS = 200
/** all attachments of one message, in units of their encoded form */
const MAX_FILES = 8_000_000

const WITHHELD = 'This message was withheld, because it could not be checked for secrets.'

export function cleanOutgoing(outgoing: Outgoing): Outgoing {
  if (outgoing.kind === 'react') return outgoing
  try {
    const card = cleanCard(outgoing.card)
    if (outgoing.kind === 'private') return { ...outgoing, card }
    return { ...outgoing, card, attachments: cleanFiles(outgoing.attachments) }
  } catch {
    const card = textCard(WITHHELD, { tone: 'bad' })
    return outgoing.kind === 'private' ? { ...outgoing, card } : { ...outgoing, card, attachments: [] }
  }
}

function cleanCard(card: Card): Card {
  const room = { left: MAX_CARD_TEXT }
  const title = card.title === undefined ? undefined : cleanRich(card.title, room)
  const blocks = card.blocks.slice(0, MAX_BLOCKS).map((block) => cleanBlock(block, room))
  if (card.blocks.length > MAX_BLOCKS || room.left <= 0) {
    blocks.push({ kind: 'note', text: 'This message was too long and has been cut.' })
  }
  return {
    ...card,
    title,
    cluster: card.cluster === undefined ? undefined : safe(card.cluster),
    blocks,
    controls: card.controls.map((control) =>
      control.kind === 'button'
        ? { ...control, label: safe(control.label).slice(0, 75) }
        : {
            ...control,
            placeholder: safe(control.placeholder).slice(0, 75),
            options: control.options.map((option) => ({ ...option, label: safe(option.label).slice(0, 75) })),
          },
    ),
  }
}

/** Hidden characters go first: they must not split a secret in two. */
function safe(text: string): string {
  return redact(neutralise(text))
}

interface Room {
  left: number
}

function cleanBlock(block: Block, room: Room): Block {
  switch (block.kind) {
    case 'text':
    case 'note':
      return { ...block, text: cleanRich(block.text, room) }
    case 'facts':
      return {
        ...block,
        rows: block.rows.slice(0, MAX_ROWS).map((row) => cleanRow(row, room)),
      }
    case 'code':
      return { ...block, text: take(safe(block.text), room) }
    case 'list':
      return { ...block, items: block.items.slice(0, MAX_ROWS).map((item) => cleanRich(item, room)) }
    case 'divider':
      return block
  }
}

/** A label such as "password" is part of what makes its text a secret, so both are looked at together. */
function cleanRow(row: { label: string; text: RichText }, room: Room): { label: string; text: RichText } {
  const label = take(safe(row.label), room)
  const text = cleanRich(row.text, room)
  const together = `${label}: ${plainText(text)}`
  const checked = safe(together)
  if (checked === together) return { label, text }
  return { label, text: checked.startsWith(`${label}: `) ? checked.slice(label.length + 2) : checked }
}

/** A secret may be split over spans: when the whole reads as one, its formatting is given up. */
function cleanRich(text: RichText, room: Room): RichText {
  if (typeof text === 'string') return take(safe(text), room)
  const spans = text.map((span) => {
    if (typeof span === 'string') return take(safe(span), room)
    if ('bold' in span) return { bold: take(safe(span.bold), room) }
    if ('code' in span) return { code: take(safe(span.code), room) }
    if ('mention' in span || 'group' in span) return span
    return { link: safe(span.link), text: take(safe(span.text), room) }
  })
  const whole = plainText(spans)
  const checked = safe(whole)
  return checked === whole ? spans : checked
}

function take(text: string, room: Room): string {
  const shown = text.slice(0, Math.max(room.left, 0))
  room.left -= text.length
  return shown
}

function cleanFiles(files: Attachment[]): Attachment[] {
  let left = MAX_FILES
  return files.slice(0, 10).map((file) => {
    const named = {
      ...file,
      name: safe(file.name).slice(0, 100),
      title: file.title === undefined ? undefined : safe(file.title).slice(0, 200),
      alt: file.alt === undefined ? undefined : safe(file.alt).slice(0, 1000),
    }
    const clean = { ...named, data: cleanData(file) }
    if (clean.data.length > left && file.encoding === 'base64') {
      return { ...named, encoding: 'utf8' as const, data: 'This file was too large to send.' }
    }
    const cut = clean.data.length > left ? `${clean.data.slice(0, left)}\n(cut here: too large)\n` : clean.data
    left = Math.max(left - cut.length, 0)
    return { ...clean, data: cut }
  })
}

/** Text that travels as base64 is still text. */
function cleanData(file: Attachment): string {
  if (file.encoding === 'utf8') return safe(file.data)
  const bytes = Buffer.from(file.data, 'base64')
  const text = bytes.toString('utf8')
  if (text.includes('\ufffd')) return file.data
  return Buffer.from(safe(text)).toString('base64')
}
