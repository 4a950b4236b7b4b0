// What the person's own words ask for, decided by code: whether a model is needed at all, whether a change may be proposed, whether to review.
import type { Answer } from '../../core/answer.ts'
import { parseRequest } from '../plain/parse.ts'

/** Commands, lists, logs and changes are answered by code and need nobody's opinion; questions why, and what no pattern fits, go on. */
export function needsModel(question: string, plain: Answer): boolean {
  const { ask } = parseRequest(question)
  if (ask.kind === 'unknown') return true
  if (ask.kind !== 'diagnose' && ask.kind !== 'waste') return false
  // "did you mean", "which one": one clarifying question, asked by code
  return plain.tone !== 'ask' || (ask.kind === 'diagnose' && ask.onlyIfNamed === true)
}

const CHANGE =
  /\b(fix|repair|resolve|solve|heal|mend|apply|change|update|upgrade|set|scale|resize|increase|decrease|raise|lower|reduce|restart|bounce|roll(?:ing)? ?back|rollback|undo|revert|delete|remove|drain|cordon|uncordon|evict|patch|propose|remediate|sort (?:it|this|that) out|make (?:it|this|that|them)|get (?:it|this|that|them) (?:back|running|up)|do (?:it|that|so)|go ahead|yes,? (?:please|do)|please do|behebe|repariere|starte .{0,40}neu|skaliere)\b/i

/** A proposal that nobody asked for would be a card that somebody presses: without such words there is no tool for one. */
export function wantsChange(question: string): boolean {
  return CHANGE.test(question.slice(0, 4000))
}

export function wantsReview(question: string): boolean {
  return /\b(double[- ]?check|be thorough|think (?:it over )?(?:twice|again|carefully)|review your answer|reflect)\b/i.test(
    question.slice(0, 4000),
  )
}
