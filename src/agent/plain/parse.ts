// Understands a plain sentence by patterns: pure, linear, and honest (`unknown` rather than a guess, and `sure` only when nothing more is asked).
import { change, otherChange } from './asks/change.ts'
import { clusters } from './asks/clusters.ts'
import { bareName, diagnose } from './asks/diagnose.ts'
import { help, thanks } from './asks/help.ts'
import { images } from './asks/images.ts'
import { changes, describe, events, history, owner } from './asks/inspect.ts'
import { count, everything, list, running, troubledList } from './asks/list.ts'
import { logs } from './asks/logs.ts'
import { outcome } from './asks/outcome.ts'
import { program } from './asks/program.ts'
import { quarantined } from './asks/quarantined.ts'
import { restarts } from './asks/restarts.ts'
import { spec } from './asks/spec.ts'
import { room, top } from './asks/top.ts'
import { waste } from './asks/waste.ts'
import { commandLine } from './command-line.ts'
import { inEnglish } from './languages.ts'
import { kindsIn, NAME, parseScope } from './mentions.ts'
import { isManifest, ownWords } from './paste.ts'
import type { Ask, Reader, Request, Scope } from './request.ts'
import { COMMON } from './words.ts'

const MAX_LENGTH = 2000
/** of a command with a manifest behind it */
const MAX_COMMAND = 65_536

// the first that fits wins: from the plain commands to the open questions
const READERS: readonly Reader[] = [
  help,
  thanks,
  program,
  quarantined,
  outcome,
  change,
  waste,
  logs,
  restarts,
  room,
  top,
  spec,
  running,
  everything,
  count,
  clusters,
  changes,
  history,
  images,
  owner,
  describe,
  events,
  troubledList,
  list,
  otherChange,
  diagnose,
  bareName,
]

const NOWHERE: Scope = { everywhere: false, mentions: [] }

export function parseRequest(input: string): Request {
  const command = commandLine(clean(input, MAX_COMMAND))
  const text = clean(input, MAX_LENGTH)
  if (command) return { ask: { kind: 'kubectl', line: command }, scope: NOWHERE, text, sure: true }
  const own = ownWords(text)
  if (own === '' && text !== '') return { ask: { kind: 'paste', of: 'log' }, scope: NOWHERE, text, sure: false }
  if (isManifest(text)) return { ask: { kind: 'paste', of: 'manifest' }, scope: NOWHERE, text, sure: false }
  const lower = apostrophes(inEnglish(own.toLowerCase()))
  const words = split(lower)
  const scope = parseScope(words, lower)
  const sentence = { lower, words, kinds: kindsIn(words), scope }
  for (const reader of READERS) {
    const ask = reader.read(sentence)
    if (ask) {
      const sure = reader.understood(sentence)
      const needed = sure && !reader.understood({ ...sentence, scope: firmOf(scope) })
      const meant = firmly(scope, needed ? lower : ask.kind === 'change' ? wishOf(lower) : '')
      return { ask, scope: withoutLookedFor(meant, ask), text, sure }
    }
  }
  // "feed?", "ask": one ordinary word may be somebody's name all the same
  const [word = ''] = words
  if (words.length === 1 && NAME.test(word))
    return {
      ask: { kind: 'diagnose', onlyIfNamed: true },
      scope: { ...scope, mentions: [{ name: word, place: false, perhaps: true }] },
      text,
      sure: true,
    }
  return { ask: { kind: 'unknown' }, scope, text, sure: false }
}

/** "whats", "doesnt": as they are typed in a hurry. */
function apostrophes(lower: string): string {
  return lower
    .replace(/\b(what|where|how|who|that|there|here)s\b/g, "$1's")
    .replace(/\b(do|does|did|is|are|was|wo|ca|could|should|would|has|have)nt\b/g, "$1n't")
}

/** Without the words that may be no names. */
function firmOf(scope: Scope): Scope {
  return { ...scope, mentions: scope.mentions.filter(({ perhaps }) => !perhaps) }
}

/** "pods in traffic" makes no sense but by a name, and "restart web in production" must not be done elsewhere: there the word is one. */
function firmly(scope: Scope, where: string): Scope {
  const words = new Set(where.split(/[^a-z0-9.-]+/))
  const mentions = scope.mentions.map(({ perhaps, ...mention }) =>
    perhaps && !words.has(mention.name) ? { ...mention, perhaps } : mention,
  )
  return { ...scope, mentions }
}

/** What is wished, without why. */
function wishOf(lower: string): string {
  return lower.split(/\b(?:because|since|as it)\b/, 1)[0] ?? ''
}

/** "logs of api grep payment": payment is looked for in the log, and no name here. */
function withoutLookedFor(scope: Scope, ask: Ask): Scope {
  if (ask.kind !== 'logs' || ask.only === undefined) return scope
  const words = new Set(ask.only.split(/\s+/))
  const mentions = scope.mentions.filter(({ name }) => !words.has(name))
  return mentions.length > 0 ? { ...scope, mentions } : scope
}

function clean(input: string, most: number): string {
  return input
    .slice(0, most)
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/[\u201c\u201d]/g, '"')
    .replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, '')
    .trim()
    .replace(/^@firstmate\b[,:]?\s*/i, '')
}

function split(lower: string): string[] {
  return lower
    .split(/[\s,;]+/)
    .map((word) => word.replace(/^[("'`<[{*_~,;:]+/, '').replace(/[)"'`>\]}*_~,;:!?.]+$/, ''))
    .map((word) => word.replace(/'s$/, (suffix, at) => (at > 0 && !COMMON.has(word) ? '' : suffix)))
    .filter(Boolean)
}
