// A card as a Discord message: its title as text (so that notifications show it), the rest in one embed, controls below. Foreign
// text is escaped so that nothing in it can mention, link or format. Discord's limits are kept here; what is cut goes to a file. Pure.
import type { APIEmbed, APIMessageTopLevelComponent } from 'discord.js'
import { type Attachment, type Block, type Card, plainText, type RichText, type Tone } from '../../core/card.ts'
import { clip, clipLines, neutralise, neutraliseLine } from '../neutralise.ts'
import { blockText, overflowFile, SIGNS, standsApart, TOO_LONG } from '../plain.ts'
import { actionRows } from './controls.ts'
import { clipEscaped, inline, mentioned } from './inline.ts'
import { code, escape, fence } from './markdown.ts'

/* Documented: content 2000, embed description 4096 and embeds 6000 together, in characters; we count UTF-16 units, which are never fewer. */
const MAX_CONTENT = 2000
const MAX_DESCRIPTION = 4000
const MAX_BLOCK = 2800

const COLOURS: Record<Tone, number> = {
  bad: 0xd92d20,
  warn: 0xf79009,
  ok: 0x12b76a,
  info: 0x2e90fa,
  ask: 0xfdb022,
  stop: 0x7a271a,
}

export interface Rendered {
  content: string
  embeds: APIEmbed[]
  components: APIMessageTopLevelComponent[]
  /** the only ones whom the message may notify */
  /** whom it may notify */
  users: string[]
  roles: string[]
  overflow?: Attachment
}

interface Page {
  lines: string[]
  room: number
  /** what was cut, in full */
  cut: string[]
}

/** `mark` identifies the message when it is looked for later: an embed keeps its address, and shows it nowhere without a title. */
export function renderCard(card: Card, mark?: string): Rendered {
  const page: Page = { lines: [], room: MAX_DESCRIPTION - TOO_LONG.length - 10, cut: [] }
  const title = headOf(card)
  const head = card.title === undefined ? undefined : title
  if (head === undefined) addOpening(page, card, title)
  const blocks = head === undefined && isOpening(card.blocks[0]) ? card.blocks.slice(1) : card.blocks
  for (const [index, block] of blocks.entries()) {
    if (page.room < 200) {
      page.cut.push(...blocks.slice(index).map(blockText))
      break
    }
    if (standsApart(block, blocks[index - 1])) page.lines.push('')
    addBlock(page, block)
  }
  if (page.cut.length > 0) page.lines.push(`-# ${TOO_LONG}`)
  const { rows, left } = actionRows(card.controls)
  if (left > 0) page.lines.push(`-# … ${left} more choices did not fit`)
  const { users, roles } = mentioned(card)
  // only the text outside an embed notifies
  const pings = [...users.map((id) => `<@${id}>`), ...roles.map((id) => `<@&${id}>`)].join(' ')
  const lines = page.lines.join('\n')
  const embed: APIEmbed = {
    description: lines || head || '…',
    ...(card.tone ? { color: COLOURS[card.tone] } : {}),
    ...(mark ? { url: mark } : {}),
  }
  return {
    content: [lines ? head : '', pings].filter(Boolean).join('\n'),
    embeds: [embed],
    components: rows,
    users,
    roles,
    ...(page.cut.length > 0 ? { overflow: overflowFile(card, page.cut) } : {}),
  }
}

/** A sentence for one person, as they see it in answer to a click. */
export function renderNote(text: RichText): { content: string } {
  const whole = inline(text)
  return { content: (whole.length <= MAX_CONTENT ? whole : clipEscaped(plainText(text), MAX_CONTENT)) || '…' }
}

/** Sign, title and cluster. */
function headOf(card: Card): string {
  const title = escape(clip(neutraliseLine(plainText(card.title ?? '')), 500))
  const cluster = card.cluster ? code(clip(neutraliseLine(card.cluster), 80)) : ''
  return [card.tone ? SIGNS[card.tone] : '', title ? `**${title}**` : '', title && cluster ? ' · ' : '', cluster]
    .filter(Boolean)
    .join(' ')
}

function isOpening(block: Block | undefined): block is Extract<Block, { kind: 'text' }> {
  return block?.kind === 'text' && inline(block.text).length <= MAX_BLOCK
}

/** A card without a title begins with its first text, which then carries sign and cluster. */
function addOpening(page: Page, card: Card, head: string): void {
  const [first] = card.blocks
  if (!isOpening(first)) return add(page, head)
  const sign = card.tone ? `${SIGNS[card.tone]} ` : ''
  const cluster = card.cluster ? `  ·  ${code(clip(neutraliseLine(card.cluster), 80))}` : ''
  add(page, `${sign}${inline(first.text)}${cluster}`)
}

function addBlock(page: Page, block: Block): void {
  const most = Math.min(MAX_BLOCK, page.room)
  switch (block.kind) {
    case 'text': {
      const whole = inline(block.text)
      if (whole.length <= most) return add(page, whole)
      // formatting is given up when a text has to be cut
      page.cut.push(blockText(block))
      return add(page, clipEscaped(plainText(block.text), most))
    }
    case 'facts':
      return addFacts(page, block)
    case 'list':
      return addList(page, block)
    case 'code':
      return addCode(page, block)
    case 'divider':
      return add(page, '────────')
    case 'note': {
      const text = clipEscaped(plainText(block.text), most)
      return add(
        page,
        text
          .split('\n')
          .map((line) => (line.trim() ? `-# ${line}` : ''))
          .join('\n'),
      )
    }
  }
}

function addFacts(page: Page, block: Extract<Block, { kind: 'facts' }>): void {
  const lines: string[] = []
  let room = Math.min(MAX_BLOCK, page.room)
  let cut = false
  for (const row of block.rows) {
    const label = escape(clip(neutraliseLine(row.label), 60))
    const whole = inline(row.text)
    const free = room - label.length - 8
    if (free < 100) {
      cut = true
      break
    }
    cut ||= whole.length > free
    const line = `${label ? `**${label}**  ` : ''}${whole.length <= free ? whole : clipEscaped(plainText(row.text), free)}`
    lines.push(line)
    room -= line.length + 1
  }
  if (cut) page.cut.push(blockText(block))
  add(page, lines.join('\n'))
}

function addList(page: Page, block: Extract<Block, { kind: 'list' }>): void {
  const lines: string[] = []
  let room = Math.min(MAX_BLOCK, page.room) - 30
  for (const item of block.items) {
    const line = `• ${inline(item) || '…'}`
    if (line.length + 1 > room) break
    lines.push(line)
    room -= line.length + 1
  }
  const left = block.items.length - lines.length
  if (left > 0) {
    page.cut.push(blockText(block))
    lines.push(`-# … ${left} more`)
  }
  add(page, lines.join('\n'))
}

function addCode(page: Page, block: Extract<Block, { kind: 'code' }>): void {
  const whole = neutralise(block.text).replace(/\n+$/, '')
  const { text, left } = clipLines(whole, Math.min(MAX_BLOCK, page.room) - 60)
  add(page, fence(text || '(empty)', block.language))
  if (left === 0) return
  page.cut.push(whole)
  add(page, `-# … ${left} more lines in the file`)
}

function add(page: Page, text: string): void {
  if (text.trim() === '') return
  page.lines.push(text)
  page.room -= text.length + 1
}
