// "what is quarantined": asked about, not asked for; "quarantine cart" is a change.
import type { Reader } from '../request.ts'
import { only } from '../words.ts'

export const quarantined: Reader = {
  understood: only('list show which what anything something quarantine quarantines quarantined workloads'),
  read: ({ lower }) =>
    /\bquarantined\b|\bin quarantine\b|\blist (of )?quarantines?\b/.test(lower) ? { kind: 'quarantined' } : undefined,
}
