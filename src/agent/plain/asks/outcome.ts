// "what became of the plan", "was it approved", "undo that", "approve": words of a plan's life. None of them decides anything.
import type { Reader } from '../request.ts'
import { only } from '../words.ts'

const PLAN = '(the |my |our |that |this |last )*(plan|approval|change|restart|rollback|scaling|proposal)'
const OUTCOME = new RegExp(
  `\\bwhat (became|has become|happened|is the (state|status)) (of|to|with) ${PLAN}\\b|\\b(was|is|has|did) (it|that|${PLAN}) (been )?(approved|rejected|applied|executed|done|go through|work|help)\\b|\\bwhy was (it|that|${PLAN}) rejected\\b|\\bwho (approved|rejected)\\b|^did (it|that) (help|work)\\b`,
)
const DECIDE =
  /^(?:please |i )?(?:approve(?:d)?|reject(?:ed)?|lgtm|ship it|accept(?:ed)?|confirm(?:ed)?|deny|decline)(?: (?:it|this|that|all|the plan|plan(?: [0-9a-f]{4,64})?|[0-9a-f]{6,64}))?[.!]*$/
// a name behind it makes it a wish of its own: "undo checkout" rolls back
const UNDO =
  /^(?:please |can you |could you )*(?:undo|revert|take)(?: (?:it|that|this|the|my|last|one|change|plan|restart|scaling|rollback|everything|back|please|pls))*[.!]*$/

export const outcome: Reader = {
  understood: ({ lower, ...rest }) =>
    DECIDE.test(lower) ||
    UNDO.test(lower) ||
    only(
      'what became become happened state status plan approval change restart rollback scaling proposal last was did approved rejected applied executed done go through work help why who',
    )({ lower, ...rest }),
  read({ lower }) {
    if (DECIDE.test(lower)) return { kind: 'outcome', wants: 'decide' }
    if (UNDO.test(lower)) return { kind: 'outcome', wants: 'undo' }
    return OUTCOME.test(lower) ? { kind: 'outcome' } : undefined
  },
}
