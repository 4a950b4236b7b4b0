// What the person's own words ask for, decided by code: whether a model is needed at all, whether a change may be proposed, whether to review.
import { inEnglish } from '../plain/languages.ts'
import type { Request } from '../plain/request.ts'

/** How a request is answered when there is a model. */
export type Route =
  /** commands, lists, logs, changes that were understood to the last word need nobody's opinion */
  | 'code'
  /** what is wrong, what is wasted: the findings are the answer, and the model goes on from them */
  | 'findings'
  /** anything else: checks are read first all the same, and shown only as far as the model's answer rests on them */
  | 'open'

export function routeOf({ ask, sure }: Pick<Request, 'ask' | 'sure'>): Route {
  if (!sure) return 'open'
  return ask.kind === 'diagnose' || ask.kind === 'waste' ? 'findings' : 'code'
}

const CHANGE =
  /\b(fix|repair|resolve|solve|heal|mend|apply|change|update|upgrade|set|scale|resize|increase|decrease|raise|lower|reduce|restart|bounce|roll(?:ing)? ?back|rollback|undo|revert|delete|remove|drain|cordon|uncordon|evict|patch|propose|remediate|sort (?:it|this|that) out|make (?:it|this|that|them)|get (?:it|this|that|them) (?:back|running|up)|do (?:it|that|so)|go ahead|yes,? (?:please|do)|please do)\b/

/** A proposal that nobody asked for would be a card that somebody presses: without such words there is no tool for one. */
export function wantsChange(question: string): boolean {
  return CHANGE.test(inEnglish(question.slice(0, 4000).toLowerCase()))
}

const REVIEW =
  /\b(double[- ]?check|cross[- ]?check|be (?:very )?(?:thorough|careful)|think (?:it over )?(?:twice|again|carefully|hard)|(?:check|review|verify|question) (?:your|the) (?:answer|conclusion|reasoning|work|result)|make sure|are you sure|reflect|second opinion)\b/i

export function wantsReview(question: string): boolean {
  return REVIEW.test(question.slice(0, 4000))
}
