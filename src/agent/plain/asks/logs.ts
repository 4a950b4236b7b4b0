// "the last 50 lines of logs of checkout".
import type { Reader } from '../request.ts'
import { SINCE_WORDS, sinceMinutes } from '../since.ts'
import { COMMON, only } from '../words.ts'

const known = only(
  `log logs show list read see look what lines line last tail latest recent previous prior before crash crashed restart run instance container say says said ${SINCE_WORDS}`,
)

export const logs: Reader = {
  // whatever follows "container" is its name
  understood: (sentence) =>
    known({ ...sentence, words: sentence.words.filter((_, at) => sentence.words[at - 1] !== 'container') }),
  read({ lower }) {
    if (
      !/\blogs?\b/.test(lower) ||
      /\blog ?level\b|,\s*(see|check|look at)( the)? logs?\b|\blogs? (look|seem|are|is)\b|\b(log|logging|logged) (in|out|into|on to)\b(?! \S+ (pod|container)\b)/.test(
        lower,
      )
    )
      return undefined
    const tail =
      /\b(?:last|tail|latest)\s+(\d{1,5})(?:\s+(?:lines|logs?)\b|\s*$|\s+(?:of|from|for|in)\b)/.exec(lower) ??
      /\b(\d{1,5})\s+lines\b/.exec(lower)
    const previous =
      /\b(previous|prior|before (it|the) (crash|restart)|last (run|crash|container|instance)|crashed)\b/.test(lower)
    const said = /\bcontainer\s+(?!of\b|in\b|from\b|for\b|logs?\b)([a-z0-9-]+)/.exec(lower)
    const name = (said ?? /\b([a-z0-9-]+)\s+container\b/.exec(lower))?.[1]
    const since = sinceMinutes(lower)
    return {
      kind: 'logs',
      previous,
      ...(tail?.[1] ? { tail: Number(tail[1]) } : {}),
      ...(since !== undefined && !tail ? { sinceMinutes: since } : {}),
      ...(name && (!COMMON.has(name) || said) ? { container: name } : {}),
    }
  },
}
