// What a message says in words, from Slack's markup, blocks and attachments. Pure; all of it is foreign text.
import { z } from 'zod'

const MAX_TEXT = 40_000
/** of a message without text: how much of its blocks and attachments is read */
const MAX_WORDS = 8000
const MAX_PARTS = 300

/** What a person typed, from Slack's markup: without the mention of us, links and channels as they look, entities undone. */
export function questionOf(text: string, self: { user: string }): string {
  const typed = text
    .slice(0, MAX_TEXT)
    .replace(/<((?:[@#!]|[a-z]{2,10}:)[^<>]{0,3000})>/gi, (_whole, inner: string) => spoken(inner, self))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replaceAll('\u00a0', ' ')
    .trim()
  // a command put in backticks is still that command
  const quoted = /^(`{1,3})([^`]+)\1$/.exec(typed)
  return (quoted ? quoted[2]! : typed).trim()
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
  const parts = [said, ...(said ? [] : blockWords(blocks ?? [])), ...attached.map((one) => questionOf(one ?? '', self))]
  return parts.filter(Boolean).join('\n').slice(0, MAX_WORDS)
}

/** The texts of blocks in their order: headers, sections, fields, rich text. */
function blockWords(blocks: unknown[]): string[] {
  const found: string[] = []
  const walk = (value: unknown, depth: number): void => {
    if (depth > 12 || found.length >= MAX_PARTS || typeof value !== 'object' || value === null) return
    if (Array.isArray(value)) return value.slice(0, MAX_PARTS).forEach((one) => walk(one, depth + 1))
    const { text, elements, fields, type } = value as Record<string, unknown>
    if (type === 'actions') return
    if (typeof text === 'string') found.push(text.slice(0, MAX_WORDS))
    else walk(text, depth + 1)
    walk(fields, depth + 1)
    walk(elements, depth + 1)
  }
  walk(blocks, 0)
  return found.map((one) => one.trim()).filter(Boolean)
}
