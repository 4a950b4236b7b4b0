// "scale checkout to 5", "please restart cart": a change said in plain words, at the beginning of the sentence.
import type { Change, Reader } from '../request.ts'

const POLITE =
  /^(?:(?:please|pls|kindly|hey|ok|okay|so|now|then|and)[\s,]+)*(?:(?:can|could|would|will) (?:you|we) (?:please )?|i(?:'d| would) like (?:you )?to |i want (?:you )?to |let'?s |go ahead and )?(?:please )?/

// "scale cart to 5 if it is slow" is not "scale cart to 5"
const CONDITION =
  /\b(if|unless|when|whenever|once|after|before|until|till|except|but|instead|only|not|don'?t|then|tomorrow|tonight|later|every|tell|explain|compare|check|why)\b|\b(and|also|plus)\b[^.]{0,40}\b(scale|restart|roll|undo|revert|pause|resume|suspend|quarantine|cordon|uncordon|drain|evict|delete|set|increase|raise|lower|reduce|remove)\b|[,;] ?(scale|restart|roll|undo|pause|resume|cordon|drain|delete|set)\b/

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
      /^(scale|delete|remove|kill|uninstall|install|upgrade|create|apply|patch|label|annotate|taint|expose|increase|decrease|raise|lower|reduce|set|change|resize|grow|move|migrate|rename|enable|disable)\b(?! (me|us)\b)/.exec(
        plainly(lower),
      )?.[1]
    return verb && !lower.endsWith('?') ? { kind: 'other-change', verb } : undefined
  },
}

function plainly(lower: string): string {
  return lower.replace(POLITE, '')
}

function parseChange(sentence: string): Change | undefined {
  const scale = /^scale\b.*?\b(?:to|at|=|replicas[= ])\s*(\d{1,5}|zero|one|two|three)\b/.exec(sentence)
  if (scale?.[1]) return { verb: 'scale', replicas: COUNTS[scale[1]] ?? Number(scale[1]) }
  const image = /^(?:set|update|change|bump) (?:the )?image\b.*?\bto ([^\s`"']+)/.exec(sentence)
  if (image?.[1]) return { verb: 'set-image', image: image[1] }
  if (/^(restart|bounce|rollout restart|roll over|recycle)\b(?!s|ed)/.test(sentence)) return { verb: 'restart' }
  if (/^(roll ?back|undo|revert|rollout undo)\b|^roll \S{1,80} back\b/.test(sentence)) {
    const revision = /\brevision (\d{1,6})\b/.exec(sentence)?.[1]
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
