// What the verbs work on: one world's storage and registry beside the world itself.
import type { Registry } from './registry.ts'
import type { Store } from './store.ts'
import type { User, World } from './world.ts'

export interface Realm {
  store: Store
  registry: Registry
  world: World
}

export interface VerbOptions {
  manager?: string
  subresource?: string
  dryRun?: boolean
  user?: User
  /** gets the Warnings of kinds and admission */
  warn?: (text: string) => void
  /** PUT answers another uid with 409, PATCH with 422 */
  uidConflict?: boolean
  /** the caller has tracked managedFields itself (server-side apply) */
  tracked?: boolean
}
