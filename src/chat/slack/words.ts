// What a message says in words, from Slack's markup, blocks and attachments. Pure; all of it is foreign text.
import { z } from 'zod'
import { asTyped } from '../typed.ts'

const MAX_TEXT = 40_000
/** of a message without text: how much of its blocks and attachments is read */
const MAX_WORDS = 8000
const MAX_PARTS = 300
const MAX_DEPTH = 12

/** What a person typed, from Slack's markup: without the mention of us, links and channels as they look, entities undone. */
export function questionOf(text: string, self: { user: string }): string {
  return asTyped(
    text
      .slice(0, MAX_TEXT)
      .replace(/<((?:[@#!]|[a-z]{2,10}:)[^<>]{0,3000})>/gi, (_whole, inner: string) => spoken(inner, self))
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&'),
  )
}

/** The markup of a mention of us, with or without a name in it. */
export function mentions(text: string, self: { user: string }): boolean {
  return text.includes(`<@${self.user}>`) || text.includes(`<@${self.user}|`)
}

function spoken(inner: string, self: { user: string }): string {
  const [target = '', label] = inner.split('|', 2)
  if (target === `@${self.user}`) return ''
  if (target.startsWith('@')) return label ? `@${label}` : target
  if (target.startsWith('#')) return label ? `#${label}` : target
  if (target.startsWith('!')) return label ?? `@${target.slice(1).split('^')[0]}`
  // Slack links whatever looks like an address: `checkout.shop.svc` came as a word and goes back to being one
  return label ?? target
}

const Attached = z.object({
  pretext: z.string().nullish(),
  title: z.string().nullish(),
  text: z.string().nullish(),
  fields: z.array(z.object({ title: z.string().nullish(), value: z.string().nullish() })).nullish(),
  fallback: z.string().nullish(),
})

const Message = z.object({
  text: z.string().nullish(),
  blocks: z.array(z.unknown()).nullish(),
  attachments: z.array(Attached).nullish(),
})

/** All that a message says: what monitoring posts often stands in attachments or blocks alone. '' when it says nothing. */
export function wordsOf(message: unknown, self: { user: string }): string {
  const parsed = Message.safeParse(message)
  if (!parsed.success) return ''
  const { text, blocks, attachments } = parsed.data
  const said = questionOf(text ?? '', self)
  const attached = (attachments ?? []).flatMap(({ pretext, title, text: body, fields, fallback }) => {
    const parts = [pretext, title, body, ...(fields ?? []).map((field) => [field.title, field.value].join(': '))]
    return parts.some(Boolean) ? parts : [fallback]
  })
  const parts = [
    said,
    ...(said ? [] : blockWords(blocks ?? [], self)),
    ...attached.map((one) => questionOf(one ?? '', self)),
  ]
  return parts.filter(Boolean).join('\n').slice(0, MAX_WORDS)
}

/** The texts of blocks in their order: headers, sections, fields, rich text. */
function blockWords(blocks: unknown[], self: { user: string }): string[] {
  const found: string[] = []
  const walk = (value: unknown, depth: number): void => {
    if (depth > MAX_DEPTH || found.length >= MAX_PARTS || typeof value !== 'object' || value === null) return
    if (Array.isArray(value)) return value.slice(0, MAX_PARTS).forEach((one) => walk(one, depth + 1))
    const { text, elements, fields, type } = value as Record<string, unknown>
    if (type === 'actions') return
    if (type === 'rich_text') found.push(questionOf(richText([value]), self))
    else if (typeof text === 'string') found.push(text.slice(0, MAX_WORDS))
    else walk(text, depth + 1)
    walk(fields, depth + 1)
    if (type !== 'rich_text') walk(elements, depth + 1)
  }
  walk(blocks, 0)
  return found.map((one) => one.trim()).filter(Boolean)
}

const RICH_LINES = new Set(['rich_text_section', 'rich_text_preformatted', 'rich_text_quote'])

/** What stands in rich text, as the `text` of a message has it; '' when there is none. Slack shows blocks, and some clients send nothing else. */
export function richText(blocks: unknown): string {
  const lines: string[] = []
  let line = ''
  let parts = 0
  const walk = (value: unknown, depth: number): void => {
    if (depth > MAX_DEPTH || parts >= MAX_PARTS || typeof value !== 'object' || value === null) return
    if (Array.isArray(value)) return value.slice(0, MAX_PARTS).forEach((one) => walk(one, depth + 1))
    parts += 1
    const { type, elements } = value as Record<string, unknown>
    if (depth === 1 && type !== 'rich_text') return
    line += markup(value as Record<string, unknown>)
    walk(elements, depth + 1)
    if (!RICH_LINES.has(String(type))) return
    lines.push(line)
    line = ''
  }
  walk(Array.isArray(blocks) ? blocks : [], 0)
  return [...lines, line].join('\n').trim()
}

/** One element of rich text. https://docs.slack.dev/reference/block-kit/blocks/rich-text-block */
function markup({ type, text, url, name, range, user_id, channel_id, usergroup_id }: Record<string, unknown>): string {
  const escaped =
    typeof text === 'string' ? text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').slice(0, MAX_WORDS) : ''
  switch (type) {
    case 'text':
      return escaped
    case 'link':
      return escaped || `<${String(url).slice(0, 2000)}>`
    case 'user':
      return `<@${String(user_id)}>`
    case 'channel':
      return `<#${String(channel_id)}>`
    case 'usergroup':
      return `<!subteam^${String(usergroup_id)}>`
    case 'broadcast':
      return `<!${String(range)}>`
    case 'emoji':
      return `:${String(name)}:`
    default:
      return ''
  }
}
