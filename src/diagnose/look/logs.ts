// Reading container logs: the line that explains the trouble, what kind of trouble that is, and the facts in it.
import type { KubeObject } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { linesOf, stripTime, timeOf } from './log-lines.ts'
import { type LogKind, PATTERNS } from './log-patterns.ts'
import { isOrder } from './planted.ts'
import { oneLine } from './words.ts'

export type { LogKind }

export interface LogReason {
  kind: LogKind
  /** the line, on one line, at most 300 characters */
  line: string
  /** it and at most two others that say the same kind of thing, in their order */
  lines: string[]
  /** variable, file, option, user … as the line names it */
  subject: string | undefined
  host: string | undefined
  port: number | undefined
  rbac: RbacDenial | undefined
  /** how many lines say the same kind of thing */
  times: number
  /** one of them is an error, not a mere warning about a retry */
  severe: boolean
  /** later lines say that it works again */
  resolved: boolean
  /** RFC 3339, when the line carries a time */
  at: string | undefined
}

export interface RbacDenial {
  user: string | undefined
  verb: string
  resource: string
  group: string
  namespace: string | undefined
}

const MAX_LINES = 400
const FATAL =
  /\b(?:FATAL|PANIC|CRITICAL|EMERG|panic(?:ked)?|fatal|Traceback|Exception|aborting|exiting|giving up)\b|\[(?:error|fatal|emerg|crit)\]|^F\d{4}\b|^(?:\S+ )?F /
const SEVERE = /\bERROR\b|level=error|\[error\]|\b(?:FATAL|PANIC|CRITICAL|panic|fatal|Traceback)\b/i
const ERROR =
  /\b(?:ERROR|ERR|Error|error|SEVERE|E)\b|\w(?:Error|Exception)\b|level=(?:error|fatal)|^E\d{4}\b|failed|could not|cannot/
const FINE = /\b(?:DEBUG|TRACE)\b|level=(?:debug|trace)/
// what a client sent, or a notice about the application itself, is not the application's own trouble
const NOT_OWN = /user-?agent|referer|retried once: ok|attempt \d+\/\d+ ok|RUST_BACKTRACE|deprecat/i
const BETTER =
  /\b(?:ok|recovered|reconnected|connected|succeeded|success(?:ful(?:ly)?)?|healthy|heartbeat|restored|ready to accept|completed|established|served|delivered|processed|handled|published)\b|\b(?:status|code)[= ]2\d\d\b|(?:GET|POST|PUT|HEAD) \S{1,200} 2\d\d\b/i

// words of success in a line that reports none
const NOT_YET =
  /\bwarn(?:ing)?\b|\b(?:not|never|no longer|until|waiting|unable)\b|\b0 (?:of |successful|healthy|ok)|ed 0\b/i

/** How many of the newest lines of each of `logs` logs are worth the time, when `budget` lines are for all of them. */
export function linesEach(logs: number, budget: number): number {
  return Math.min(MAX_LINES, Math.ceil(budget / Math.max(1, logs)))
}

/** The line of a log that explains most, or undefined when no line says anything known. Looks at the last `most` lines, at most 400. */
export function logReason(text: string, most = MAX_LINES): LogReason | undefined {
  const lines = linesOf(text, most)
  let best: LogReason | undefined
  let bestScore = 0
  const seen = new Map<LogKind, { lines: string[]; last: number }>()
  for (const [index, line] of lines.entries()) {
    if (NOT_OWN.test(line)) continue
    const found = match(line)
    if (!found) continue
    const same = seen.get(found.kind)
    if (same) {
      same.lines.push(line)
      same.last = index
    } else seen.set(found.kind, { lines: [line], last: index })
    const level = FATAL.test(line) ? 8 : ERROR.test(line) ? 5 : FINE.test(line) ? -30 : 0
    const score = found.score + level + (8 * (index + 1)) / lines.length
    if (score <= bestScore) continue
    bestScore = score
    best = {
      ...found.reason,
      kind: found.kind,
      line: oneLine(stripTime(line)),
      lines: [],
      times: 1,
      severe: false,
      resolved: false,
      at: timeOf(line),
    }
  }
  const same = best && seen.get(best.kind)
  if (!best || !same) return undefined
  best.times = same.lines.length
  best.severe = same.lines.some((line) => FATAL.test(line) || /\bERROR\b|level=error|\[error\]|^E\d{4} /i.test(line))
  best.lines = [...new Set([...same.lines.map((line) => oneLine(stripTime(line))), best.line])].slice(0, 3)
  best.at = timeOf(lines[same.last] ?? '') ?? best.at
  best.resolved = lines
    .slice(same.last + 1)
    .some((line) => BETTER.test(line) && !ERROR.test(line) && !NOT_YET.test(line))
  return best
}

/** The last line that reports an error of any sort, or undefined. */
export function lastError(text: string): string | undefined {
  return SEVERE.test(text.slice(-400_000)) ? lastErrorLine(text) : undefined
}

/** The last line that reports an error of any sort, for logs in which nothing known is said; the very last one otherwise. */
export function lastErrorLine(text: string): string | undefined {
  const lines = linesOf(text, MAX_LINES).filter((line) => line.trim() !== '' && !NOT_OWN.test(line))
  const fatal = lines.findLastIndex((line) => FATAL.test(line) || SEVERE.test(line))
  const line = lines[headlineAt(lines, fatal)] ?? lines[fatal] ?? lines.at(-1)
  return line === undefined ? undefined : oneLine(stripTime(line))
}

