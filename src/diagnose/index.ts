// Root causes without a model: run the checks over a snapshot, then decide which finding explains which.

import { messageOf } from '../core/errors.ts'
import type { Diagnosis } from '../core/finding.ts'
import type { Snapshot } from '../objects/snapshot.ts'
import { inScope, linkCauses, type NamedDraft } from './causes.ts'
import type { Check } from './check.ts'
import { CHECKS } from './checks/index.ts'
import { soundSnapshot } from './sound.ts'

export interface DiagnoseOptions {
  /** default: all of them */
  checks?: readonly Check[]
  /** keep only what is wrong in this namespace, and whatever explains it, wherever that is */
  namespace?: string
}

/**
 * Namespaces outside of what was read that drafts point to (a Service in another namespace, a webhook's backend): a snapshot that
 * holds them too finds the causes there. At most three.
 */
export function otherNamespaces(snapshot: Snapshot, options: DiagnoseOptions = {}): string[] {
  if (!snapshot.namespaces?.length) return []
  // what a reader has fetched of other namespaces on its own need not be fetched again
  const read = new Set([...snapshot.namespaces, ...snapshot.list('Pod').map(({ metadata }) => metadata.namespace)])
  const named = runChecks(snapshot, options.checks ?? CHECKS)
    .drafts.flatMap(({ dueTo = [], object }) => [...dueTo, object])
    .flatMap(({ namespace }) => (namespace && !read.has(namespace) ? [namespace] : []))
    // refused once is refused
    .filter((name) => !snapshot.partial.some((gap) => gap.startsWith(`not permitted: look into namespace ${name},`)))
  return [...new Set(named)].slice(0, 3)
}

/** Pure: the same snapshot gives the same diagnosis. A check that throws costs only its own findings, and is named in `partial`. */
export function diagnose(given: Snapshot, options: DiagnoseOptions = {}): Diagnosis {
  const { snapshot, partial } = soundSnapshot(given)
  const { drafts, failed } = runChecks(snapshot, options.checks ?? CHECKS)
  const linked = linkCauses(snapshot, drafts)
  const findings = options.namespace === undefined ? linked : inScope(linked, options.namespace)
  return {
    // without its pods, nobody can tell
    healthy: given.wasRead('Pod') && findings.every((finding) => finding.severity === 'info'),
    findings,
    partial: [...snapshot.partial, ...partial, ...failed],
  }
}

function runChecks(snapshot: Snapshot, checks: readonly Check[]): { drafts: NamedDraft[]; failed: string[] } {
  const drafts: NamedDraft[] = []
  const failed: string[] = []
  for (const check of checks) {
    try {
      for (const draft of check.run(snapshot)) drafts.push({ ...draft, check: check.name })
    } catch (error) {
      failed.push(`check ${check.name} could not be run: ${messageOf(error)}`)
    }
  }
  return { drafts, failed }
}
