// The fake, judged by Slack's own client: what Slack refuses, it refuses, with Slack's words.
import { WebClient } from '@slack/web-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { slackLogger } from '../../../src/chat/slack/logger.ts'
import { silentLogger } from '../../../src/log.ts'
import { type FakeSlack, startFakeSlack } from './slack.ts'

let slack: FakeSlack
let client: WebClient

beforeAll(async () => {
  slack = await startFakeSlack({ limits: true })
  slack.addUser({ id: 'U1', name: 'mira' })
  slack.addChannel({ id: 'C1', name: 'ops' })
  slack.addChannel({ id: 'C2', name: 'elsewhere', members: ['U1'] })
  slack.addChannel({ id: 'C3', name: 'old', is_archived: true })
  slack.addChannel({ id: 'C4', name: 'limits' })
  client = connect(slack.botToken)
})
afterAll(() => slack.stop())

function connect(token: string): WebClient {
  const logger = slackLogger(silentLogger)
  return new WebClient(token, {
    slackApiUrl: slack.apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logger,
  })
}

const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } })
let channels = 0
/** in a channel of its own, unless told otherwise: the limit of one a second is another test's matter */
const post = (more: Record<string, unknown>) =>
  client
    .apiCall('chat.postMessage', { channel: slack.addChannel({ id: `CP${(channels += 1)}` }).id, text: 'x', ...more })
    .then(
      () => 'ok',
      (error: { data?: { error: string } }) => error.data?.error ?? 'limited',
    )

describe('a post', () => {
  it.each([
    ['an unknown channel', { channel: 'C9' }, 'channel_not_found'],
    ['a channel we are not in', { channel: 'C2' }, 'not_in_channel'],
    ['an archived channel', { channel: 'C3' }, 'is_archived'],
    ['nothing to say', { text: '' }, 'no_text'],
    ['too much to say', { text: 'x'.repeat(40_001) }, 'msg_too_long'],
    ['51 blocks', { blocks: Array(51).fill({ type: 'divider' }) }, 'invalid_blocks'],
    ['a text of 3001 characters', { blocks: [section('x'.repeat(3001))] }, 'invalid_blocks'],
    ['an empty text', { blocks: [section('')] }, 'invalid_blocks'],
    [
      'texts of 14,000 characters together',
      { blocks: Array(5).fill(section('x'.repeat(2800))) },
      'msg_blocks_too_long',
    ],
    [
      'an empty run of rich text',
      {
        blocks: [
          { type: 'rich_text', elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: '' }] }] },
        ],
      },
      'invalid_blocks',
    ],
    [
      '26 buttons in a row',
      {
        blocks: [
          { type: 'actions', elements: Array(26).fill({ type: 'button', text: { type: 'plain_text', text: 'x' } }) },
        ],
      },
      'invalid_blocks',
    ],
    [
      'a label of 76 characters',
      {
        blocks: [
          { type: 'actions', elements: [{ type: 'button', text: { type: 'plain_text', text: 'x'.repeat(76) } }] },
        ],
      },
      'invalid_blocks',
    ],
    [
      'metadata that is none',
      { metadata: { event_type: 'Not Allowed', event_payload: {} } },
      'invalid_metadata_format',
    ],
  ])('with %s is refused', async (_what, args, error) => {
    expect(await post(args)).toBe(error)
  })

  it('more often than once a second is limited, with the time to wait', async () => {
    const results = []
    for (let n = 0; n < 6; n += 1) results.push(await post({ channel: 'C4' }))
    expect(results.slice(0, 3)).toEqual(['ok', 'ok', 'ok'])
    expect(results).toContain('limited')
    await expect(client.chat.postMessage({ channel: 'C4', text: 'x' })).rejects.toMatchObject({ retryAfter: 1 })
  })
})

