// "the last 50 lines of logs of checkout", "tail web", "logs of api since 10m grep error".
import type { Reader } from '../request.ts'
import { SINCE_WORDS, sinceMinutes } from '../since.ts'
import { COMMON, only } from '../words.ts'

const known = only(
  `log logs show list read see look what lines line last tail stream follow -f --follow --tail latest recent previous prior before crash crashed restart run instance container say says said ones one error errors exception exceptions only with ${SINCE_WORDS}`,
)

const ABOUT_LOGS =
  /\blogs?\b|^(?:please )?(?:tail|stream) (?!latenc|risk|end\b|of\b)\S|^(?:and )?(?:the |its )?previous (?:ones?|run|instance|container)\b/
const NOT_LOGS =
  /\blog ?level\b|,\s*(see|check|look at)( the)? logs?\b|\blogs? (look|seem|are|is)\b|\b(log|logging|logged) (in|out|into|on to)\b(?! \S+ (pod|container)\b)/
const GREP =
  /\b(?:grep|containing|contains?|matching|filter(?:ed)? (?:by|for|on)|with the (?:word|text))\s+(?:-[a-z]{1,4}\s+)*(?:"([^"]{1,100})"|'([^']{1,100})'|([^\s|"'?]{1,100}))/
const ERRORS =
  /\b(?:errors?|exceptions?|failures?) (?:lines? )?(?:in|from) (?:the |its )?logs?\b|\b(?:error|exception) (?:lines?|logs?)\b|\blogs?\b.{0,100} (?:with|only|for) (?:the )?(?:errors?|exceptions?)\b/

const SICK = /\b(failing|failed|crash\w*|broken|unhealthy|sick|not ready) (pods?|containers?|workloads?)\b/

export const logs: Reader = {
  // whatever follows "container" is its name, and what is looked for is no word of the sentence
  understood(sentence) {
    const looked = new Set((GREP.exec(sentence.lower)?.[0] ?? '').split(/[\s"'`]+/))
    return known({
      ...sentence,
      words: sentence.words.filter((word, at) => !looked.has(word) && sentence.words[at - 1] !== 'container'),
    })
  },
  read({ lower, scope }) {
    // whose they are is for the checks to say, with the lines that matter
    if (SICK.test(lower) && scope.mentions.every(({ perhaps }) => perhaps)) return undefined
    if (!ABOUT_LOGS.test(lower) || NOT_LOGS.test(lower)) return undefined
    const tail =
      /\b(?:last|tail|latest)\s+(?:-n\s*)?(\d{1,5})(?:\s+(?:lines|logs?)\b|\s*$|\s+(?:of|from|for|in)\b)/.exec(lower) ??
      /\b(\d{1,5})\s+lines\b/.exec(lower) ??
      /(?:^|\s)(?:-n|--tail)[ =]?(\d{1,5})\b/.exec(lower)
    const previous =
      /\b(previous|prior|before (it|the) (crash|restart)|last (run|crash|container|instance)|crashed)\b/.test(lower)
    const said = /\bcontainer\s+(?!of\b|in\b|from\b|for\b|logs?\b)([a-z0-9-]+)/.exec(lower)
    const name = (said ?? /\b([a-z0-9-]+)\s+container\b/.exec(lower))?.[1]
    const since = sinceMinutes(lower)
    const found = GREP.exec(lower)
    const wanted = (found?.[1] ?? found?.[2] ?? found?.[3])?.trim()
    return {
      kind: 'logs',
      previous,
      ...(tail?.[1] ? { tail: Number(tail[1]) } : {}),
      ...(since !== undefined && !tail ? { sinceMinutes: since } : {}),
      ...(name && (!COMMON.has(name) || said) ? { container: name } : {}),
      ...(wanted ? { only: wanted } : ERRORS.test(lower) ? { only: 'errors' } : {}),
    }
  },
}
