// The terminal for the contract suite: lines typed, and what each message printed.
import { PassThrough } from 'node:stream'
import { createTerminal, type Terminal } from '../../../src/chat/terminal/adapter.ts'
import type { ChatRig, Seen } from '../../contracts/chat-rig.ts'
import { startRedis } from '../support.ts'
import { startBot } from './bot.ts'

interface Window {
  terminal: Terminal
  /** by message id, in order of first appearance */
  messages: Map<string, Seen>
  printed: string[]
  stop(): Promise<void>
}

/** A terminal is one thread, so each thread of the suite is a terminal of its own. */
export async function openTerminalRig(): Promise<ChatRig> {
  const redis = await startRedis()
  const store = await redis.connect()
  const windows = new Map<string, Window>()
  const rig: ChatRig = {
    tasks: [],
    clicks: [],
    reply: {},
    person: { platform: 'terminal', workspace: '', id: 'mira', name: 'mira' },
    outbox: undefined as never,
    newThread: async () => (await open()).terminal.thread,
    seen: async (thread) => [...windows.get(thread.thread)!.messages.values()],
    privately: async () => [...windows.values()].flatMap((one) => one.printed),
    async press(thread, label, how = {}) {
      const { terminal, printed } = windows.get(thread.thread)!
      const line = printed
        .join('')
        .split('\n')
        .find((one) => one.trim().startsWith('/') && one.endsWith(label))!
      await terminal.type(`${line.trim().split(' ')[0]} ${how.value ?? ''}`)
      for (const answer of Object.values(how.fields ?? {})) await terminal.type(answer)
    },
    async ask(text) {
      await (await open()).terminal.type(text)
      return {}
    },
    async stop() {
      for (const one of windows.values()) await one.stop()
      await redis.stop()
    },
  }

  async function open(): Promise<Window> {
    const output = new PassThrough()
    const window: Window = { terminal: undefined as never, messages: new Map(), printed: [], stop: async () => {} }
    output.on('data', (chunk: Buffer) => window.printed.push(chunk.toString()))
    const bot = await startBot(
      store,
      (parts) => {
        const input = new PassThrough()
        const saveFile = async (file: { data: string }) => `/tmp/${file.data.slice(-60).replaceAll('\n', ' ')}`
        const terminal = createTerminal(parts, { input, output, user: 'mira', width: 100, colour: false, saveFile })
        return watched(terminal, window)
      },
      { onTask: async (task) => void rig.tasks.push(task) },
    )
    const { onClick } = bot.handlers
    bot.handlers.onClick = async (click) => {
      rig.clicks.push(click)
      bot.reply = rig.reply
      return onClick(click)
    }
    window.terminal = bot.adapter as Terminal
    window.stop = bot.stop
    windows.set(window.terminal.thread.thread, window)
    rig.outbox ??= bot.outbox
    return window
  }

  await open()
  return rig
}

/** Notes which message each print belongs to; an edit is printed anew. */
function watched(terminal: Terminal, window: Window): Terminal {
  const { say } = terminal
  const original = { ...say }
  async function printed(work: () => Promise<unknown>): Promise<string> {
    const before = window.printed.length
    await work()
    return window.printed.slice(before).join('')
  }
  say.post = async (message) => {
    let posted: Awaited<ReturnType<typeof say.post>>
    const text = await printed(async () => (posted = await original.post(message)))
    window.messages.set(posted!.message, { text, files: [], edits: 0, notifies: [] })
    return posted!
  }
  say.update = async (on, message) => {
    const text = await printed(() => original.update(on, message))
    const seen = window.messages.get(on.message)!
    window.messages.set(on.message, { ...seen, text, edits: seen.edits + 1 })
  }
  say.upload = async (thread, file, tag) => {
    const text = await printed(() => original.upload(thread, file, tag))
    const last = [...window.messages.values()].at(-1)!
    last.files.push({ name: file.name, text, alt: /\(([^)]*)\)\n$/.exec(text)?.[1] })
  }
  return terminal
}