describe('everything else', () => {
  it('edits, reactions and files have their own refusals', async () => {
    const theirs = slack.write({ channel: 'C1', user: 'U1', text: 'hello' })
    const edit = client.chat.update({ channel: 'C1', ts: theirs.ts, text: 'x' })
    await expect(edit).rejects.toMatchObject({ data: { error: 'cant_update_message' } })
    const gone = client.chat.update({ channel: 'C1', ts: '1.000000', text: 'x' })
    await expect(gone).rejects.toMatchObject({ data: { error: 'message_not_found' } })
    await client.reactions.add({ channel: 'C1', timestamp: theirs.ts, name: 'eyes' })
    const twice = client.reactions.add({ channel: 'C1', timestamp: theirs.ts, name: 'eyes' })
    await expect(twice).rejects.toMatchObject({ data: { error: 'already_reacted' } })
    const empty = client.files.getUploadURLExternal({ filename: 'a', length: 0 })
    await expect(empty).rejects.toMatchObject({ data: { error: 'missing_argument' } })
  })

  it('a file sent by the client itself arrives in its thread', async () => {
    const root = slack.write({ channel: 'C1', user: 'U1', text: 'a log, please' })
    await client.files.uploadV2({ channel_id: 'C1', thread_ts: root.ts, filename: 'a.txt', content: 'all of it' })
    const [message] = slack.said('C1').filter((one) => one.thread_ts === root.ts)
    expect(message!.files![0]!.data!.toString()).toBe('all of it')
  })

  it('a trigger opens one modal, within three seconds', async () => {
    const view = { type: 'modal' as const, title: { type: 'plain_text' as const, text: 'x' }, blocks: [] }
    await expect(client.views.open({ trigger_id: 'x', view })).rejects.toMatchObject({
      data: { error: 'invalid_trigger_id' },
    })
    const click = slack.command({ channel: 'C1', user: 'U1', text: '' })
    const trigger_id = click.payload.trigger_id as string
    await client.views.open({ trigger_id, view })
    await expect(client.views.open({ trigger_id, view })).rejects.toMatchObject({
      data: { error: 'exchanged_trigger_id' },
    })
  })

  it('a scope that was not granted is named, and what needs it is not heard', async () => {
    const poor = await startFakeSlack({ scopes: ['chat:write'] })
    poor.addChannel({ id: 'C1' })
    const client = new WebClient(poor.botToken, { slackApiUrl: poor.apiUrl, retryConfig: { retries: 0 } })
    const { ts } = await client.chat.postMessage({ channel: 'C1', text: 'x' })
    await expect(client.conversations.replies({ channel: 'C1', ts: ts! })).rejects.toMatchObject({
      data: { error: 'missing_scope', needed: 'channels:history' },
    })
    await expect(client.reactions.add({ channel: 'C1', timestamp: ts!, name: 'eyes' })).rejects.toMatchObject({
      data: { needed: 'reactions:write' },
    })
    poor.mention({ channel: 'C1', user: 'U1', text: 'hello' })
    expect(poor.wire.deliveries).toEqual([])
    await poor.stop()
  })

  it('tokens are checked, each for its own methods', async () => {
    await expect(connect('xoxb-wrong').auth.test()).rejects.toMatchObject({ data: { error: 'invalid_auth' } })
    await expect(client.apps.connections.open({})).rejects.toMatchObject({ data: { error: 'not_allowed_token_type' } })
    await expect(client.apiCall('no.such')).rejects.toMatchObject({ data: { error: 'unknown_method' } })
  })

  it('a long channel is read page by page', async () => {
    slack.addChannel({ id: 'C5', name: 'long' })
    for (let n = 0; n < 25; n += 1) slack.write({ channel: 'C5', user: 'U1', text: `m${n}` })
    const pages = []
    for await (const page of client.paginate('conversations.history', { channel: 'C5', limit: 10 })) {
      pages.push((page as unknown as { messages: { text: string }[] }).messages.map((one) => one.text))
    }
    expect(pages.map((page) => page.length)).toEqual([10, 10, 5])
    expect(pages[0]![0]).toBe('m24')
  })
})
