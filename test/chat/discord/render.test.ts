// Cards within Discord's limits; foreign text reads as it is and does nothing else.
import { expect, it } from 'vitest'
import { renderForm } from '../../../src/chat/discord/controls.ts'
import { escape } from '../../../src/chat/discord/markdown.ts'
import { renderCard } from '../../../src/chat/discord/render.ts'
import { textCard } from '../../../src/core/card.ts'
import { plain, showBody } from '../../fakes/discord/show.ts'

it('shows the title outside the embed, so that notifications have it', () => {
  const { content, embeds } = renderCard({
    tone: 'bad',
    title: 'checkout fails',
    cluster: 'prod',
    blocks: [{ kind: 'text', text: 'x' }],
    controls: [],
  })
  expect(content).toContain('**checkout fails**')
  expect(embeds[0]).toMatchObject({ description: 'x', color: 0xd92d20 })
})

it('notifies only people named by a mention span', () => {
  const person = { platform: 'discord' as const, workspace: '', id: '300000000000000001' }
  const { content, users } = renderCard(textCard([{ mention: person }, ' <@300000000000000002> @everyone']))
  expect(users).toEqual([person.id])
  expect(content).toBe(`<@${person.id}>`)
  expect(renderCard(textCard([{ mention: { ...person, platform: 'slack', id: 'U1' } }])).users).toEqual([])
})

it('notifies a role named by a span of its own', () => {
  const group = { platform: 'discord' as const, kind: 'role' as const, id: '300000000000000009' }
  const { content, users, roles } = renderCard(textCard(['decided by ', { group }, ' <@&300000000000000002>']))
  expect({ content, users, roles }).toEqual({ content: `<@&${group.id}>`, users: [], roles: [group.id] })
  expect(renderCard(textCard([{ group: { ...group, platform: 'slack', kind: 'group', id: 'S1' } }])).roles).toEqual([])
})

it.each([
  'DATABASE_URL',
  '_a_ __b__ *c* **d** ~~e~~ ||f|| `g` ```h```',
  '# no title\n> no quote\n- no list\n1. no list\n-# no small print',
  '[click](https://evil.test) <@123456789012345678> <#1> <t:1:R> @here',
  'back\\slash \\*',
])('text reads as it is: %j', (text) => {
  expect(plain(escape(text))).toBe(text)
})

it('words with underscores stay readable in notifications', () => {
  expect(escape('DATABASE_URL is not set')).toBe('DATABASE_URL is not set')
})

it('no foreign text leaves its block of code', () => {
  const { embeds } = renderCard({
    blocks: [{ kind: 'code', text: '```\n@everyone **x**\n```', language: 'not a language' }],
    controls: [],
  })
  expect(embeds[0]!.description!.match(/```/g)).toHaveLength(2)
})

it('what was cut is in the file, and the message says so', () => {
  const text = Array.from({ length: 2000 }, (_, n) => `line_${n}_*`).join('\n')
  const rendered = renderCard({
    title: 't',
    blocks: [
      { kind: 'code', text },
      { kind: 'text', text: '*'.repeat(9000) },
    ],
    controls: [],
  })
  expect(rendered.overflow?.data).toContain('line_1999_')
  expect(showBody({ ...rendered, embeds: rendered.embeds as Record<string, unknown>[] })).toMatch(
    /more lines in the file/,
  )
  expect(rendered.embeds[0]!.description!.length).toBeLessThanOrEqual(4096)
  expect(rendered.content.length).toBeLessThanOrEqual(2000)
})

it('selects keep their rows when there are too many controls, and the rest is counted', () => {
  const buttons = Array.from({ length: 30 }, (_, n) => ({
    kind: 'button' as const,
    id: `i:${n}`,
    label: `b${n}`,
    style: 'plain' as const,
  }))
  const select = {
    kind: 'select' as const,
    id: 'i:s',
    placeholder: 'p',
    options: [
      { label: 'a', value: 'a' },
      { label: 'again', value: 'a' },
    ],
  }
  const { components, embeds } = renderCard({ blocks: [], controls: [...buttons, buttons[0]!, select] })
  expect(components).toHaveLength(5)
  expect(components[4]).toMatchObject({ components: [{ type: 3, options: [{ label: 'a' }] }] })
  expect(embeds[0]!.description).toContain('10 more choices')
})

it('a form keeps its limits', () => {
  const fields = Array.from({ length: 7 }, (_, n) => ({
    id: `f${n}`,
    label: 'l'.repeat(90),
    hint: 'h'.repeat(200),
    multiline: false,
    required: false,
  }))
  const form = renderForm({ title: 't'.repeat(80), submit: 's', fields }, 'i:1')
  expect(form.title.length).toBe(45)
  expect(form.components).toHaveLength(5)
})
