// The App Home: what this person may do here, and the threads they have with us. Pure.
import type { types } from '@slack/bolt'
import type { Verdict } from '../contract.ts'
import { clip, neutraliseLine } from '../neutralise.ts'
import type { PersonThread } from '../threads.ts'

const EXAMPLES = ['what is wrong in shop?', 'why is checkout failing?', 'kubectl get pods -n shop', 'help']

export interface Home {
  verdict: Verdict
  /** newest first */
  threads: PersonThread[]
  /** the workspace's address, such as https://acme.slack.com/ */
  url: string
}

export function renderHome({ verdict, threads, url }: Home): types.HomeView {
  const asking = verdict.allowed
    ? 'You may ask me about the cluster: mention me in a channel, write to me directly, or use /firstmate. For example:'
    : `You cannot ask me here: ${neutraliseLine(verdict.why)}`
  const blocks: types.KnownBlock[] = [
    { type: 'header', text: { type: 'plain_text', text: 'Firstmate', emoji: false } },
    text(asking),
    ...(verdict.allowed
      ? [list(EXAMPLES.map((example) => [{ type: 'text', text: example, style: { code: true } }]))]
      : []),
  ]
  if (threads.length > 0) {
    blocks.push({ type: 'divider' }, text('Your threads'), list(threads.map((thread) => threadLine(thread, url))))
  }
  return { type: 'home', blocks }
}

function threadLine({ thread, title, at }: PersonThread, url: string): types.RichTextElement[] {
  const day = new Date(at).toISOString().slice(0, 16).replace('T', ' ')
  const label = clip(neutraliseLine(title), 150) || 'a question'
  // a thread whose root is not posted yet has no address
  if (!/^\d+\.\d+$/.test(thread.thread)) return [{ type: 'text', text: `${day}  ${label}` }]
  const link = `${url}archives/${thread.channel}/p${thread.thread.replace('.', '')}`
  return [
    { type: 'text', text: `${day}  ` },
    { type: 'link', url: link, text: label },
  ]
}

function text(line: string): types.RichTextBlock {
  return { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: line }] }] }
}

function list(items: types.RichTextElement[][]): types.RichTextBlock {
  const elements = items.map((item): types.RichTextSection => ({ type: 'rich_text_section', elements: item }))
  return { type: 'rich_text', elements: [{ type: 'rich_text_list', style: 'bullet', elements }] }
}
