// A card as a Discord message: its title as text (so that notifications show it), the rest in one embed, controls below. Foreign
// text is escaped so that nothing in it can mention, link or format. Discord's limits are kept here; what is cut goes to a file. Pure.
import {
  type APIActionRowComponent,
  type APIButtonComponentWithCustomId,
  type APIEmbed,
  type APIMessageTopLevelComponent,
  type APIModalInteractionResponseCallbackData,
  type APIStringSelectComponent,
  ButtonStyle,
  ComponentType,
  TextInputStyle,
} from 'discord.js'
import {
  type Attachment,
  type Block,
  type Card,
  type Control,
  type Form,
  plainText,
  type RichText,
  type Span,
  type Tone,
} from '../../core/card.ts'
import { clip, clipLines, linkLabel, neutralise, neutraliseLine, safeLink } from '../neutralise.ts'
import { blockText, SIGNS } from '../plain.ts'
import { code, escape, fence } from './markdown.ts'

/*
 * Documented: content 2000, embed description 4096 and embeds 6000 together, 5 rows of 5 buttons or one select, custom_id 100, label 80,
 * 25 options, form title 45, 5 inputs. Lengths are counted in characters; we count UTF-16 units, which are never fewer.
 */
const MAX_CONTENT = 2000
const MAX_DESCRIPTION = 4000
const MAX_BLOCK = 2800
const MAX_ROWS = 5
const MAX_ROW = 5
const MAX_ID = 100
const MAX_MENTIONS = 20
const CUT = 'Some of this was too long to show here; the file beside this message has all of it.'

const COLOURS: Record<Tone, number> = {
  bad: 0xd92d20,
  warn: 0xf79009,
  ok: 0x12b76a,
  info: 0x2e90fa,
  ask: 0xfdb022,
  stop: 0x7a271a,
}
const STYLES = { plain: ButtonStyle.Secondary, primary: ButtonStyle.Primary, danger: ButtonStyle.Danger } as const

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
  const page: Page = { lines: [], room: MAX_DESCRIPTION - CUT.length - 10, cut: [] }
  const title = headOf(card)
  const head = card.title === undefined ? undefined : title
  if (head === undefined) addOpening(page, card, title)
  const blocks = head === undefined && isOpening(card.blocks[0]) ? card.blocks.slice(1) : card.blocks
  for (const [index, block] of blocks.entries()) {
    if (page.room < 200) {
      page.cut.push(...blocks.slice(index).map(blockText))
      break
    }
    addBlock(page, block)
  }
  if (page.cut.length > 0) page.lines.push(`-# ${CUT}`)
  const { rows, left } = rowsOf(card.controls)
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
    ...(page.cut.length > 0
      ? { overflow: { name: 'output.txt', title: overflowTitle(card), data: page.cut.join('\n\n'), encoding: 'utf8' } }
      : {}),
  }
}

