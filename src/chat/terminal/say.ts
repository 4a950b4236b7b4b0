// Speaking in the terminal: prints cards, numbers their buttons, and redraws the last message while nothing stands below it.
import type { Writable } from 'node:stream'
import type { Attachment, Card, Control } from '../../core/card.ts'
import type { Person } from '../../core/people.ts'
import type { MessageRef, Thread } from '../../core/thread.ts'
import { type Say, SayError } from '../contract.ts'
import { neutraliseLine } from '../neutralise.ts'
import { type Look, overflowOf, renderCard, rowsOf } from './render.ts'

export interface Screen {
  output: Writable
  look(): Look
  /** writes files beside the conversation; resolves where */
  saveFile?: ((file: Attachment) => Promise<string>) | undefined
  /** printed again after each message, so that a person sees where to type */
  prompt(): void
}

export interface TerminalSay extends Say {
  print(lines: string[]): void
  /** the control that a number stands for */
  pressable(number: number): { control: Control; on: MessageRef } | undefined
  /** the person typed something: what was printed before stays as it is */
  typed(): void
  /** resolves when a question (by its message id) has its answer, or its failure */
  answered(question: string): Promise<void>
}

export function createTerminalSay(screen: Screen, person: Person, thread: Thread): TerminalSay {
  const { output } = screen
  const numbered: { control: Control; on: MessageRef }[] = []
  const messages = new Map<string, string>()
  const files = new Set<string>()
  const ended = new Map<string, PromiseWithResolvers<void>>()
  let count = 0
  /** the message at the bottom of the screen, and how many rows it takes */
  let bottom: { message: string; rows: number } | undefined

  function print(lines: string[]): void {
    bottom = undefined
    output.write(`${screen.look().redraw ? '\r\u001b[K' : ''}${lines.join('\n')}\n`)
    screen.prompt()
  }

  function numberOf(control: Control, on: MessageRef): number {
    const known = numbered.findIndex((one) => one.control.id === control.id && one.on.message === on.message)
    return known >= 0 ? known + 1 : numbered.push({ control, on })
  }

  function show(card: Card, on: MessageRef): void {
    const look = screen.look()
    const lines = [...renderCard(card, look, (control) => numberOf(control, on)), '']
    const above = look.redraw && bottom?.message === on.message ? bottom.rows : 0
    // up, and everything below away
    const erase = above > 0 ? `\r\u001b[${above}A\u001b[J` : look.redraw ? '\r\u001b[K' : ''
    output.write(`${erase}${lines.join('\n')}\n`)
    bottom = { message: on.message, rows: rowsOf(lines, look.width) }
    screen.prompt()
  }

  function ending(question: string): PromiseWithResolvers<void> {
    const known = ended.get(question) ?? Promise.withResolvers<void>()
    ended.set(question, known)
    return known
  }

  return {
    print,
    pressable: (number) => numbered[number - 1],
    typed() {
      bottom = undefined
    },
    answered: (question) => ending(question).promise,
    overflow: overflowOf,
    async post({ key, thread: where, card }) {
      count += 1
      const on = { thread: where, message: String(count) }
      // a crash takes the window with it, so this process's own memory is all there is to look back at
      messages.set(key, on.message)
      show(card, on)
      return on
    },
    async update(on, { card }) {
      show(card, on)
    },
    async find(where, key) {
      const message = messages.get(key)
      return message ? { thread: where, message } : undefined
    },
    openThread: async () => {},
    async notify({ to, card }) {
      if (to.id !== person.id) throw new SayError('refused', `${to.id} is not at this terminal.`)
      show(card, { thread, message: 'private' })
    },
    async react(on, sign) {
      if (sign !== 'seen') ending(on.message).resolve()
    },
    async upload(_thread, file, tag) {
      files.add(tag)
      const where = screen.saveFile ? ` → ${await screen.saveFile(file)}` : ''
      const alt = file.alt ? ` (${neutraliseLine(file.alt)})` : ''
      print([`📎 ${neutraliseLine(file.title ?? file.name)}${where}${alt}`])
    },
    hasFile: async (_thread, tag) => files.has(tag),
    async whois(who) {
      return { name: who.name ?? who.id, bot: false, guest: false, stranger: false, groups: [], roles: [] }
    },
  }
}
