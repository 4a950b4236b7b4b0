// What every adapter does with a click: is the control ours and still there, may they press it, who acts on it, what they are told.
import { type Control, type Form, type RichText, textCard } from '../core/card.ts'
import { messageOf } from '../core/errors.ts'
import type { Person } from '../core/people.ts'
import type { MessageRef, Thread } from '../core/thread.ts'
import type { Logger } from '../log.ts'
import type { Store } from '../store/store.ts'
import type { Click, ClickReply, Handlers } from './contract.ts'
import type { Outbox } from './outbox.ts'
import { createThreads } from './threads.ts'

const GONE = 'This button is no longer in use.'
const AGAIN = 'Please press it once more: its form could not be opened.'
const NO_FORM = 'The form could not be opened; please press again.'
/** A message is on the screen a moment before we have noted where it stands; whoever presses that fast is waited for. */
const LOOKS = 8
const LOOK_EVERY_MS = 60

type Press = Pick<Click, 'control' | 'person' | 'on' | 'trigger'>

export interface Clicks {
  /** The control as it stands on that message now; undefined when the message is not ours or carries it no more. */
  find(on: MessageRef, control: string): Promise<Control | undefined>
  /**
   * Acts on a click, `on` as the platform names it. The reply's note is on its way to the person when it resolves: by `tell`
   * where the platform can answer a click privately at once, else (or when that fails) through the outbox.
   */
  take(click: Click, handlers: Handlers, tell?: (note: RichText) => Promise<void>): Promise<ClickReply>
  /**
   * Opens the form of a control that has one, from what we stored: on some platforms that must be the first answer to a press.
   * Resolves false for any other control: then it is a click. What cannot be opened is said to the person.
   */
  form(press: Press, open: (form: Form, control: string) => Promise<void>): Promise<boolean>
  /** Tells one person something about a click. */
  note(person: Person, thread: Thread, text: RichText, trigger: string): Promise<void>
}

export function createClicks(store: Store, outbox: Outbox, log: Logger): Clicks {
  const threads = createThreads(store)

  async function find(on: MessageRef, id: string): Promise<Control | undefined> {
    for (let look = 1; ; look++) {
      const control = await outbox.controlOn(on, id)
      if (control || look >= LOOKS) return control
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    }
  }

  async function note(person: Person, thread: Thread, text: RichText, trigger: string): Promise<void> {
    const ours = await threads.ours(thread)
    await outbox.put({ kind: 'private', key: `note-${trigger}`, thread: ours, to: person, card: textCard(text) })
  }

  async function decide(click: Click, handlers: Handlers): Promise<ClickReply> {
    const control = await find(click.on, click.control)
    if (!control) return { note: GONE }
    // a control with a form acts on what the form brings back, never on the press alone
    const form = control.kind === 'button' ? control.form : undefined
    if (form && !form.fields.every((field) => Object.hasOwn(click.fields, field.id))) return { note: AGAIN }
    if (control.kind === 'select' && !control.options.some((option) => option.value === click.value))
      return { note: GONE }
    const thread = await threads.ours(click.on.thread)
    // approvals ask by themselves who may decide; everything else is a question, and whoever may ask may press it
    if (!click.control.startsWith('a:')) {
      const verdict = await handlers.mayAsk(click.person, thread)
      if (!verdict.allowed) return { note: verdict.why }
    }
    const fields = form ? onlyFields(click.fields, form.fields) : {}
    return handlers.onClick({ ...click, fields, on: { thread, message: click.on.message } })
  }

  return {
    find,
    async take(click, handlers, tell) {
      const reply = await decide(click, handlers)
      if (reply.note === undefined) return reply
      const told =
        tell !== undefined &&
        (await tell(reply.note).then(
          () => true,
          () => false,
        ))
      if (!told) await note(click.person, click.on.thread, reply.note, click.trigger)
      return reply
    },
    async form(press, open) {
      const control = await find(press.on, press.control)
      if (control?.kind !== 'button' || !control.form) return false
      await open(control.form, control.id).catch((error: unknown) => {
        log.warn({ why: messageOf(error) }, 'a form could not be opened')
        return note(press.person, press.on.thread, NO_FORM, press.trigger)
      })
      return true
    },
    note,
  }
}

/** Answers to what the form asks, bounded; anything else a client sends is dropped. */
function onlyFields(given: Record<string, string>, wanted: { id: string }[]): Record<string, string> {
  return Object.fromEntries(
    wanted.flatMap(({ id }) => (Object.hasOwn(given, id) ? [[id, String(given[id]).slice(0, 3000)]] : [])),
  )
}
