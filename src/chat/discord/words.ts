// What a message says in words, from Discord's markup and embeds. Pure; all of it is foreign text.
import { z } from 'zod'
import { asTyped } from '../typed.ts'

const MAX_TEXT = 40_000
/** of a message that is to be investigated */
const MAX_WORDS = 8000

/** What a person typed: without the mention of us, also by the role that bears our name. */
export function questionOf(text: string, self: { user: string; roles: ReadonlySet<string> }): string {
  return asTyped(
    text.slice(0, MAX_TEXT).replace(/<@([!&]?)(\d{1,20})>/g, (whole, mark: string, id: string) => {
      const ours = mark === '&' ? self.roles.has(id) : id === self.user
      return ours ? '' : whole
    }),
  )
}

const Message = z.object({
  content: z.string().default(''),
  embeds: z
    .array(
      z.object({
        title: z.string().nullish(),
        description: z.string().nullish(),
        fields: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
      }),
    )
    .catch([])
    .default([]),
})

/** All that a message says: what monitoring posts often stands in embeds alone. '' when it says nothing. */
export function wordsOf(message: unknown, self: { user: string; roles: ReadonlySet<string> }): string {
  const parsed = Message.safeParse(message)
  if (!parsed.success) return ''
  const { content, embeds } = parsed.data
  const parts = embeds.slice(0, 10).flatMap(({ title, description, fields }) => {
    return [title, description, ...(fields ?? []).slice(0, 25).map(({ name, value }) => `${name}: ${value}`)]
  })
  return [questionOf(content, self), ...parts].filter(Boolean).join('\n').slice(0, MAX_WORDS)
}
