// The terminal as a chat platform: one person, one thread per session, buttons as numbers.
import { randomBytes } from 'node:crypto'
import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import type { Attachment, Card, Control } from '../../core/card.ts'
import { messageOf } from '../../core/errors.ts'
import type { Person } from '../../core/people.ts'
import { type MessageRef, type Thread, threadKey } from '../../core/thread.ts'
import { createClicks } from '../clicks.ts'
import { type Adapter, type AdapterContext, type Handlers, SayError } from '../contract.ts'
import { createIntake } from '../intake.ts'
import { neutralise, neutraliseLine } from '../neutralise.ts'
import { parseLine } from './parse.ts'
import { type Look, overflowOf, renderCard } from './render.ts'

export interface TerminalOptions {
  input: Readable
  output: Writable
  /** the name of the OS user, or of `--as` */
  user: string
  colour?: boolean
  width?: number
  /** printed before each line; '' for none */
  prompt?: string
  /** another name for the session; default: random, so that two terminals never share a thread */
  session?: string
  /** files are announced, and written by this when given; resolves where */
  saveFile?: (file: Attachment) => Promise<string>
}

export interface Terminal extends Adapter {
  thread: Thread
  person: Person
  /** resolves when the person leaves: `/quit`, end of input */
  closed: Promise<void>
  /** what the person typed, for programs that type for them; resolves when it is stored */
  type(line: string): Promise<void>
}

const HELP = [
  'Type a question, such as "what is wrong in shop?" or "kubectl get pods -n shop".',
  '/1, /2 …  press a button by its number; for a list: /2 followed by a choice',
  '/help     this help',
  '/quit     leave',
]

