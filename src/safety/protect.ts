// Namespaces that nothing may change, in any spelling.

import { SYSTEM_NAMESPACES } from '../core/namespaces.ts'
import type { Target } from './effects.ts'

export interface Protection {
  /** Firstmate's own: POD_NAMESPACE, or `firstmate` */
  own?: string
  /** PROTECTED_NAMESPACES */
  more?: readonly string[]
}

/** From the settings. */
export function protectionOf(config: {
  POD_NAMESPACE?: string | undefined
  PROTECTED_NAMESPACES: readonly string[]
}): Protection {
  return { ...(config.POD_NAMESPACE ? { own: config.POD_NAMESPACE } : {}), more: config.PROTECTED_NAMESPACES }
}

export function protectedNamespaces(protection: Protection = NO_MORE): ReadonlySet<string> {
  const known = folded.get(protection)
  if (known) return known
  const { own = 'firstmate', more = [] } = protection
  const names = new Set([...SYSTEM_NAMESPACES, own, ...more].map(fold))
  folded.set(protection, names)
  return names
}

const NO_MORE: Protection = {}
// asked for with every command that is judged
const folded = new WeakMap<Protection, ReadonlySet<string>>()

export function isProtected(name: string | undefined, names: ReadonlySet<string>): boolean {
  return name !== undefined && names.has(fold(name))
}

/** The protected namespace that an effect on this target would change, or undefined. */
export function protectedBy(target: Target, names: ReadonlySet<string>): string | undefined {
  if (isProtected(target.namespace, names)) return target.namespace
  if (target.kind === 'Namespace' && isProtected(target.name, names)) return target.name
  return undefined
}

function fold(text: string): string {
  return text.normalize('NFKC').trim().toLowerCase()
}
