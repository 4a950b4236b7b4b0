// Every check, alphabetically: one import and one line each.
import type { Check } from '../check.ts'

export const CHECKS: readonly Check[] = []