/** The form of a control as a modal; its id is the control's own. */
export function renderForm(form: Form, control: string): APIModalInteractionResponseCallbackData {
  return {
    custom_id: control.slice(0, MAX_ID),
    title: clip(neutraliseLine(form.title), 45) || 'Form',
    components: form.fields.slice(0, 5).map((field) => ({
      type: ComponentType.ActionRow,
      components: [
        {
          type: ComponentType.TextInput,
          custom_id: field.id.slice(0, MAX_ID),
          label: clip(neutraliseLine(field.label), 45) || '…',
          style: field.multiline ? TextInputStyle.Paragraph : TextInputStyle.Short,
          required: field.required,
          max_length: 3000,
          ...(field.hint ? { placeholder: clip(neutraliseLine(field.hint), 100) } : {}),
        },
      ],
    })),
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

function inline(text: RichText): string {
  return (typeof text === 'string' ? [text] : text).map(spanText).join('')
}

function spanText(span: Span): string {
  if (typeof span === 'string') return escape(neutralise(span))
  if ('bold' in span) return span.bold.trim() ? `**${escape(neutralise(span.bold))}**` : span.bold
  if ('code' in span) return code(neutralise(span.code))
  if ('mention' in span) {
    const { platform, id, name } = span.mention
    return platform === 'discord' && isId(id) ? `<@${id}>` : escape(`@${neutraliseLine(name ?? id)}`)
  }
  if ('group' in span) {
    const { platform, id } = span.group
    return platform === 'discord' && isId(id) ? `<@&${id}>` : escape(`@${neutraliseLine(id)}`)
  }
  const url = safeLink(span.link)
  // the brackets keep Discord from fetching a preview of it
  return url && !/[()<>\s]/.test(url)
    ? `[${escape(linkLabel(span.text, url))}](<${url}>)`
    : escape(neutralise(span.text))
}

/** Escaping makes text longer: at most `max` units of what is sent. */
function clipEscaped(text: string, max: number): string {
  let raw = clipLines(neutralise(text), max).text
  let shown = escape(raw)
  while (shown.length > max) {
    raw = clip(raw, Math.max(1, raw.length - Math.max(1, shown.length - max)))
    shown = escape(raw)
  }
  return shown
}

/** Only people and roles named by a span of their own may be notified, each by id. */
function mentioned(card: Card): { users: string[]; roles: string[] } {
  const texts = card.blocks.flatMap((block): RichText[] => {
    if (block.kind === 'text' || block.kind === 'note') return [block.text]
    if (block.kind === 'facts') return block.rows.map((row) => row.text)
    return block.kind === 'list' ? block.items : []
  })
  const named = [...texts, card.title ?? ''].flatMap((text) =>
    (typeof text === 'string' ? [] : text).flatMap((span): { platform: string; id: string; role: boolean }[] => {
      if (typeof span === 'string') return []
      if ('mention' in span) return [{ ...span.mention, role: false }]
      return 'group' in span ? [{ ...span.group, role: true }] : []
    }),
  )
  const ids = (role: boolean) => [
    ...new Set(
      named.flatMap((one) => (one.role === role && one.platform === 'discord' && isId(one.id) ? [one.id] : [])),
    ),
  ]
  const users = ids(false).slice(0, MAX_MENTIONS)
  return { users, roles: ids(true).slice(0, MAX_MENTIONS - users.length) }
}

function isId(id: string): boolean {
  return /^\d{15,20}$/.test(id)
}

/** Selects first, because each needs a row; then as many buttons as fit. */
function rowsOf(controls: Control[]): {
  rows: APIActionRowComponent<APIButtonComponentWithCustomId | APIStringSelectComponent>[]
  left: number
} {
  const seen = new Set<string>()
  const own = controls.filter((control) => !seen.has(control.id) && seen.add(control.id))
  const selects = own.filter((one) => one.kind === 'select' && one.options.length > 0).slice(0, MAX_ROWS)
  const buttons = own.filter((one) => one.kind === 'button')
  const shown = buttons.slice(0, (MAX_ROWS - selects.length) * MAX_ROW)
  const rows = [...chunk(shown, MAX_ROW), ...selects.map((one) => [one])]
  return {
    rows: rows.map((row) => ({ type: ComponentType.ActionRow, components: row.map(component) })),
    left: own.length - shown.length - selects.length,
  }
}

function component(control: Control): APIButtonComponentWithCustomId | APIStringSelectComponent {
  const custom_id = control.id.slice(0, MAX_ID)
  if (control.kind === 'button')
    return {
      type: ComponentType.Button,
      custom_id,
      style: STYLES[control.style],
      label: clip(neutraliseLine(control.label), 80) || '…',
    }
  const values = new Set<string>()
  return {
    type: ComponentType.StringSelect,
    custom_id,
    placeholder: clip(neutraliseLine(control.placeholder), 150) || '…',
    options: control.options
      .filter((option) => !values.has(option.value) && values.add(option.value))
      .slice(0, 25)
      .map((option) => ({ label: clip(neutraliseLine(option.label), 100) || '…', value: option.value.slice(0, 100) })),
  }
}

function overflowTitle(card: Card): string {
  return card.title === undefined ? 'Full output' : clip(neutraliseLine(plainText(card.title)), 150)
}

function chunk<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}
