// A card as Block Kit. Foreign text only ever stands in `rich_text` and `plain_text`, where Slack reads no markup, so that
// nothing in it can mention, link or format. Slack's limits are kept here; what is cut says so and goes to a file. Pure.
import type { types } from '@slack/bolt'
import { type Attachment, type Block, type Card, plainText, type RichText, type Span } from '../../core/card.ts'
import { clip, clipLines, linkLabel, neutralise, neutraliseLine, safeLink } from '../neutralise.ts'
import { blockText, cardText, overflowFile, SIGNS, TOO_LONG } from '../plain.ts'
import { actionRows, sizeOf } from './controls.ts'

/*
 * Documented: 50 blocks, 3000 characters per text.
 * Not documented, measured: a message fails when its texts come near 12,000 together (the containers count as well), so we stay well below.
 */
const MAX_BLOCKS = 50
const MAX_TEXT = 2900
const MAX_TOTAL = 9500
const BLOCK_COST = 40
const MAX_FALLBACK = 1500

export interface Rendered {
  blocks: types.KnownBlock[]
  /** for notifications and screen readers */
  text: string
  overflow?: Attachment
}

type Inline = types.RichTextElement

interface Page {
  blocks: types.KnownBlock[]
  room: number
  /** blocks that may still be added before the controls */
  slots: number
  /** what was cut, in full */
  cut: string[]
}

export function renderCard(card: Card): Rendered {
  const rows = actionRows(card.controls, MAX_TOTAL)
  // one slot for the sentence that something was cut
  const page: Page = { blocks: [], room: MAX_TOTAL - sizeOf(rows), slots: MAX_BLOCKS - rows.length - 1, cut: [] }
  const blocks = addHead(page, card)
  for (const [index, block] of blocks.entries()) {
    if (page.slots <= 0 || page.room < 200) {
      page.cut.push(...blocks.slice(index).map(blockText))
      break
    }
    addBlock(page, block)
  }
  if (page.cut.length > 0) {
    page.blocks.push(context(TOO_LONG))
  }
  if (page.blocks.length === 0) page.blocks.push(section([]))
  page.blocks.push(...rows)
  const text = clip(cardText(card, MAX_FALLBACK), MAX_FALLBACK)
  return {
    blocks: page.blocks,
    text: escape(text) || '…',
    ...(page.cut.length > 0 ? { overflow: overflowFile(card, page.cut) } : {}),
  }
}

/** Slack's three special characters; with them escaped a text can neither mention nor link. */
function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function addBlock(page: Page, block: Block): void {
  switch (block.kind) {
    case 'text':
      return addText(page, block)
    case 'facts':
      return addFacts(page, block)
    case 'list':
      return addList(page, block)
    case 'code':
      return addCode(page, block)
    case 'divider':
      return add(page, { type: 'divider' })
    case 'note':
      return addNote(page, block)
  }
}

function addText(page: Page, block: Extract<Block, { kind: 'text' }>): void {
  const whole = plainText(block.text)
  const elements = inline(block.text)
  const most = Math.min(MAX_TEXT, page.room)
  if (sizeOf(elements) <= most) return add(page, section(elements))
  // formatting is given up when a text has to be cut
  const { text } = clipLines(neutralise(whole), most)
  page.cut.push(blockText(block))
  add(page, section([{ type: 'text', text }]))
}

/** Small print is plain text, which calls nobody: a note that does stands as ordinary text. */
function addNote(page: Page, block: Extract<Block, { kind: 'note' }>): void {
  if (typeof block.text !== 'string' && block.text.some(callsSomebody)) return addText(page, { ...block, kind: 'text' })
  add(page, context(clip(neutralise(plainText(block.text)), Math.min(MAX_TEXT, page.room))))
}

function callsSomebody(span: Span): boolean {
  return spanElements(span).some(({ type }) => type === 'user' || type === 'usergroup')
}

function addFacts(page: Page, block: Extract<Block, { kind: 'facts' }>): void {
  const elements: Inline[] = []
  let length = 0
  let cut = false
  for (const row of block.rows) {
    const label = clip(neutraliseLine(row.label), 60)
    const room = Math.min(MAX_TEXT, page.room - length - label.length)
    const text = plainText(row.text)
    if (room < 100) {
      cut = true
      break
    }
    const whole = inline(row.text)
    const fits = sizeOf(whole) <= room
    const value = fits ? whole : inline(clip(neutralise(text), room))
    cut ||= !fits
    if (elements.length > 0) elements.push(...run('\n'))
    elements.push(...run(label, { bold: true }), ...run('  '), ...value)
    length += label.length + sizeOf(value) + BLOCK_COST
  }
  if (cut) page.cut.push(blockText(block))
  if (elements.length > 0) add(page, section(elements))
}

