// The buttons below an answer: each offer is kept as an Intent, the control carries only its id.

import { createIntents } from '../chat/intents.ts'
import type { Control } from '../core/card.ts'
import type { IntentBody } from '../core/intent.ts'
import type { Thread } from '../core/thread.ts'
import type { Store } from '../store/store.ts'

const MAX_BUTTONS = 5

/** Stores what the buttons mean, then returns the buttons. */
export async function intentControls(
  store: Store,
  thread: Thread,
  offers: { label: string; intent: IntentBody }[],
): Promise<Control[]> {
  const intents = createIntents(store)
  return Promise.all(
    offers.slice(0, MAX_BUTTONS).map(async ({ label, intent }, at): Promise<Control> => {
      const id = await intents.keep(thread, intent)
      return {
        kind: 'button',
        id,
        label: label.slice(0, 75),
        style: at === 0 && intent.kind === 'propose' ? 'primary' : 'plain',
      }
    }),
  )
}
