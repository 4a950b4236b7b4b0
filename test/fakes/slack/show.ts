// A conversation as text, as a person would see it: for the demo and for tests.
import { isObject } from './blocks.ts'
import type { FakeMessage, World } from './world.ts'

const EMOJI: Record<string, string> = { eyes: '👀', white_check_mark: '✅', x: '❌' }

export function showChannel(world: World, channel: string): string {
  const messages = world.messages.filter((one) => one.channel === channel)
  const roots = messages.filter((one) => !one.thread_ts || one.thread_ts === one.ts)
  const name = world.channels.get(channel)?.name ?? channel
  const lines = [`#${name}`]
  for (const root of roots) {
    lines.push(...showMessage(world, root, ''))
    for (const reply of messages.filter((one) => one.thread_ts === root.ts && one.ts !== root.ts)) {
      lines.push(...showMessage(world, reply, '  │ '))
    }
  }
  return lines.join('\n')
}

function showMessage(world: World, message: FakeMessage, indent: string): string[] {
  const who = message.user === world.botUser ? 'firstmate' : (world.users.get(message.user)?.name ?? message.user)
  const body = message.blocks ? showBlocks(message.blocks, world) : mrkdwn(message.text, world)
  const files = (message.files ?? []).map((file) => `📎 ${file.title} (${file.name}, ${file.length} bytes)`)
  const reactions = message.reactions.map((one) => EMOJI[one.name] ?? `:${one.name}:`).join(' ')
  const lines = [...body.split('\n').filter((line) => line !== ''), ...files]
  const [first = '', ...rest] = lines
  return [
    `${indent}${who}${message.edited ? ' (edited)' : ''}: ${first}`,
    ...rest.map((line) => `${indent}  ${line}`),
    ...(reactions ? [`${indent}  ${reactions}`] : []),
  ]
}

/** What blocks show, one line per line. */
export function showBlocks(blocks: unknown[], world?: World): string {
  return blocks.map((block) => showBlock(block, world)).join('\n')
}

function showBlock(block: unknown, world?: World): string {
  if (!isObject(block)) return ''
  switch (block.type) {
    case 'section':
      return [block.text, ...(Array.isArray(block.fields) ? block.fields : [])]
        .map((text) => showText(text, world))
        .join('\n')
    case 'header':
      return showText(block.text, world)
    case 'context':
      return list(block.elements)
        .map((element) => showText(element, world))
        .join(' ')
    case 'divider':
      return '────────'
    case 'image':
      return `🖼 ${String(block.alt_text)}`
    case 'actions':
      return list(block.elements).map(showElement).join(' ')
    case 'task_card':
      return `◌ ${String(block.title)}`
    case 'rich_text':
      return list(block.elements)
        .map((element) => showRich(element, world))
        .join('\n')
    default:
      return ''
  }
}

function showElement(element: unknown): string {
  if (!isObject(element)) return ''
  if (element.type === 'button') return `[${showText(element.text)}]`
  return `[${showText(element.placeholder)} ▾ ${list(element.options)
    .map((one) => showText(isObject(one) ? one.text : undefined))
    .join(' | ')}]`
}

function showText(text: unknown, world?: World): string {
  if (!isObject(text) || typeof text.text !== 'string') return ''
  return text.type === 'mrkdwn' ? mrkdwn(text.text, world) : text.text
}

function showRich(element: unknown, world?: World): string {
  if (!isObject(element)) return ''
  const inner = list(element.elements)
  if (element.type === 'rich_text_list') return inner.map((one) => `• ${showRich(one, world)}`).join('\n')
  const text = inner.map((one) => showLeaf(one, world)).join('')
  if (element.type === 'rich_text_preformatted')
    return text
      .split('\n')
      .map((line) => `    ${line}`)
      .join('\n')
  return text
}

function showLeaf(leaf: unknown, world?: World): string {
  if (!isObject(leaf)) return ''
  if (leaf.type === 'user') return `@${world?.users.get(String(leaf.user_id))?.name ?? String(leaf.user_id)}`
  if (leaf.type === 'link')
    return typeof leaf.text === 'string' ? `${leaf.text} <${String(leaf.url)}>` : String(leaf.url)
  if (leaf.type === 'emoji') return `:${String(leaf.name)}:`
  if (leaf.type === 'broadcast') return `@${String(leaf.range)} (everybody is notified)`
  return typeof leaf.text === 'string' ? leaf.text : ''
}

/** Slack's markup as it would show; a mention in it says so, so that a test can see one. */
function mrkdwn(text: string, world?: World): string {
  return text
    .replace(/<!(channel|here|everyone)[^>]*>/g, '@$1 (everybody is notified)')
    .replace(/<@([UW][A-Z0-9]+)[^>]*>/g, (_all, id: string) => `@${world?.users.get(id)?.name ?? id}`)
    .replace(/<([^<>|]+)\|([^<>]+)>/g, '$2 <$1>')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

/** Everybody whom a message notifies: user ids and broadcasts. */
export function notified(message: { text: string; blocks?: unknown[] }): string[] {
  const found: string[] = []
  const markup = (text: string) => {
    for (const match of text.matchAll(/<([@!][^<>]+)>/g)) found.push(match[1]!)
  }
  markup(message.text)
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(walk)
    if (!isObject(value)) return
    if (value.type === 'user') found.push(`@${String(value.user_id)}`)
    if (value.type === 'broadcast') found.push(`!${String(value.range)}`)
    if (value.type === 'usergroup') found.push(`!subteam^${String(value.usergroup_id)}`)
    if (value.type === 'mrkdwn' && typeof value.text === 'string') markup(value.text)
    else Object.values(value).forEach(walk)
  }
  walk(message.blocks ?? [])
  return found
}
