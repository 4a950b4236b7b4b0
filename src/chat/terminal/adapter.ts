// The terminal as a chat platform: one person, one thread per session, buttons as numbers.
import { randomBytes } from 'node:crypto'
import { createInterface, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import type { Attachment, Control, Form } from '../../core/card.ts'
import { messageOf } from '../../core/errors.ts'
import type { Person } from '../../core/people.ts'
import { type MessageRef, type Thread, threadKey } from '../../core/thread.ts'
import { createClicks } from '../clicks.ts'
import type { Adapter, AdapterContext, Handlers } from '../contract.ts'
import { createIntake } from '../intake.ts'
import { neutralise, neutraliseLine } from '../neutralise.ts'
import { parseLine } from './parse.ts'
import type { Look } from './render.ts'
import { createTerminalSay, type TerminalSay } from './say.ts'

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
  say: TerminalSay
  thread: Thread
  person: Person
  /** resolves when the person leaves: `/quit`, or end of input once everything typed is answered */
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
/** nobody limits a terminal */
const FREE = { everyMs: 0, burst: 1, by: 'workspace' } as const
/** how long the end of input waits for the answers to what was typed */
const LAST_ANSWERS_MS = 10 * 60_000

/** A form being filled in, one line per field. */
interface Filling {
  form: Form
  control: string
  on: MessageRef
  answers: Record<string, string>
}

export function createTerminal(context: Omit<AdapterContext, 'config'>, options: TerminalOptions): Terminal {
  const session = options.session ?? randomBytes(6).toString('hex')
  const thread: Thread = { platform: 'terminal', workspace: '', channel: 'terminal', thread: session, direct: true }
  const person: Person = { platform: 'terminal', workspace: '', id: options.user, name: options.user }
  const { input, output } = options
  const isScreen =
    (input as Partial<NodeJS.ReadStream>).isTTY === true && (output as Partial<NodeJS.WriteStream>).isTTY === true
  const say = createTerminalSay(
    { output, look, saveFile: options.saveFile, prompt: () => isScreen && lines?.prompt(true) },
    person,
    thread,
  )
  const intake = createIntake(context.store, context.outbox, say)
  const clicks = createClicks(context.store, context.outbox, context.log)
  const questions: Promise<void>[] = []
  const left = Promise.withResolvers<void>()
  let handlers: Handlers | undefined
  let lines: Interface | undefined
  let typed = 0
  let filling: Filling | undefined
  let busy: Promise<void> = Promise.resolve()

  function look(): Look {
    const tty = output as Partial<NodeJS.WriteStream>
    return {
      width: options.width ?? Math.min(Math.max(tty.columns || 100, 40), 140),
      colour: options.colour ?? (tty.isTTY === true && tty.hasColors?.() === true),
      redraw: isScreen,
    }
  }

  function type(line: string): Promise<void> {
    say.typed()
    // one after the other, as they were typed
    busy = busy
      .then(() => take(line))
      .catch((error) => say.print([`That did not work: ${neutralise(messageOf(error))}`]))
    return busy
  }

  async function take(raw: string): Promise<void> {
    if (filling) return fill(filling, raw.trim())
    const line = parseLine(raw)
    switch (line.kind) {
      case 'nothing':
        return
      case 'help':
        return say.print(HELP)
      case 'quit':
        return left.resolve()
      case 'unknown':
        return say.print([`There is no command ${neutraliseLine(line.command)}. /help shows what there is.`])
      case 'press':
        return press(line.number, line.choice)
      case 'ask':
        return ask(line.text)
    }
  }

  async function ask(text: string): Promise<void> {
    typed += 1
    const message = `typed-${typed}`
    questions.push(say.answered(message))
    const id = [session, message]
    await intake({ id, thread, person, text, at: new Date().toISOString(), message: { thread, message } }, handlers!)
  }

  async function press(number: number, choice: string): Promise<void> {
    const entry = say.pressable(number)
    // what the message shows now counts, not what it showed when it was printed
    const control = entry && (await clicks.find(entry.on, entry.control.id))
    if (!entry || !control) return say.print([`There is no button /${number} any more.`])
    if (control.kind === 'select') return choose(control, entry.on, number, choice)
    if (!control.form) return click(control.id, entry.on, {})
    filling = { form: control.form, control: control.id, on: entry.on, answers: {} }
    say.print([`${neutraliseLine(control.form.title)} (an empty line leaves out what is optional, /cancel stops)`])
    askField(filling)
  }

  async function choose(control: Control & { kind: 'select' }, on: MessageRef, number: number, choice: string) {
    const option =
      control.options[Number(choice) - 1] ??
      control.options.find((one) => one.value === choice || one.label.toLowerCase() === choice.toLowerCase())
    if (!option) return say.print([`Choose one of 1 to ${control.options.length}, for example /${number} 1`])
    return click(control.id, on, {}, option.value)
  }

  function nextField({ form, answers }: Filling): Form['fields'][number] | undefined {
    return form.fields.find((field) => !Object.hasOwn(answers, field.id))
  }

  function askField(form: Filling): void {
    const field = nextField(form)
    if (field) say.print([`${neutraliseLine(field.label)}${field.hint ? ` (${neutraliseLine(field.hint)})` : ''}:`])
  }

  async function fill(form: Filling, text: string): Promise<void> {
    if (text === '/cancel') {
      filling = undefined
      return say.print(['Stopped.'])
    }
    const field = nextField(form)
    if (field && (text !== '' || !field.required)) form.answers[field.id] = text
    if (nextField(form)) return askField(form)
    filling = undefined
    await click(form.control, form.on, form.answers)
  }

  async function click(control: string, on: MessageRef, fields: Record<string, string>, value?: string): Promise<void> {
    typed += 1
    const trigger = `${session}-${typed}`
    const reply = await clicks.take({ control, fields, person, on, trigger, ...(value ? { value } : {}) }, handlers!)
    for (const error of Object.values(reply.errors ?? {})) say.print([neutralise(error)])
  }

  /** Whoever pipes questions in wants the answers, although the input has ended. */
  async function inputEnded(): Promise<void> {
    await busy
    await Promise.race([Promise.all(questions), new Promise((resolve) => setTimeout(resolve, LAST_ANSWERS_MS).unref())])
    left.resolve()
  }

  return {
    name: 'terminal',
    thread,
    person,
    say,
    closed: left.promise,
    type,
    pace: { posts: FREE, edits: FREE, reactions: FREE, editEveryMs: 150 },
    serves: (other) => threadKey(other) === threadKey(thread) || other.channel === '',
    health: () => ({ name: 'terminal', ok: true, detail: 'The terminal is open.' }),
    doctor: async () => [],
    async start(given) {
      handlers = given
      lines = createInterface({ input, output, prompt: options.prompt ?? '', terminal: isScreen })
      // Ctrl-C leaves, as everywhere
      lines.on('SIGINT', () => left.resolve())
      lines.on('line', (line) => void type(line))
      lines.on('close', () => void inputEnded())
      if (isScreen) lines.prompt()
    },
    async stop() {
      lines?.close()
      await busy
      left.resolve()
    },
  }
}
