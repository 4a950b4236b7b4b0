// "what became of the plan", "was it approved", "why was it rejected", "did it help".
import type { Reader } from '../request.ts'
import { only } from '../words.ts'

const PLAN = '(the |my |our |that |this |last )*(plan|approval|change|restart|rollback|scaling|proposal)'
const OUTCOME = new RegExp(
  `\\bwhat (became|has become|happened|is the (state|status)) (of|to|with) ${PLAN}\\b|\\b(was|is|has|did) (it|that|${PLAN}) (been )?(approved|rejected|applied|executed|done|go through|work|help)\\b|\\bwhy was (it|that|${PLAN}) rejected\\b|\\bwho (approved|rejected)\\b|^did (it|that) (help|work)\\b`,
)

export const outcome: Reader = {
  understood: only(
    'what became become happened state status plan approval change restart rollback scaling proposal last was did approved rejected applied executed done go through work help why who',
  ),
  read: ({ lower }) => (OUTCOME.test(lower) ? { kind: 'outcome' } : undefined),
}
