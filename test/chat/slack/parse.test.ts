// Recorded payloads, as Slack sends them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  parseCommand,
  parseForm,
  parseMessage,
  parsePress,
  parseShortcut,
  type Self,
} from '../../../src/chat/slack/parse.ts'
import { questionOf } from '../../../src/chat/slack/words.ts'

const SELF: Self = { team: 'T061EG9R6', user: 'U0LAN0Z89', bot: 'B0LAN', url: 'https://shop.slack.com/' }

function payload(name: string): Record<string, unknown> {
  const file = join(import.meta.dirname, '../../payloads/slack', `${name}.json`)
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
}

const said = (name: string) => parseMessage(payload(name).event, SELF)

describe('what people say', () => {
  it('a mention is a question, as it was typed', () => {
    expect(said('app_mention')).toMatchObject({
      why: 'mention',
      inbound: {
        id: ['T061EG9R6', 'C0LAN2Q65', '1515449483.000108'],
        text: 'what is wrong in #shop? see checkout.shop.svc & https://wiki.test/run?a=1&b=2',
        thread: {
          platform: 'slack',
          workspace: 'T061EG9R6',
          channel: 'C0LAN2Q65',
          thread: '1515449483.000108',
          direct: false,
        },
        person: { platform: 'slack', workspace: 'T061EG9R6', id: 'U061F7AUR' },
        at: '2018-01-08T22:11:23.000Z',
      },
    })
  })

  it('both events of one mention are the same question', () => {
    expect(said('message_channels_mention')!.inbound).toEqual(said('app_mention')!.inbound)
  })

  it('a direct message needs no mention, and a quoted command is that command', () => {
    expect(said('message_im')).toMatchObject({
      why: 'direct',
      inbound: { text: 'kubectl get pods -n shop', thread: { direct: true, thread: '1515449522.000016' } },
    })
  })

  it('a reply without a mention is a follow-up in its thread', () => {
    expect(said('message_thread_reply')).toMatchObject({
      why: 'follow-up',
      inbound: { thread: { thread: '1515449483.000108' }, message: { message: '1515449600.000300' } },
    })
  })

  it('a question may come with a file', () => {
    expect(said('message_file_share')).toMatchObject({ why: 'mention', inbound: { text: 'read this log' } })
  })

  it('a group of people is a place like a channel: a mention is for us, the rest is theirs', () => {
    expect(said('message_mpim_mention')).toMatchObject({
      why: 'mention',
      inbound: { text: 'is shop ok?', thread: { channel: 'G024BE91L', direct: false } },
    })
  })

  it('what is said in the pane of an assistant belongs to the thread that is open there', () => {
    expect(said('message_assistant_thread')).toMatchObject({
      why: 'direct',
      inbound: { text: 'what is wrong in shop?', thread: { thread: '1728277172.000900', direct: true } },
    })
  })

  it('a reply that is shown in the channel too is a reply', () => {
    expect(said('message_thread_broadcast')).toMatchObject({
      why: 'mention',
      inbound: { text: 'and now?', thread: { thread: '1673464730.703009' } },
    })
  })

  it('words that stand in rich text alone are read there', () => {
    expect(said('message_rich_text_only')).toMatchObject({
      why: 'mention',
      inbound: {
        text: 'why is checkout <slow> in #C2U86NC6R? see the page:eyes:\nsince noon\nin all pods\n503 Service Unavailable',
      },
    })
    const event = payload('message_rich_text_only').event as Record<string, unknown>
    for (const blocks of ['x', [7], [{ type: 'rich_text', elements: 'x' }], [{ type: 'section', text: { text: 'x' } }]])
      expect(parseMessage({ ...event, blocks }, SELF)).toBeUndefined()
    let deep: unknown = { type: 'user', user_id: SELF.user }
    for (let n = 0; n < 10_000; n += 1) deep = { type: 'rich_text', elements: [deep] }
    expect(parseMessage({ ...event, blocks: [deep] }, SELF)).toBeUndefined()
  })

  it('a mention of somebody whose id begins like ours is not for us', () => {
    const event = payload('message_plain').event as Record<string, unknown>
    expect(parseMessage({ ...event, text: '<@U0LAN0Z89X> look' }, SELF)).toBeUndefined()
  })

  it.each([
    'message_thread_to_somebody_else',
    'message_plain',
    'message_mpim_plain',
    'message_assistant_root',
    'message_replied',
    'message_changed',
    'message_deleted',
    'app_mention_edited',
    'bot_message',
    'message_of_another_app',
    'message_of_ours',
    'channel_join',
    'app_rate_limited',
  ])('%s is not for us', (name) => {
    expect(said(name)).toBeUndefined()
  })

  it('a mention of nothing asks for help', () => {
    const event = payload('app_mention').event as Record<string, unknown>
    expect(parseMessage({ ...event, text: '<@U0LAN0Z89>' }, SELF)!.inbound.text).toBe('help')
  })

  it.each([
    ['<!channel> look', '@channel look'],
    ['<!subteam^S123|@oncall> look', '@oncall look'],
    ['<@U999|bob> said <mailto:a@b.test|a@b.test>', '@bob said a@b.test'],
    ['a &lt;b&gt; &amp;lt;', 'a <b> &lt;'],
    ['```\nkubectl logs x\n```', 'kubectl logs x'],
    ['x < y and y > z', 'x < y and y > z'],
    [`${'<'.repeat(50_000)}`, '<'.repeat(40_000)],
  ])('reads %j as it was typed', (text, typed) => {
    expect(questionOf(text, SELF)).toBe(typed)
  })
})

