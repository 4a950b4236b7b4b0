// Understands a plain sentence by patterns: pure, linear, and honest (`unknown` rather than a guess).
import type { Kind } from '../../objects/kinds.ts'
import type { Ask, Change, Filter, Mention, Request, Scope } from './request.ts'
import { COMMON, spokenKinds } from './words.ts'

const MAX_LENGTH = 2000
const NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/

export function parseRequest(input: string): Request {
  const text = clean(input)
  const command = commandLine(text)
  if (command) return { ask: { kind: 'kubectl', line: command }, scope: { everywhere: false, mentions: [] }, text }
  const lower = text.toLowerCase()
  const words = split(lower)
  const scope = parseScope(words, lower)
  return { ask: parseAsk(lower, words, scope), scope, text }
}

function clean(input: string): string {
  return input
    .slice(0, MAX_LENGTH)
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/[\u201c\u201d]/g, '"')
    .replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, '')
    .trim()
}

const PROSE =
  /\?\s*$|,\s|\b(hangs?|hanging|why|stuck|failing|fails|finished|has been|keeps|does not|doesn't|is not|isn't|for \d+ (minutes|hours))\b/i

/** The line itself when the message is a command, with or without code marks around it. */
function commandLine(text: string): string | undefined {
  const bare = text
    .replace(/^`{1,3}(?:sh|bash|shell|console)?\s*/, '')
    .replace(/\s*`{1,3}$/, '')
    .replace(/^\$\s+/, '')
  if (!/^(kubectl|helm)(\s|$)/.test(bare)) return undefined
  // "kubectl drain on the second worker hangs, why?" speaks about a command; code marks make it one whatever it says
  return bare === text && PROSE.test(bare) ? undefined : bare
}