function addList(page: Page, block: Extract<Block, { kind: 'list' }>): void {
  const items: types.RichTextSection[] = []
  let length = 0
  for (const item of block.items) {
    const elements = inline(item)
    const size = sizeOf(elements) + BLOCK_COST
    if (length + size > Math.min(page.room, 6000)) break
    items.push({ type: 'rich_text_section', elements: elements.length > 0 ? elements : [{ type: 'text', text: '…' }] })
    length += size
  }
  if (items.length < block.items.length) page.cut.push(blockText(block))
  if (items.length > 0) {
    add(page, { type: 'rich_text', elements: [{ type: 'rich_text_list', style: 'bullet', elements: items }] })
  }
  const left = block.items.length - items.length
  if (left > 0) add(page, context(`… ${left} more`))
}

function addCode(page: Page, block: Extract<Block, { kind: 'code' }>): void {
  const whole = neutralise(block.text).replace(/\n+$/, '')
  const { text, left } = clipLines(whole, Math.min(MAX_TEXT, page.room))
  add(page, {
    type: 'rich_text',
    elements: [{ type: 'rich_text_preformatted', elements: [{ type: 'text', text: text || '(empty)' }] }],
  })
  if (left === 0) return
  page.cut.push(whole)
  add(page, context(`… ${left} more lines in the file`))
}

function add(page: Page, block: types.KnownBlock): void {
  if (page.slots <= 0) return
  page.blocks.push(block)
  page.slots -= 1
  page.room -= sizeOf(block) + BLOCK_COST
}

/** Returns the blocks that are left. A card without a title begins with its first text, which then carries sign and cluster. */
function addHead(page: Page, card: Card): Block[] {
  const [first, ...rest] = card.blocks
  const short = first?.kind === 'text' && sizeOf(inline(first.text)) <= MAX_TEXT
  const opening = card.title === undefined && short && (card.tone || card.cluster) ? first.text : undefined
  const title = card.title === undefined ? [] : run(clip(neutraliseLine(plainText(card.title)), 500), { bold: true })
  const elements = [
    ...(card.tone ? run(`${SIGNS[card.tone]} `) : []),
    ...(opening === undefined ? title : inline(opening)),
    ...(card.cluster ? [...run('  ·  '), ...run(clip(neutraliseLine(card.cluster), 80), { code: true })] : []),
  ]
  if (elements.length > 0) add(page, section(elements))
  return opening === undefined ? card.blocks : rest
}

function section(elements: Inline[]): types.RichTextBlock {
  return {
    type: 'rich_text',
    elements: [{ type: 'rich_text_section', elements: elements.length > 0 ? elements : [{ type: 'text', text: '…' }] }],
  }
}

function context(text: string): types.ContextBlock {
  return { type: 'context', elements: [{ type: 'plain_text', text: text || ' ', emoji: false }] }
}

function inline(text: RichText): Inline[] {
  return (typeof text === 'string' ? [text] : text).flatMap(spanElements)
}

function spanElements(span: Span): Inline[] {
  if (typeof span === 'string') return run(neutralise(span))
  if ('bold' in span) return run(neutralise(span.bold), { bold: true })
  if ('code' in span) return run(neutralise(span.code), { code: true })
  if ('mention' in span) {
    const { platform, id, name } = span.mention
    if (platform === 'slack' && /^[UW][A-Z0-9]{2,20}$/.test(id)) return [{ type: 'user', user_id: id }]
    return run(`@${neutraliseLine(name ?? id)}`)
  }
  if ('group' in span) {
    const { platform, kind, id } = span.group
    if (platform === 'slack' && kind === 'group' && /^S[A-Z0-9]{2,20}$/.test(id))
      return [{ type: 'usergroup', usergroup_id: id }]
    return run(`@${neutraliseLine(id)}`)
  }
  const url = safeLink(span.link)
  return url ? [{ type: 'link', url, text: linkLabel(span.text, url) }] : run(neutralise(span.text))
}

/** Slack refuses empty runs. */
function run(text: string, style?: { bold?: boolean; code?: boolean }): Inline[] {
  return text === '' ? [] : [{ type: 'text', text, ...(style ? { style } : {}) }]
}