describe('what people press', () => {
  it('a button carries its control, the person and the message', () => {
    expect(parsePress(payload('block_actions_button'), SELF)).toEqual({
      control: 'a:7f3a91:approve',
      person: { platform: 'slack', workspace: 'T061EG9R6', id: 'U061F7AUR' },
      on: {
        thread: {
          platform: 'slack',
          workspace: 'T061EG9R6',
          channel: 'C0LAN2Q65',
          thread: '1515449483.000108',
          direct: false,
        },
        message: '1515449802.000200',
      },
      trigger: '12466734323.1395872398.5a4bf6f0a1',
    })
  })

  it('a select carries its choice, and a root message is its own thread', () => {
    expect(parsePress(payload('block_actions_select'), SELF)).toMatchObject({
      control: 'i:abc',
      value: 'web',
      on: { message: '1515449802.000200', thread: { thread: '1515449802.000200' } },
    })
  })

  it('a press outside a message is none', () => {
    expect(parsePress(payload('block_actions_home'), SELF)).toBeUndefined()
  })

  it('a form carries its answers and the message it was opened from', () => {
    expect(parseForm(payload('view_submission'), SELF)).toMatchObject({
      control: 'a:7f3a91:reject',
      fields: { reason: 'too risky now', ticket: '' },
      on: { message: '1515449802.000200', thread: { channel: 'C0LAN2Q65', thread: '1515449483.000108' } },
      trigger: 'V0PKB1ZFV',
    })
  })

  it('a form that remembers nothing of ours is none', () => {
    const sent = payload('view_submission') as { view: Record<string, unknown> }
    expect(parseForm({ ...sent, view: { ...sent.view, private_metadata: 'x' } }, SELF)).toBeUndefined()
  })

  it('a command is a question for a thread of its own', () => {
    expect(parseCommand(payload('slash_command'), SELF)).toEqual({
      person: { platform: 'slack', workspace: 'T061EG9R6', id: 'U061F7AUR' },
      channel: 'C0LAN2Q65',
      text: 'list pods in shop',
      trigger: '13345224609.738474920.8088930838d88f008e0',
    })
  })

  it('what monitoring posts as blocks or attachments is read too, and a message of nothing has no words', () => {
    const sent = payload('message_action') as { message: Record<string, unknown> }
    const asked = (message: Record<string, unknown>) =>
      parseShortcut({ ...sent, message: { ts: sent.message.ts, ...message } }, SELF, new Date(0))?.text
    expect(
      asked({
        text: '',
        attachments: [
          {
            title: '[FIRING:1] KubePodCrashLooping',
            text: 'pod <https://x.test|shop/checkout> &lt;1&gt;',
            fallback: 'no',
          },
          { fallback: 'only this' },
          { fields: [{ title: 'severity', value: 'critical' }] },
        ],
      }),
    ).toBe('Investigate: [FIRING:1] KubePodCrashLooping\npod shop/checkout <1>\nonly this\nseverity: critical')
    expect(
      asked({
        blocks: [
          { type: 'header', text: { type: 'plain_text', text: 'Alert' } },
          {
            type: 'rich_text',
            elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: 'web is down' }] }],
          },
          { type: 'actions', elements: [{ type: 'button', text: { type: 'plain_text', text: 'Silence' } }] },
        ],
      }),
    ).toBe('Investigate: Alert\nweb is down')
    expect(asked({})).toBe('')
    expect(asked({ text: 7, blocks: 'x' })).toBe('')
    let deep: unknown = { text: 'too deep' }
    for (let n = 0; n < 10_000; n += 1) deep = { elements: [deep] }
    expect(asked({ blocks: [deep] })).toBe('')
    expect(asked({ text: 'x'.repeat(100_000) })!.length).toBeLessThan(8100)
  })

  it('the message shortcut asks about that message, in its thread', () => {
    expect(parseShortcut(payload('message_action'), SELF, new Date(0))).toMatchObject({
      text: 'Investigate: checkout answers 503 again',
      thread: { thread: '1515449950.000100' },
      person: { id: 'U061F7AUR' },
    })
  })
})
