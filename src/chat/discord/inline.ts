// Text with its spans as Discord's markdown, and whom it calls. Foreign text is escaped; only spans of their own mention somebody. Pure.
import { type Card, type RichText, type Span } from '../../core/card.ts'
import { clip, clipLines, linkLabel, neutralise, neutraliseLine, safeLink } from '../neutralise.ts'
import { code, escape } from './markdown.ts'

const MAX_MENTIONS = 20

export function inline(text: RichText): string {
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
    const { platform, kind, id } = span.group
    return platform === 'discord' && kind === 'role' && isId(id) ? `<@&${id}>` : escape(`@${neutraliseLine(id)}`)
  }
  const url = safeLink(span.link)
  // the brackets keep Discord from fetching a preview of it
  return url && !/[()<>\s]/.test(url)
    ? `[${escape(linkLabel(span.text, url))}](<${url}>)`
    : escape(neutralise(span.text))
}

/** Escaping makes text longer: at most `max` units of what is sent. */
export function clipEscaped(text: string, max: number): string {
  let raw = clipLines(neutralise(text), max).text
  let shown = escape(raw)
  while (shown.length > max) {
    raw = clip(raw, Math.max(1, raw.length - Math.max(1, shown.length - max)))
    shown = escape(raw)
  }
  return shown
}

/** Only people and roles named by a span of their own may be notified, each by id. */
export function mentioned(card: Card): { users: string[]; roles: string[] } {
  const texts = card.blocks.flatMap((block): RichText[] => {
    if (block.kind === 'text' || block.kind === 'note') return [block.text]
    if (block.kind === 'facts') return block.rows.map((row) => row.text)
    return block.kind === 'list' ? block.items : []
  })
  const named = [...texts, card.title ?? ''].flatMap((text) =>
    (typeof text === 'string' ? [] : text).flatMap((span): { platform: string; id: string; role: boolean }[] => {
      if (typeof span === 'string') return []
      if ('mention' in span) return [{ ...span.mention, role: false }]
      return 'group' in span && span.group.kind === 'role' ? [{ ...span.group, role: true }] : []
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
