// What is said, free of any platform. Text is data: renderers neutralise it, so no string here can mention, link or format.
import { z } from 'zod'
import { Person, PersonRule } from './people.ts'

/** A run of text with one meaning. Only `mention` and `group` spans can notify somebody, and only by explicit id. */
export const Span = z.union([
  z.string(),
  z.object({ bold: z.string() }),
  z.object({ code: z.string() }),
  z.object({ mention: Person }),
  /** a Slack user group or a Discord role: all of its members */
  z.object({ group: PersonRule }),
  z.object({ link: z.string(), text: z.string() }),
])
export type Span = z.infer<typeof Span>

/** A plain string is neutral text. */
export const RichText = z.union([z.string(), z.array(Span)])
export type RichText = z.infer<typeof RichText>

export const Block = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('text'), text: RichText }),
  /** "Cause  DATABASE_URL is not set": one row per fact, in order */
  z.object({ kind: z.literal('facts'), rows: z.array(z.object({ label: z.string(), text: RichText })) }),
  /** preformatted: tables, logs, diffs; `language` may be 'diff', 'yaml', 'json', '' */
  z.object({ kind: z.literal('code'), text: z.string(), language: z.string().optional() }),
  z.object({ kind: z.literal('list'), items: z.array(RichText) }),
  z.object({ kind: z.literal('divider') }),
  /** small grey print: gaps, budgets, where something was cut */
  z.object({ kind: z.literal('note'), text: RichText }),
])
export type Block = z.infer<typeof Block>

/**
 * A control carries an opaque id and nothing else: `i:<intent id>`, or `a:<approval id>:<approve|reject|details|undo>`.
 * What a click may do is looked up in our own store, never believed from the click.
 */
export const Control = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('button'),
    id: z.string().max(100),
    label: z.string().max(75),
    style: z.enum(['plain', 'primary', 'danger']).default('plain'),
    /** a form opened as the first response to the click; its answers arrive as `fields` */
    form: z.lazy(() => Form).optional(),
  }),
  z.object({
    kind: z.literal('select'),
    id: z.string().max(100),
    placeholder: z.string().max(75),
    options: z.array(z.object({ label: z.string().max(75), value: z.string().max(75) })).max(25),
  }),
])
export type Control = z.infer<typeof Control>

export const Form = z.object({
  title: z.string().max(24),
  submit: z.string().max(24).default('Send'),
  fields: z
    .array(
      z.object({
        id: z.string(),
        label: z.string().max(45),
        hint: z.string().max(100).optional(),
        multiline: z.boolean().default(false),
        required: z.boolean().default(true),
      }),
    )
    .max(5),
})
export type Form = z.infer<typeof Form>

/** The colour of a card's edge and the sign before its title. */
export const Tone = z.enum(['bad', 'warn', 'ok', 'info', 'ask', 'stop'])
export type Tone = z.infer<typeof Tone>

export const Card = z.object({
  tone: Tone.optional(),
  title: RichText.optional(),
  /** the cluster spoken of; every card about a cluster names it */
  cluster: z.string().optional(),
  blocks: z.array(Block).default([]),
  controls: z.array(Control).default([]),
})
export type Card = z.infer<typeof Card>

/** A file beside a message: long output as text, pictures with alt text. `data` is base64 when `encoding` says so. */
export const Attachment = z.object({
  name: z.string(),
  title: z.string().optional(),
  alt: z.string().optional(),
  data: z.string(),
  encoding: z.enum(['utf8', 'base64']).default('utf8'),
})
export type Attachment = z.infer<typeof Attachment>

export function plainText(text: RichText): string {
  if (typeof text === 'string') return text
  return text
    .map((span) => {
      if (typeof span === 'string') return span
      if ('bold' in span) return span.bold
      if ('code' in span) return span.code
      if ('mention' in span) return `@${span.mention.name ?? span.mention.id}`
      if ('group' in span) return `@${span.group.id}`
      return span.text
    })
    .join('')
}

/** A card that is one paragraph. */
export function textCard(text: RichText, more: Partial<Card> = {}): Card {
  return { blocks: [{ kind: 'text', text }], controls: [], ...more }
}
