import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTerminal, type Terminal, type TerminalOptions } from '../../src/chat/terminal/adapter.ts'
import { parseLine } from '../../src/chat/terminal/parse.ts'
import { renderCard } from '../../src/chat/terminal/render.ts'
import { type Card, textCard } from '../../src/core/card.ts'
import { type Bot, type BotOptions, startBot } from './rigs/bot.ts'
import { eventually, sleep, startRedis, type TestRedis } from './support.ts'

let redis: TestRedis
let windows = 0
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

async function open(options: Partial<TerminalOptions> = {}, bot: BotOptions = {}) {
  windows += 1
  const output = new PassThrough()
  const input = new PassThrough()
  let text = ''
  output.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  const started: Bot = await startBot(
    await redis.connect(`terminal${windows}:`),
    (parts) => createTerminal(parts, { input, output, user: 'mira', width: 80, colour: false, ...options }),
    bot,
  )
  const terminal = started.adapter as Terminal
  return { bot: started, terminal, input, output, printed: () => text }
}

const lines = (card: Partial<Card>, colour = false) =>
  renderCard({ blocks: [], controls: [], ...card }, { width: 60, colour }, () => 1)

describe('what is typed', () => {
  it.each([
    ['what is wrong?', { kind: 'ask', text: 'what is wrong?' }],
    ['  ', { kind: 'nothing' }],
    ['/2', { kind: 'press', number: 2, choice: '' }],
    ['/2 web', { kind: 'press', number: 2, choice: 'web' }],
    ['/quit', { kind: 'quit' }],
    ['/HELP', { kind: 'help' }],
    ['/etc/passwd x', { kind: 'unknown', command: '/etc/passwd' }],
  ])('%j', (line, meaning) => {
    expect(parseLine(line)).toEqual(meaning)
  })
})

describe('what is printed', () => {
  it('a title carries sign and cluster on one line', () => {
    expect(lines({ tone: 'bad', title: 'shop/checkout', cluster: 'prod-eu' })).toEqual([
      `🔴 shop/checkout${' '.repeat(60 - 16 - 7)}prod-eu`,
    ])
  })

  it('without a title, the first text does', () => {
    const [first] = lines({ tone: 'ok', cluster: 'prod-eu', blocks: [{ kind: 'text', text: 'all is well' }] })
    expect(first).toMatch(/^✅ all is well +prod-eu$/)
  })

  it('facts stand in columns, and long ones wrap below themselves', () => {
    const rows = [
      { label: 'Cause', text: 'short' },
      { label: 'Evidence', text: 'a text that is much longer than the window is wide, so that it wraps' },
    ]
    expect(lines({ blocks: [{ kind: 'facts', rows }] })).toEqual([
      'Cause     short',
      'Evidence  a text that is much longer than the window is',
      '          wide, so that it wraps',
    ])
  })

  it('what begins after facts stands apart from them', () => {
    const facts = { kind: 'facts' as const, rows: [{ label: 'Cause', text: 'one' }] }
    expect(lines({ blocks: [facts, { kind: 'text', text: 'another' }, facts] })).toEqual([
      'Cause  one',
      '',
      'another',
      'Cause  one',
    ])
  })

  it('colours are ours alone', () => {
    const text = lines({ title: '\u001b[31mtitle', blocks: [{ kind: 'code', text: '\u001b[2Jcode' }] }, true).join('\n')
    expect(text.replaceAll('\u001b[1m', '').replaceAll('\u001b[0m', '')).toBe('title\n  code')
  })
})

describe('a terminal', () => {
  it('answers what is piped in, and only then ends', async () => {
    const { bot, terminal, input, printed } = await open(
      {},
      {
        onTask: async (task, outbox) => {
          if (task.kind !== 'answer') return
          setTimeout(() => {
            const card = textCard(`answer to ${task.text}`)
            void outbox
              .put({ kind: 'post', key: task.id, thread: task.thread, card, attachments: [], root: false })
              .then(() => outbox.put({ kind: 'react', key: `end-${task.id}`, on: task.message!, sign: 'done' }))
          }, 200)
        },
      },
    )
    input.end('one\ntwo')
    await terminal.closed
    expect(printed()).toContain('answer to one')
    expect(printed()).toContain('answer to two')
    await bot.stop()
  })

  it('redraws its last message on a screen, unless something was typed below it', async () => {
    const screen = Object.assign(new PassThrough(), { isTTY: true, columns: 80, hasColors: () => false })
    const keyboard = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} })
    let text = ''
    screen.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    const { bot, terminal } = await open({ input: keyboard, output: screen as never, prompt: '› ' })
    const say = (body: string) =>
      bot.outbox.put({
        kind: 'post',
        key: 'k',
        thread: terminal.thread,
        card: textCard(body),
        attachments: [],
        root: false,
      })
    await say('looking')
    await eventually('the first body', () => text.includes('looking'))
    await say('found')
    await eventually('the second body', () => text.includes('found'))
    expect(text.slice(text.indexOf('looking'))).toContain('\r\u001b[2A\u001b[Jfound')
    await terminal.type('/help')
    await say('corrected')
    await eventually('the third body', () => text.includes('corrected'))
    expect(text).not.toContain('\u001b[Jcorrected')
    await bot.stop()
  })

  it('does not speak in the thread of another terminal', async () => {
    const one = await open({ session: 'one' })
    await one.bot.outbox.put({
      kind: 'post',
      key: 'k',
      thread: { ...one.terminal.thread, thread: 'other' },
      card: textCard('not for you'),
      attachments: [],
      root: false,
    })
    await sleep(300)
    expect(one.printed()).not.toContain('not for you')
    await one.bot.stop()
  })
})
