// Root causes without a model: run the checks over a snapshot, then decide which finding explains which.

import { messageOf } from '../core/errors.ts'
import type { Diagnosis } from '../core/finding.ts'
import type { Snapshot } from '../objects/snapshot.ts'
import { inScope, linkCauses, type NamedDraft } from './causes.ts'
import type { Check } from './check.ts'
import { CHECKS } from './checks/index.ts'

export interface DiagnoseOptions {
  /** default: all of them */
  checks?: readonly Check[]
  /** keep only what is wrong in this namespace, and whatever explains it, wherever that is */
  namespace?: string
}

/** Pure: the same snapshot gives the same diagnosis. A check that throws costs only its own findings, and is named in `partial`. */
export function diagnose(snapshot: Snapshot, options: DiagnoseOptions = {}): Diagnosis {
  const drafts: NamedDraft[] = []
  const partial = [...snapshot.partial]
  for (const check of options.checks ?? CHECKS) {
    try {
      for (const draft of check.run(snapshot)) drafts.push({ ...draft, check: check.name })
    } catch (error) {
      partial.push(`check ${check.name} could not be run: ${messageOf(error)}`)
    }
  }
  const linked = linkCauses(snapshot, drafts)
  const findings = options.namespace === undefined ? linked : inScope(linked, options.namespace)
  return { healthy: findings.every((finding) => finding.severity === 'info'), findings, partial }
}