export function createTerminal(context: Omit<AdapterContext, 'config'>, options: TerminalOptions): Terminal {
  const { output } = options
  const session = options.session ?? randomBytes(6).toString('hex')
  const thread: Thread = { platform: 'terminal', workspace: '', channel: 'terminal', thread: session, direct: true }
  const person: Person = { platform: 'terminal', workspace: '', id: options.user, name: options.user }
  const intake = createIntake(context.store, context.outbox)
  const clicks = createClicks(context.store, context.outbox)
  const controls: { control: Control; on: MessageRef }[] = []
  const keys = new Map<string, string>()
  const files = new Set<string>()
  let handlers: Handlers | undefined
  let lines: Interface | undefined
  let typed = 0
  let printed = 0
  /** a form being filled in, field by field */
  let asking: { control: Control & { kind: 'button' }; on: MessageRef; answers: Record<string, string> } | undefined
  let busy: Promise<void> = Promise.resolve()
  let leave = () => {}
  const closed = new Promise<void>((resolve) => {
    leave = resolve
  })

  function look(): Look {
    const tty = output as Partial<NodeJS.WriteStream>
    return {
      width: options.width ?? Math.min(tty.columns ?? 100, 140),
      colour: options.colour ?? (tty.isTTY === true && !tty.getColorDepth?.([]) === false),
    }
  }

  function print(text: string[]): void {
    output.write(`${text.join('\n')}\n`)
  }

  function show(card: Card, on: MessageRef): void {
    const numberOf = (id: string) => {
      const known = controls.findIndex((one) => one.control.id === id)
      if (known >= 0) return known + 1
      const control = card.controls.find((one) => one.id === id)!
      return controls.push({ control, on })
    }
    print([...renderCard(card, look(), numberOf), ''])
    lines?.prompt(true)
  }

  function type(line: string): Promise<void> {
    // one after the other, as they were typed
    busy = busy.then(() => take(line)).catch((error) => print([`That did not work: ${neutralise(messageOf(error))}`]))
    return busy
  }

  async function take(raw: string): Promise<void> {
    if (asking) return answer(raw.trim())
    const line = parseLine(raw)
    switch (line.kind) {
      case 'nothing':
        return
      case 'help':
        return print(HELP)
      case 'quit':
        return leave()
      case 'unknown':
        return print([`There is no command ${neutraliseLine(line.command)}. /help shows what there is.`])
      case 'press':
        return press(line.number, line.choice)
      case 'ask': {
        typed += 1
        const inbound = { id: [session, String(typed)], thread, person, text: line.text, at: new Date().toISOString() }
        await intake(inbound, handlers!)
      }
    }
  }

  async function press(number: number, choice: string): Promise<void> {
    const entry = controls[number - 1]
    // what the message shows now counts, not what it showed when it was printed
    const control = entry && (await clicks.find(entry.on, entry.control.id))
    if (!entry || !control) return print([`There is no button /${number} any more.`])
    if (control.kind === 'select') {
      const option =
        control.options[Number(choice) - 1] ??
        control.options.find((one) => one.value === choice || one.label.toLowerCase() === choice.toLowerCase())
      if (!option) return print([`Choose one of 1 to ${control.options.length}: /${number} 1`])
      return click(control.id, entry.on, {}, option.value)
    }
    if (!control.form) return click(control.id, entry.on, {})
    asking = { control, on: entry.on, answers: {} }
    print([`${neutraliseLine(control.form.title)} (an empty line leaves out what is optional, /cancel stops)`])
    askNext()
  }

  function askNext(): void {
    const field = asking!.control.form!.fields.find((one) => !Object.hasOwn(asking!.answers, one.id))!
    print([`${neutraliseLine(field.label)}${field.hint ? ` (${neutraliseLine(field.hint)})` : ''}:`])
  }

  async function answer(text: string): Promise<void> {
    const form = asking!.control.form!
    if (text === '/cancel') {
      asking = undefined
      return print(['Stopped.'])
    }
    const field = form.fields.find((one) => !Object.hasOwn(asking!.answers, one.id))!
    if (text === '' && field.required) return askNext()
    asking!.answers[field.id] = text
    if (Object.keys(asking!.answers).length < form.fields.length) return askNext()
    const { control, on, answers } = asking!
    asking = undefined
    await click(control.id, on, answers)
  }

  async function click(control: string, on: MessageRef, fields: Record<string, string>, value?: string): Promise<void> {
    typed += 1
    const trigger = `${session}-${typed}`
    const reply = await clicks.take({ control, fields, person, on, trigger, ...(value ? { value } : {}) }, handlers!)
    for (const error of Object.values(reply.errors ?? {})) print([neutralise(error)])
  }

  return {
    name: 'terminal',
    thread,
    person,
    closed,
    type,
    pace: { postEveryMs: 0, editEveryMs: 150, editsPerMinute: 6000, reactionsPerMinute: 6000 },
    serves: (other) => threadKey(other) === threadKey(thread) || other.channel === '',
    health: () => ({ name: 'terminal', ok: true, detail: 'The terminal is open.' }),
    doctor: async () => [],
    async start(given) {
      handlers = given
      lines = createInterface({ input: options.input, output, prompt: options.prompt ?? '', terminal: false })
      lines.on('line', (line) => void type(line))
      // what was typed before the end of input is still taken
      lines.on('close', () => void busy.then(leave))
      if (options.prompt) lines.prompt()
    },
    async stop() {
      lines?.close()
      await busy
      leave()
    },
    say: {
      overflow: overflowOf,
      async post({ key, thread: where, card }) {
        // a crash takes the terminal with it, so there is never anything to look back for but this process's own memory
        printed += 1
        const on = { thread: where, message: String(printed) }
        keys.set(key, on.message)
        show(card, on)
        return on
      },
      async update(on, { card }) {
        show(card, on)
      },
      async find(where, key) {
        const message = keys.get(key)
        return message ? { thread: where, message } : undefined
      },
      openThread: async (on) => on.thread,
      async notify(to, _thread, card) {
        if (to.id !== person.id) throw new SayError('refused', `${to.id} is not at this terminal.`)
        show(card, { thread, message: 'private' })
      },
      async react(_on, sign) {
        if (sign === 'failed') print(['✗'])
      },
      async upload(_thread, file, tag) {
        files.add(tag)
        const where = options.saveFile ? ` → ${await options.saveFile(file)}` : ''
        print([
          `📎 ${neutraliseLine(file.title ?? file.name)}${where}${file.alt ? ` (${neutraliseLine(file.alt)})` : ''}`,
        ])
      },
      hasFile: async (_thread, tag) => files.has(tag),
      async whois(who) {
        return { name: who.name ?? who.id, bot: false, guest: false, stranger: false, groups: [], roles: [] }
      },
    },
  }
}
