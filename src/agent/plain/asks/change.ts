// "scale checkout to 5", "please restart cart": a change said in plain words, at the beginning of the sentence.
import type { Change, Reader } from '../request.ts'

const POLITE =
  /^(?:(?:please|pls|plz|kindly|hey|hi|hello|ok|okay|alright|right|well|so|now|then|and|also|thx|thanks|thank you|great|cool|fine|good|yes|yep|yeah|hmm|firstmate|guys|team)[\s,.!:]+)*(?:(?:can|could|would|will) (?:you|u|ya|we|someone|somebody|anyone|anybody) (?:(?:please|pls|plz|just|maybe|kindly) )*|(?:i|we)(?:'d| would) like (?:you )?to |(?:i|we) (?:want|need) (?:you )?to |let'?s |(?:just )?go ahead and |just )?(?:(?:please|pls) )?/

// "scale cart to 5 if it is slow" is not "scale cart to 5"
const CONDITION =
  /\b(if|unless|when|whenever|once|after|before|until|till|except|but|instead|only|not|don'?t|then|tomorrow|tonight|overnight|later|(?:at|by) (?:night|noon|midnight|\d{1,2}(?::\d\d| ?(?:am|pm|h|uhr)))|on (?:mon|tues|wednes|thurs|fri|satur|sun)day|in (?:an?|half an|\d{1,4}) ?(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|days?)|every|tell|explain|compare|check|why)\b|\b(and|also|plus)\b[^.]{0,40}\b(scale|restart|roll|undo|revert|pause|resume|suspend|quarantine|cordon|uncordon|drain|evict|delete|set|increase|raise|lower|reduce|remove)\b|[,;] ?(scale|restart|roll|undo|pause|resume|cordon|drain|delete|set)\b/

export const change: Reader = {
  // a reason does no harm; a condition, a time or a second wish would be lost
  understood: ({ lower }) => !CONDITION.test(lower),
  read({ lower }) {
    const sentence = plainly(lower)
    // "drain of wk-b1 hangs" speaks about one
    if (
      /^\S+ (of|on|hangs?|is|was|has|had|fails?|failed|stuck|keeps?|does|did|never|takes|took|loops?|counts?|works?)\b/.test(
        sentence,
      )
    )
      return undefined
    const found = parseChange(sentence)
    return found ? { kind: 'change', change: found } : undefined
  },
}

/** Asked for by a verb that changes, but by none that we compile from plain words. */
export const otherChange: Reader = {
  understood: () => false,
  read({ lower }) {
    const verb =
      /^(scale|delete|remove|kill|uninstall|install|upgrade|create|apply|patch|label|annotate|taint|expose|increase|decrease|raise|lower|reduce|set|change|resize|grow|move|migrate|rename|give|trigger|deploy(?= \S+:\S)|enable|disable|destroy|nuke|wipe|purge|terminate|drop|reboot|shut ?down|(?:turn|power|switch) off|stop(?= \S+( in \S+)?$))\b(?! (me|us)\b)/.exec(
        plainly(lower),
      )?.[1]
    return verb && !lower.endsWith('?') ? { kind: 'other-change', verb } : undefined
  },
}

function plainly(lower: string): string {
  return lower.replace(POLITE, '')
}

function parseChange(sentence: string): Change | undefined {
  const count = SCALES.map((form) => form.exec(sentence)?.[1]).find((found) => found !== undefined)
  if (count !== undefined) return { verb: 'scale', replicas: COUNTS[count] ?? Number(count) }
  const resource = resourceIn(sentence)
  if (resource) return resource
  const image = /^(?:set|update|upgrade|change|bump)\b.{0,300}?\bimage\b.*?\bto ([^\s`"']+)/.exec(sentence)
  if (image?.[1]) return { verb: 'set-image', image: image[1] }
  if (/^(restart|bounce|rollout restart|roll over|recycle)\b(?!s|ed)/.test(sentence)) return { verb: 'restart' }
  if (/^(roll ?back|undo|revert|rollout undo)\b|^roll \S{1,80} back\b/.test(sentence)) {
    const revision = /\brevision #?(\d{1,12})\b/.exec(sentence)?.[1]
    return { verb: 'rollback', ...(revision ? { toRevision: Number(revision) } : {}) }
  }
  if (/^pause\b/.test(sentence)) return { verb: 'pause' }
  if (/^resume\b/.test(sentence))
    return /\b(cron ?job|job)\b/.test(sentence) ? { verb: 'unsuspend' } : { verb: 'resume' }
  if (/^suspend\b/.test(sentence)) return { verb: 'suspend' }
  if (/^unsuspend\b/.test(sentence)) return { verb: 'unsuspend' }
  if (/^(unquarantine|release)\b/.test(sentence)) return { verb: 'unquarantine' }
  if (/^quarantine\b/.test(sentence)) return { verb: 'quarantine' }
  if (/^uncordon\b/.test(sentence)) return { verb: 'uncordon' }
  if (/^cordon\b/.test(sentence)) return { verb: 'cordon' }
  if (/^drain\b/.test(sentence)) return { verb: 'drain' }
  if (/^evict\b/.test(sentence)) return { verb: 'evict' }
  if (/^(delete|kill|remove) (the )?pod\b/.test(sentence)) return { verb: 'delete-pod' }
  return undefined
}

const COUNTS: Record<string, number> = { zero: 0, one: 1, two: 2, three: 3 }

const SCALES: readonly RegExp[] = [
  /^scale\b.*?(?:\b(?:to|at)|=|->|→|\breplicas[= ])\s*(\d{1,5}(?![\d.]*\d)|zero|one|two|three)\b/,
  // "scale web 5", "scale up web in shop 5 pods pls"
  /^scale(?: \S{1,253}){1,6}? (\d{1,5})(?: (?:replicas?|pods?|instances?|copies))?(?: (?:please|pls|plz|thx|thanks|now))*[.!]*$/,
  /^(?:set|change|bring|increase|raise|lower|reduce|decrease|bump)\b.*\breplicas?\b.*?(?:\bto|=)\s*(\d{1,5})\b(?!\.\d)/,
  /^(?:set|change|bring|increase|raise|lower|reduce|decrease|bump)\b.*\bto (\d{1,5}) (?:replicas?|pods?|instances?|copies)\b/,
]

const RESOURCE =
  /^(?:set|change|update|increase|raise|bump|lower|reduce|decrease)\b.*\b(memory|ram|mem|cpu)\b(?: (limit|request)s?\b)?.*?(?:\bto|=|->|→)\s*(\d{1,6}(?:\.\d{1,3})?)\s?([a-z]{0,2})\b/
// "512m" of memory would be half a byte: nobody means that
const MEMORY: Record<string, string> = { ki: 'Ki', mi: 'Mi', gi: 'Gi', m: 'M', mb: 'M', g: 'G', gb: 'G' }
const CPU: Record<string, string> = { m: 'm', '': '' }

/** "increase memory of recommender to 512Mi": the limit, unless requests are said. */
function resourceIn(sentence: string): Change | undefined {
  const [, name, part, amount, letters = ''] = RESOURCE.exec(sentence) ?? []
  if (!name || !amount) return undefined
  const resource = name === 'cpu' ? 'cpu' : 'memory'
  const units = resource === 'cpu' ? CPU : MEMORY
  const unit = Object.hasOwn(units, letters) ? units[letters] : undefined
  if (unit === undefined) return undefined
  return {
    verb: 'set-resources',
    part: part === 'request' ? 'requests' : 'limits',
    resource,
    amount: `${amount}${unit}`,
  }
}