/** The last lines of a log that say something, for logs in which nothing known is said: at most four, stack frames and orders left out. */
export function lastWords(text: string): string[] {
  return linesOf(text, MAX_LINES)
    .filter((line) => line.trim().length > 3 && !FRAME.test(line) && !NOT_OWN.test(line) && !isOrder(line))
    .slice(-4)
    .map((line) => oneLine(stripTime(line)))
}

const FRAME = /^\s+(?:at |File "|\.\.\. \d)|^goroutine \d|^\t/

/** Where the message is that a heading announces: panics and tracebacks say what happened some lines later. */
function headlineAt(lines: readonly string[], heading: number): number {
  const text = lines[heading] ?? ''
  if (/Traceback/.test(text)) {
    const after = lines.slice(heading + 1).findIndex((line) => !/^\s/.test(line))
    return after < 0 ? heading : heading + 1 + after
  }
  // Spring Boot's failure report: a banner, "Description:", then the sentence
  const described = lines.findLastIndex((line) => /^Description:\s*$/.test(line))
  if (described > heading && described - heading < 8) return described + 1
  // Rust says where, and on the next line what; before 1.73 both on one
  return /panicked at (?!')/.test(text) ? heading + 1 : heading
}

/** The log to blame for a container's trouble: of its last run when it crashed, else of the current one. */
export function logText(snapshot: Snapshot, pod: KubeObject, container: string, crashed: boolean): string | undefined {
  const logs = snapshot.logsOf(pod, container)
  const previous = logs.find((log) => log.previous)
  const current = logs.find((log) => !log.previous)
  const text = (crashed ? (previous ?? current) : current)?.text
  return text?.trim() ? text : undefined
}

const FACTS = 6

interface Matched {
  kind: LogKind
  score: number
  reason: Omit<LogReason, 'kind' | 'line' | 'lines' | 'times' | 'severe' | 'resolved' | 'at'>
}

function match(line: string): Matched | undefined {
  let best: Matched | undefined
  for (const { kind, form, weight } of PATTERNS) {
    if (best && best.score >= weight + FACTS) continue
    const found = form.exec(line)
    if (!found) continue
    const groups = found.groups ?? {}
    const { host, port, verb, resource, group, ns, ...rest } = groups
    if (host !== undefined && !isHost(host, port !== undefined, kind)) continue
    const subject = Object.entries(rest).find(([name, value]) => value !== undefined && !name.startsWith('port'))?.[1]
    if (kind === 'env-missing' && subject && !isVariable(subject, line.slice(found.index + found[0].length))) continue
    const number = port ?? rest.port2 ?? rest.port3
    // a line that names what it is about explains more than one that only complains
    const score = weight + (host !== undefined || subject !== undefined ? FACTS : 0)
    if (best && best.score >= score) continue
    best = {
      kind,
      score,
      reason: {
        subject,
        host: host?.toLowerCase(),
        port: number === undefined ? undefined : Number(number),
        rbac: verb && resource ? { user: userOf(line), verb, resource, group: group ?? '', namespace: ns } : undefined,
      },
    }
  }
  return best
}

// words in capitals that are no variables
const NO_VARIABLE =
  /^(?:ERROR|FATAL|WARN|WARNING|INFO|DEBUG|TRACE|PANIC|CRITICAL|SEVERE|HTTP|HTTPS|GET|POST|PUT|DELETE|HEAD|PATCH|JSON|YAML|NULL|TRUE|FALSE|TLS|SSL|SQL|DNS|TCP|UDP|URL|URI|API|JDBC|SIGTERM|SIGKILL|SIGSEGV|ENOENT|EACCES|ECONNREFUSED|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|ENOSPC|CLUSTERDOWN|MOVED|NOAUTH|WRONGPASS|LOG|DETAIL|HINT|STATEMENT|NOTICE)$/
// "No JTA platform available", "missing CSRF token": capitals before a noun, where a variable ends its phrase or is said to be one
const NOUN_AFTER =
  /^ (?!(?:env|environment|var|variable|is|was|are|has|isn't|in|from|for|not|must|should|to|or|and|cannot|at|on|but)\b)[a-z]/

function isVariable(name: string, rest: string): boolean {
  return !NO_VARIABLE.test(name) && (name.includes('_') || !NOUN_AFTER.test(rest))
}

// words that stand where a host could
const NO_HOST =
  /^(?:the|a|an|to|at|on|in|for|from|with|host|address|port|tcp|udp|http|https|after|while|by|is|was|be|of|and|or|err|error|caused|failed|failure|timeout|exception|connection|connect|dial|get|post|null|none|unknown|temporary|lookup|name|hostname|resolve|retrying|attempt|its|it|any|request|response|read|write|i|o)$/i
// roles that sentences speak of, and that Services are called after
const ROLE = /^(?:api|backend|broker|client|database|db|server|service|upstream)$/i

/** Before a port, or where a name is looked up, even `db` and `server` are names of hosts. */
function isHost(host: string, hasPort: boolean, kind: LogKind): boolean {
  if (/^\d+$/.test(host) || /^\d{4}-\d{2}-\d{2}/.test(host) || /^\d{1,2}\.\d{1,3}$/.test(host)) return false
  return hasPort || (!NO_HOST.test(host) && (kind === 'dns' || !ROLE.test(host)))
}

function userOf(line: string): string | undefined {
  return /User "(?<user>[^"\s]{1,300})"/.exec(line)?.groups?.user
}
