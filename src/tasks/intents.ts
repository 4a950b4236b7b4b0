// The controls below an answer: what each means is kept as an Intent, the control carries only its id.

import { createIntents } from '../chat/intents.ts'
import type { Answer, Offer } from '../core/answer.ts'
import type { Control, Form } from '../core/card.ts'
import type { IntentBody } from '../core/intent.ts'
import type { Thread } from '../core/thread.ts'
import type { Store } from '../store/store.ts'

const MAX_BUTTONS = 5
/** few choices of a word or two are buttons, more or longer ones are a list */
const MAX_PICK_BUTTONS = 3
const MAX_PICK_LABEL = 24
const MAX_OPTIONS = 25
const LABEL = 75

const QUESTION: Form = {
  title: 'Ask more',
  submit: 'Ask',
  fields: [
    { id: 'question', label: 'Your question', hint: 'about what was found here', multiline: true, required: true },
  ],
}

/** Stores what the controls mean, then returns the controls: the choices of one kind together, everything else a button each. */
export async function intentControls(store: Store, thread: Thread, offers: readonly Offer[]): Promise<Control[]> {
  const intents = createIntents(store)
  const listed = [...Map.groupBy(offers, ({ pick }) => pick)].filter(
    ([pick, choices]) =>
      pick !== undefined &&
      (choices.length > MAX_PICK_BUTTONS || choices.some(({ label }) => label.length > MAX_PICK_LABEL)),
  )
  const picks = new Set(listed.map(([pick]) => pick))
  const buttons = offers
    .filter(({ pick }) => !picks.has(pick))
    .slice(0, MAX_BUTTONS)
    .map(async ({ label, intent }, at): Promise<Control> => {
      const style = at === 0 && intent.kind === 'propose' ? 'primary' : 'plain'
      return { kind: 'button', id: await intents.keep(thread, intent), label: label.slice(0, LABEL), style }
    })
  const selects = listed.map(async ([pick, choices]): Promise<Control> => {
    const shown = choices.slice(0, MAX_OPTIONS)
    const options = shown.flatMap(({ intent }) => (intent.kind === 'pick' ? [] : [intent]))
    return {
      kind: 'select',
      id: await intents.keep(thread, { kind: 'pick', options }),
      placeholder: (pick ?? '').slice(0, LABEL),
      options: shown.map(({ label }, at) => ({ label: label.slice(0, LABEL), value: String(at) })),
    }
  })
  return Promise.all([...buttons, ...selects])
}

/** The same for an answer, which may be asked about further and be called useful or not. `subject`: its task. */
export async function answerControls(
  store: Store,
  thread: Thread,
  answer: Answer,
  subject: string,
): Promise<Control[]> {
  const offered = await intentControls(store, thread, answer.offers)
  // a list or a count is what was asked for, and no more
  if (answer.findings.length === 0 && !answer.model) return offered
  const intents = createIntents(store)
  const button = async (label: string, intent: IntentBody, form?: Form): Promise<Control> => ({
    kind: 'button',
    id: await intents.keep(thread, intent),
    label,
    style: 'plain',
    ...(form ? { form } : {}),
  })
  const scope = { cluster: answer.cluster ?? '', ...(answer.namespace ? { namespace: answer.namespace } : {}) }
  return [
    ...offered,
    ...(await Promise.all([
      button('Ask more', { kind: 'ask', question: '{value}', ...scope }, QUESTION),
      button('Useful', { kind: 'feedback', subject, useful: true }),
      button('Not useful', { kind: 'feedback', subject, useful: false }),
    ])),
  ]
}
