// Buttons that are no approvals: an Intent is kept in the store under an opaque id for 7 days; the click brings only the id.
import { randomBytes } from 'node:crypto'
import type { Control } from '../core/card.ts'
import { Intent, type IntentBody, INTENT_TTL_MS } from '../core/intent.ts'
import type { Thread } from '../core/thread.ts'
import type { Store } from '../store/store.ts'

const MAX_BUTTONS = 5

/** Stores what the buttons mean, then returns the buttons. */
export async function intentControls(store: Store, thread: Thread, offers: { label: string; intent: IntentBody }[]): Promise<Control[]> {
  return Promise.all(
    offers.slice(0, MAX_BUTTONS).map(async ({ label, intent }, at): Promise<Control> => {
      const id = await saveIntent(store, thread, intent)
      return { kind: 'button', id: `i:${id}`, label: label.slice(0, 75), style: at === 0 && intent.kind === 'propose' ? 'primary' : 'plain' }
    }),
  )
}

export async function saveIntent(store: Store, thread: Thread, body: IntentBody): Promise<string> {
  const id = randomBytes(12).toString('base64url')
  const expires = new Date(Date.now() + INTENT_TTL_MS).toISOString()
  const intent: Intent = { id, thread, expires, body }
  await store.setJson(`intent:${id}`, intent, { ttlMs: INTENT_TTL_MS })
  return id
}

/** Undefined when it has expired or never was. */
export async function readIntent(store: Store, id: string): Promise<Intent | undefined> {
  return /^[\w-]{1,64}$/.test(id) ? store.getJson(`intent:${id}`, Intent) : undefined
}
