// The emergency stop: explicit on and off, kept over restarts, asked before every single request.
import { z } from 'zod'
import { Person } from '../core/people.ts'
import type { Store } from '../store/store.ts'

export const Stop = z.object({ by: Person, reason: z.string(), at: z.string() })
export type Stop = z.infer<typeof Stop>

const KEY = 'stop'

/** Undefined when work may go on. Rejects when the store cannot be asked: then nothing may be sent either. */
export function readStop(store: Store): Promise<Stop | undefined> {
  return store.getJson(KEY, Stop)
}

export async function pullStop(store: Store, by: Person, reason: string): Promise<void> {
  await store.setJson(KEY, { by, reason, at: new Date().toISOString() } satisfies Stop)
}

export async function releaseStop(store: Store): Promise<void> {
  await store.remove(KEY)
}
