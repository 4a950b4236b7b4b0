// The App Home: what this person may do here, what waits for their decision, and the threads they have with us. Pure.
import type { types } from '@slack/bolt'
import type { MessageRef } from '../../core/thread.ts'
import type { PendingPlan, Rights } from '../contract.ts'
import { clip, neutraliseLine } from '../neutralise.ts'
import type { PersonThread } from '../threads.ts'

const EXAMPLES = ['what is wrong in shop?', 'why is checkout failing?', 'kubectl get pods -n shop', 'help']
/** a view holds 100 blocks; a person reads fewer */
const SHOWN_PLANS = 15

/** A plan, and where its card stands (absent: not posted yet). */
export interface HomePlan {
  plan: PendingPlan
  card?: MessageRef | undefined
}

export interface Home {
  rights: Rights
  /** what this person may decide now, the next to expire first; absent: it could not be looked up */
  plans: HomePlan[] | undefined
  /** newest first */
  threads: PersonThread[]
  /** the workspace's address, such as https://acme.slack.com/ */
  url: string
}

export function renderHome({ rights, plans, threads, url }: Home): types.HomeView {
  const { ask } = rights
  const asking = ask.allowed
    ? 'You may ask me about the cluster: mention me in a channel, write to me directly, or use /firstmate. For example:'
    : `You cannot ask me here: ${neutraliseLine(ask.why)}`
  const blocks: types.KnownBlock[] = [
    { type: 'header', text: { type: 'plain_text', text: 'Firstmate', emoji: false } },
    text(asking),
    ...(ask.allowed ? [list(EXAMPLES.map((example) => [{ type: 'text', text: example, style: { code: true } }]))] : []),
    ...(rights.approve || rights.administer ? [text(rightsLine(rights))] : []),
    ...plansOf(plans, url),
  ]
  if (threads.length > 0) {
    blocks.push({ type: 'divider' }, text('Your threads'), list(threads.map((thread) => threadLine(thread, url))))
  }
  return { type: 'home', blocks }
}

function rightsLine({ approve, administer }: Home['rights']): string {
  const more = [
    ...(approve ? ['decide plans'] : []),
    'stop every change ("stop: reason")',
    ...(administer ? ['resume', 'raise the autonomy level'] : []),
  ]
  return `You may also ${more.slice(0, -1).join(', ')}${more.length > 1 ? ' and ' : ''}${more.at(-1)}.`
}

function plansOf(plans: HomePlan[] | undefined, url: string): types.KnownBlock[] {
  if (!plans) return [{ type: 'divider' }, text('What waits for your decision cannot be looked up just now.')]
  if (plans.length === 0) return [{ type: 'divider' }, text('Nothing waits for your decision.')]
  const left = plans.length - SHOWN_PLANS
  return [
    { type: 'divider' },
    text(plans.length === 1 ? 'One plan waits for your decision' : `${plans.length} plans wait for your decision`),
    list(plans.slice(0, SHOWN_PLANS).map((one) => planLine(one, url))),
    ...(left > 0 ? [text(`and ${left} more: /firstmate approvals`)] : []),
  ]
}

/** The decision itself is made on the card, where everything it does can be read. */
function planLine({ plan, card }: HomePlan, url: string): types.RichTextElement[] {
  const facts = [plan.tier, plan.cluster, `for ${plan.requester}`, `until ${plan.deadline.slice(11, 16)} UTC`]
  const line = `  ${clip(neutraliseLine(plan.words), 200)} · ${clip(neutraliseLine(facts.join(' · ')), 200)}  `
  const link = card && addressOf(card, url)
  return [
    { type: 'text', text: plan.name, style: { code: true } },
    { type: 'text', text: line },
    ...(link ? [{ type: 'link' as const, url: link, text: 'Review' }] : []),
  ]
}

function threadLine({ thread, title, at }: PersonThread, url: string): types.RichTextElement[] {
  const day = new Date(at).toISOString().slice(0, 16).replace('T', ' ')
  const label = clip(neutraliseLine(title), 150) || 'a question'
  const link = addressOf({ thread, message: thread.thread }, url)
  if (!link) return [{ type: 'text', text: `${day}  ${label}` }]
  return [
    { type: 'text', text: `${day}  ` },
    { type: 'link', url: link, text: label },
  ]
}

/** A message's address; undefined for what stands elsewhere or is not posted yet. */
export function addressOf({ thread, message }: MessageRef, url: string): string | undefined {
  if (thread.platform !== 'slack' || !/^\d+\.\d+$/.test(message)) return undefined
  const inThread = message === thread.thread ? '' : `?thread_ts=${thread.thread}&cid=${thread.channel}`
  return `${url}archives/${thread.channel}/p${message.replace('.', '')}${inThread}`
}

function text(line: string): types.RichTextBlock {
  return { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: line }] }] }
}

function list(items: types.RichTextElement[][]): types.RichTextBlock {
  const elements = items.map((item): types.RichTextSection => ({ type: 'rich_text_section', elements: item }))
  return { type: 'rich_text', elements: [{ type: 'rich_text_list', style: 'bullet', elements }] }
}
