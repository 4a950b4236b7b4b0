// A Discord message as people see it: markdown undone, hidden things shown. Also whom a text would notify.
import type { Body, FakeMessage, World } from './world.ts'

/** Users, `&roles` and `everyone` that a text notifies under these allowed mentions. Embeds never notify. */
export function notifiedBy(content: string, allowed: unknown): string[] {
  const {
    parse = [],
    users = [],
    roles = [],
  } = (allowed ?? { parse: ['users', 'roles', 'everyone'] }) as { parse?: string[]; users?: string[]; roles?: string[] }
  const found = new Set<string>()
  for (const match of content.matchAll(/<@!?(\d+)>/g))
    if (parse.includes('users') || users.includes(match[1]!)) found.add(match[1]!)
  for (const match of content.matchAll(/<@&(\d+)>/g))
    if (parse.includes('roles') || roles.includes(match[1]!)) found.add(`&${match[1]!}`)
  if (parse.includes('everyone') && /@(everyone|here)/.test(content)) found.add('everyone')
  return [...found]
}

/** One line per line; buttons in brackets. */
export function showBody(body: Body): string {
  const embeds = body.embeds.flatMap((embed) => [
    embed.title,
    embed.description,
    ...((embed.fields ?? []) as { name: string; value: string }[]).map((field) => `${field.name}: ${field.value}`),
    (embed.footer as { text?: string } | undefined)?.text,
  ])
  const rows = body.components.map((row) =>
    ((row as { components: Record<string, unknown>[] }).components ?? [])
      .map((one) =>
        one.type === 2
          ? `[${String(one.label)}]`
          : `[${String(one.placeholder)} ▾ ${((one.options ?? []) as { label: string }[]).map((option) => option.label).join(' | ')}]`,
      )
      .join(' '),
  )
  return [
    ...[body.content, ...embeds]
      .filter((text) => typeof text === 'string' && text !== '')
      .map((text) => plain(String(text))),
    ...rows,
  ].join('\n')
}

/** Discord's markdown as it reads: code stays as it is, escapes and marks vanish, links show where they lead. */
export function plain(text: string): string {
  return text
    .split(/((?<!\\)```[\s\S]*?```|(?<!\\)`[^`]+`)/)
    .map((part, index) => {
      if (index % 2 === 1)
        return part.startsWith('```') ? part.slice(3, -3).replace(/^[a-z]*\n/, '') : part.slice(1, -1)
      return part
        .replace(
          /\[((?:\\.|[^\]\\])+)\]\(<?(https?:[^)>]+)>?\)/g,
          (_all, label: string, url: string) => `${label} <${url}>`,
        )
        .replace(
          /(\\.)|\*\*|__|~~|\|\||(?<!\w)[*_]|[*_](?!\w)|^(?:-# |#{1,3} |> )/gm,
          (_all, escaped: string | undefined) => escaped ?? '',
        )
        .replace(/\\([^A-Za-z0-9\s])/g, '$1')
    })
    .join('')
}

export function showChannel(world: World, id: string): string {
  const channel = world.channels.get(id)
  const lines = [
    `#${channel?.name || id}${channel?.parent_id ? ` (thread of #${world.channels.get(channel.parent_id)?.name ?? ''})` : ''}`,
  ]
  for (const message of world.messages.filter((one) => one.channel_id === id && !one.deleted))
    lines.push(...showMessage(world, message))
  return lines.join('\n')
}

const SIGN: Record<string, string> = { '👀': '👀', '✅': '✅', '❌': '❌' }

function showMessage(world: World, message: FakeMessage): string[] {
  const [first = '', ...rest] = showBody(message).split('\n').filter(Boolean)
  const files = message.attachments.map((file) => `📎 ${file.filename} (${file.data.length} bytes)`)
  const reactions = message.reactions.map((one) => SIGN[one.emoji] ?? one.emoji).join(' ')
  return [
    `  ${world.users.get(message.author)?.username ?? message.author}${message.edited ? ' (edited)' : ''}: ${first}`,
    ...[...rest, ...files, ...(reactions ? [reactions] : [])].map((line) => `    ${line}`),
  ]
}
