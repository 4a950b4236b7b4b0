// "what restarted today".
import type { Reader } from '../request.ts'
import { SINCE_WORDS, sinceMinutes, sinceWords } from '../since.ts'
import { only } from '../words.ts'

export const restarts: Reader = {
  understood: only(
    `what which who anything any show list recent recently how many often did restart restarts restarted restarting times ${SINCE_WORDS}`,
  ),
  read({ lower }) {
    const asked =
      /\b(what|which|who|any(thing)?|show|list|recent|how many|did)\b.*\brestart(s|ed|ing)?\b|\brestarts\b/.test(lower)
    if (!asked || /\bwhy\b/.test(lower)) return undefined
    const minutes = sinceMinutes(lower)
    return { kind: 'restarts', sinceMinutes: minutes ?? 24 * 60, words: sinceWords(lower, minutes) }
  },
}