function split(lower: string): string[] {
  return lower
    .split(/\s+/)
    .map((word) => word.replace(/^[("'`<[{*_~,;:]+/, '').replace(/[)"'`>\]}*_~,;:!?.]+$/, ''))
    .map((word) => word.replace(/'s$/, (suffix, at) => (at > 0 && !COMMON.has(word) ? '' : suffix)))
    .filter(Boolean)
}

const EVERYWHERE =
  /\b(everywhere|all (the )?namespaces|every namespace|any namespace|across (all|the|every)|(whole|entire|complete) cluster|cluster[- ]?wide)(?![\w-])|(^|\s)(-a|--all-namespaces)(?=\s|$)/
const PLACE = new Set(['in', 'on', 'at', 'inside', 'within', 'from', 'under'])

function parseScope(words: string[], lower: string): Scope {
  const scope: Scope = { everywhere: EVERYWHERE.test(lower), mentions: [] }
  const taken = new Set<number>()
  words.forEach((word, at) => {
    const next = words[at + 1] ?? ''
    const flag = /^(?:-n|--namespace|--context|--cluster)(?:=(.+))?$/.exec(word)
    if (flag) {
      const value = flag[1] ?? next
      if (NAME.test(value)) {
        if (word.startsWith('-n') || word.startsWith('--namespace')) scope.namespace = value
        else scope.cluster = value
      }
      taken.add(at)
      if (!flag[1]) taken.add(at + 1)
      return
    }
    if (['namespace', 'ns', 'cluster'].includes(word)) {
      const beforeIt = words[at - 1] ?? ''
      const name = usable(next) ? next : usable(beforeIt) && !taken.has(at - 1) ? beforeIt : undefined
      if (!name) return
      if (word === 'cluster') scope.cluster ??= name
      else scope.namespace ??= name
      taken.add(name === next ? at + 1 : at - 1)
    }
    const prefixed = /^(?:ns|namespace)\/(.+)$/.exec(word)
    if (prefixed?.[1] && NAME.test(prefixed[1])) {
      scope.namespace = prefixed[1]
      taken.add(at)
    }
  })
  words.forEach((word, at) => {
    if (taken.has(at)) return
    const mention = mentionAt(words, at)
    if (mention && !scope.mentions.some((known) => known.name === mention.name && known.kind === mention.kind))
      scope.mentions.push(mention)
  })
  return scope
}

/** Whether a word can be a name although the sentence did not mark it as one. */
function usable(word: string): boolean {
  return NAME.test(word) && !COMMON.has(word) && spokenKinds(word).length === 0
}

function mentionAt(words: string[], at: number): Mention | undefined {
  const word = words[at] ?? ''
  const before = words[at - 1] ?? ''
  const place = PLACE.has(before) || (before === 'the' && PLACE.has(words[at - 2] ?? ''))
  const [left = '', right, ...rest] = word.split('/')
  if (right !== undefined) {
    if (rest.length > 0 || !NAME.test(right)) return undefined
    const [kind] = spokenKinds(left)
    if (kind) return { name: right, kind, place }
    return NAME.test(left) ? { name: right, namespace: left, place } : undefined
  }
  if (!NAME.test(word) || /^\d+[smhd]?$|^v?\d+(\.\d+)+/.test(word)) return undefined
  const [kind] = before && !PLACE.has(before) ? singularKind(before) : []
  // "deployment checkout", "pod web-0": the kind makes even an ordinary word a name, but "pods in", "service is" do not
  if (kind && !COMMON.has(word) && spokenKinds(word).length === 0) return { name: word, kind, place: false }
  if (!usable(word)) return undefined
  const [after] = singularKind(words[at + 1] ?? '')
  return after && after.kind !== 'Namespace' && !place ? { name: word, kind: after, place } : { name: word, place }
}

/** Kinds named in the singular: "checkout service" speaks of one, "checkout pods" of what belongs to checkout. */
function singularKind(word: string): Kind[] {
  return spokenKinds(word).filter((kind) => word === kind.singular || kind.short.includes(word))
}

/** The kinds listed in a sentence, in order. */
function kindsIn(words: string[]): Kind[] {
  const kinds: Kind[] = []
  words.forEach((word, at) => {
    const pair = spokenKinds(`${word} ${words[at + 1] ?? ''}`)
    for (const kind of pair.length > 0 ? pair : spokenKinds(word)) if (!kinds.includes(kind)) kinds.push(kind)
  })
  return kinds
}

function parseAsk(lower: string, words: string[], scope: Scope): Ask {
  const kinds = kindsIn(words)
  for (const pattern of PATTERNS) {
    const ask = pattern(lower, words, kinds, scope)
    if (ask) return ask
  }
  return { kind: 'unknown' }
}

type Pattern = (lower: string, words: string[], kinds: Kind[], scope: Scope) => Ask | undefined

// the first that fits wins: from the plain commands to the open questions
const PATTERNS: Pattern[] = [
  help,
  quarantined,
  change,
  waste,
  logs,
  restarts,
  top,
  count,
  clusters,
  history,
  images,
  owner,
  describe,
  events,
  troubledList,
  list,
  diagnose,
  bareName,
]

function help(lower: string): Ask | undefined {
  const greeting = /^(hi|hello|hey|yo|good (morning|evening|afternoon))( there| firstmate| bot)?\W*$/
  const asking =
    /^(\/?help|commands|usage|\?+)\b|what (can|could) (you|i|we) (do|ask)|what do you do|how (do|can) i use (you|this)|who are you/
  return lower === '' || greeting.test(lower) || asking.test(lower) ? { kind: 'help' } : undefined
}

/** Asked about, not asked for: "quarantine cart" is a change. */
function quarantined(lower: string): Ask | undefined {
  return /\bquarantined\b|\bin quarantine\b|\blist (of )?quarantines?\b/.test(lower)
    ? { kind: 'quarantined' }
    : undefined
}

const POLITE =
  /^(?:(?:please|pls|kindly|hey|ok|okay|so|now|then|and)[\s,]+)*(?:(?:can|could|would|will) (?:you|we) (?:please )?|i(?:'d| would) like (?:you )?to |i want (?:you )?to |let'?s |go ahead and )?(?:please )?/

function change(lower: string): Ask | undefined {
  const sentence = lower.replace(POLITE, '')
  const found = parseChange(sentence)
  return found ? { kind: 'change', change: found } : undefined
}

function parseChange(sentence: string): Change | undefined {
  const scale = /^scale\b.*?\b(?:to|at|=|replicas[= ])\s*(\d{1,5}|zero|one|two|three)\b/.exec(sentence)
  if (scale?.[1]) return { verb: 'scale', replicas: COUNTS[scale[1]] ?? Number(scale[1]) }
  const image = /^(?:set|update|change|bump) (?:the )?image\b.*?\bto ([^\s`"']+)/.exec(sentence)
  if (image?.[1]) return { verb: 'set-image', image: image[1] }
  if (/^(restart|bounce|rollout restart|roll over|recycle)\b(?!s|ed)/.test(sentence)) return { verb: 'restart' }
  if (/^(roll ?back|undo|revert|rollout undo)\b/.test(sentence)) return { verb: 'rollback' }
  if (/^pause\b/.test(sentence)) return { verb: 'pause' }
  if (/^resume\b/.test(sentence))
    return /\b(cron ?job|job)\b/.test(sentence) ? { verb: 'unsuspend' } : { verb: 'resume' }
  if (/^suspend\b/.test(sentence)) return { verb: 'suspend' }
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

function waste(lower: string): Ask | undefined {
  return /\b(wast(e|ed|ing|eful)|over-?provisioned|rightsiz\w*|right-siz\w*|save money|saving(s)?|cost(s|ly)?|spend(ing)?|orphan(ed|s)?|unused|idle)\b/.test(
    lower,
  )
    ? { kind: 'waste' }
    : undefined
}

function logs(lower: string): Ask | undefined {
  if (
    !/\blogs?\b/.test(lower) ||
    /\b(log ?level|catalog)\b|,\s*(see|check|look at)( the)? logs?\b|\blogs? (look|seem|are|is)\b/.test(lower)
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
}

function restarts(lower: string): Ask | undefined {
  const asked =
    /\b(what|which|who|any(thing)?|show|list|recent|how many|did)\b.*\brestart(s|ed|ing)?\b|\brestarts\b/.test(lower)
  if (!asked || /\bwhy\b/.test(lower)) return undefined
  const minutes = sinceMinutes(lower)
  return { kind: 'restarts', sinceMinutes: minutes ?? 24 * 60, words: sinceWords(lower, minutes) }
}

const NUMBER: Record<string, number> = { a: 1, an: 1, one: 1, two: 2, three: 3, six: 6, twelve: 12, few: 3, couple: 2 }
const UNIT: Record<string, number> = { m: 1, min: 1, h: 60, hr: 60, d: 1440, w: 10080 }

/** "in the last 2 hours" → 120; "today" is asked for as -1, because only the cluster's clock knows when it began. */
function sinceMinutes(lower: string): number | undefined {
  const span =
    /\b(?:last|past|since|within|in)\s+(?:the\s+)?(?:last\s+|past\s+)?(\d{1,5}|an?|one|two|three|six|twelve|few|couple(?: of)?)?\s*(minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w)\b/.exec(
      lower,
    )
  if (span) {
    const count = span[1] ? (NUMBER[span[1].split(' ')[0] ?? ''] ?? Number(span[1])) : 1
    const unit = span[2] ?? 'h'
    const factor = UNIT[unit] ?? UNIT[unit.replace(/s$/, '')] ?? UNIT[unit[0] ?? 'h'] ?? 60
    return count * factor
  }
  if (/\b(today|this morning|this afternoon|since midnight)\b/.test(lower)) return -1
  if (/\b(yesterday|last night|overnight)\b/.test(lower)) return 2 * 1440
  if (/\bthis week\b/.test(lower)) return 7 * 1440
  return undefined
}

function sinceWords(lower: string, minutes: number | undefined): string {
  if (minutes === -1) return 'today'
  if (minutes === undefined) return 'in the last 24 hours'
  if (/\byesterday|last night|overnight\b/.test(lower)) return 'since yesterday'
  if (minutes % 1440 === 0) return `in the last ${minutes === 1440 ? '24 hours' : `${minutes / 1440} days`}`
  if (minutes % 60 === 0) return `in the last ${minutes === 60 ? 'hour' : `${minutes / 60} hours`}`
  return `in the last ${minutes} minutes`
}

function top(lower: string): Ask | undefined {
  const resource = /\b(memory|ram|mem|cpu|processor)\b/.exec(lower)?.[1]
  const asks =
    /\b(most|top|highest|biggest|largest|usage|use[sd]?|using|consum\w+|eat(s|ing)?|hog\w*|heavy|heaviest|hungry)\b/.test(
      lower,
    )
  const plainTop = /^top\b/.test(lower)
  if (!(resource && asks) && !plainTop) return undefined
  if (/\b(why|oom|limit|killed)\b/.test(lower)) return undefined
  const count = /\btop (\d{1,3})\b/.exec(lower)?.[1]
  const of = /\b(nodes?|machines?)\b/.test(lower)
    ? 'nodes'
    : /\b(which|what) namespaces?\b/.test(lower)
      ? 'namespaces'
      : 'pods'
  return {
    kind: 'top',
    of,
    by: resource && /cpu|processor/.test(resource) ? 'cpu' : 'memory',
    count: count ? Number(count) : 10,
  }
}

function filterOf(lower: string): Filter {
  if (
    /\b(not (yet )?(ready|running|healthy|ok|up)|unready|un-?healthy|aren't ready|isn't ready|unavailable|notready|down|broken|sick)\b/.test(
      lower,
    )
  )
    return 'not-ready'
  if (/\bcrash\w*\b/.test(lower)) return 'crashing'
  if (/\b(pending|unscheduled|waiting)\b/.test(lower)) return 'pending'
  if (/\b(fail(ed|ing)?|errored|error)\b/.test(lower)) return 'failed'
  if (/\brestart\w*\b/.test(lower)) return 'restarted'
  if (/\b(completed|succeeded|finished|done)\b/.test(lower)) return 'completed'
  if (/\brunning\b/.test(lower)) return 'running'
  if (/\b(ready|healthy|available)\b/.test(lower)) return 'ready'
  return 'all'
}

function count(lower: string, _words: string[], kinds: Kind[]): Ask | undefined {
  if (!/\b(how many|number of|count( of| the)?|total( of)?)\b/.test(lower) || kinds.length === 0) return undefined
  // "how many pods are in namespace shop": the namespace is the scope, not what is counted
  const counted = kinds.filter((kind, at) => at === 0 || kind.kind !== 'Namespace')
  return {
    kind: 'list',
    of: counted.slice(0, 1).concat(counted.length > 1 && / and |,/.test(lower) ? counted.slice(1) : []),
    filter: filterOf(lower),
    count: true,
  }
}

function clusters(lower: string): Ask | undefined {
  return /\b(list|show|which|what|how many)\b.*\bclusters\b/.test(lower) || /^clusters$/.test(lower)
    ? { kind: 'clusters' }
    : undefined
}

function history(lower: string): Ask | undefined {
  const asks =
    /\b(rollout history|revisions?|history of|(deployment|deploy|release) history|what changed|when was .* (deployed|released|rolled out)|last deploy(ed|ment)?)\b/
  return asks.test(lower) ? { kind: 'history' } : undefined
}

function images(lower: string): Ask | undefined {
  return /\b(what|which|show|list)\b.*\b(images?|versions?|tags?)\b|^images?\b/.test(lower) && !/\bpull/.test(lower)
    ? { kind: 'images' }
    : undefined
}

function owner(lower: string): Ask | undefined {
  return /\bwho (owns|manages|deployed|runs)\b|\b(owned|managed|deployed) by\b|\bowner of\b/.test(lower)
    ? { kind: 'owner' }
    : undefined
}

function describe(lower: string): Ask | undefined {
  return /^(please )?(describe|details? (of|for|about)|tell me about|more (about|on)|show details)\b/.test(lower)
    ? { kind: 'describe' }
    : undefined
}

function events(lower: string): Ask | undefined {
  if (!/\b(events?|warnings?)\b/.test(lower) || /\bwhy\b/.test(lower)) return undefined
  return { kind: 'events', warningsOnly: /\bwarnings?\b/.test(lower) }
}

const LIST =
  /^(?:please )?(?:(?:can|could) you )?(?:list|show|get|display|print|give me|tell me|what|what's|which|are there|is there|do we have|any|all|see)\b/

/** "which pods are not ready", "failing pods in shop", "any pods pending?" */
function troubledList(lower: string, _words: string[], kinds: Kind[]): Ask | undefined {
  const filter = filterOf(lower)
  if (kinds.length === 0 || filter === 'all' || /\bwhy\b|\bwrong\b/.test(lower)) return undefined
  const plural = kinds.some((kind) =>
    new RegExp(`\\b(${kind.plural}|containers|machines|workloads|jobs)\\b`).test(lower),
  )
  if (!plural) return undefined
  if (
    !LIST.test(lower) &&
    !/^(failing|failed|crash\w*|pending|unhealthy|broken|not ready|unready|running|restarted)\b/.test(lower)
  )
    return undefined
  return { kind: 'list', of: listed(kinds), filter, count: false }
}

function list(lower: string, words: string[], kinds: Kind[], scope: Scope): Ask | undefined {
  if (kinds.length === 0 || /\b(why|wrong|problem|broken|issue|trouble)\b/.test(lower)) return undefined
  const bare = words.every((word, at) => {
    const named =
      spokenKinds(word).length > 0 ||
      spokenKinds(`${word} ${words[at + 1] ?? ''}`).length > 0 ||
      spokenKinds(`${words[at - 1] ?? ''} ${word}`).length > 0
    const inScope =
      scope.mentions.some((mention) => word.includes(mention.name)) ||
      word === scope.namespace ||
      word === scope.cluster
    return (
      named ||
      inScope ||
      PLACE.has(word) ||
      [
        'of',
        'for',
        'the',
        'my',
        'our',
        'all',
        'and',
        'namespace',
        'cluster',
        '-n',
        '-a',
        'everywhere',
        'every',
        'across',
        'please',
        'with',
        'their',
        'status',
      ].includes(word)
    )
  })
  // "deployment checkout" is about one object, "pods of checkout" is a list
  const [first] = kinds
  const single = first && scope.mentions.some((mention) => mention.kind === first)
  if (single && !LIST.test(lower)) return undefined
  if (!bare && !LIST.test(lower)) return undefined
  return { kind: 'list', of: listed(kinds), filter: 'all', count: false }
}

/** "list pods in namespace shop" lists pods; "list namespaces" lists namespaces. */
function listed(kinds: Kind[]): Kind[] {
  return kinds.length > 1 ? kinds.filter((kind) => kind.kind !== 'Namespace') : kinds
}

const TROUBLE =
  /\b(why|wrong|diagnos\w*|investigat\w*|troubleshoot\w*|debug|check|inspect|analy[sz]e|problems?|issues?|broken|break\w*|fail\w*|crash\w*|down|errors?|slow|health\w*|unhealthy|status|stuck|pending|hang\w*|hung|oom\w*|dies|dying|died|dead|kill\w*|restart\w*|not (working|ready|starting|responding|reachable|running)|unavailable|unreachable|trouble|happen\w*|going on|ok(ay)?|alive|fine|sick|look at|50[0-4]|time(s|d)? ?out|refus\w*|can'?t|cannot|does ?n'?o?t|isn'?t|aren'?t|won'?t|how (is|are)|what about|explain|evict\w*|oomkilled|backoff|terminating|up|zero|desired|missing|more and more|too many|pil(e|es|ing) up|come from|0 (pods|replicas))\b/

function diagnose(lower: string): Ask | undefined {
  return TROUBLE.test(lower) ? { kind: 'diagnose' } : undefined
}

/** Only a name: "checkout", "shop/checkout", "deployment checkout please". */
function bareName(_lower: string, words: string[], _kinds: Kind[], scope: Scope): Ask | undefined {
  const named = scope.mentions.length > 0 || scope.namespace !== undefined
  return named && words.length <= 4 ? { kind: 'diagnose', onlyIfNamed: true } : undefined
}
