// A log as lines of plain text: what JSON wraps is unwrapped, what is escaped is read, and the time of each is known.

const MAX_LINE = 1000
// an object of JSON on one line, with its stack trace
const MAX_JSON = 16_000
const MAX_FIELDS = 12

/** The last `most` lines, each at most 1,000 characters: `TIME LEVEL message: error key=value` where the log is JSON. */
export function linesOf(text: string, most: number): string[] {
  const lines = text.slice(-most * MAX_LINE).split('\n')
  // a last line ends with a newline, too
  if (lines.at(-1) === '') lines.pop()
  return lines
    .slice(-most)
    .flatMap((line) => (unwrapped(line) ?? unescaped(line)).split('\n'))
    .slice(-most)
    .map((line) => line.slice(0, MAX_LINE))
}

/** klog's and logfmt's key="value" escape the quotes of a message, and its line ends. */
function unescaped(line: string): string {
  return line.includes('\\') ? line.slice(0, MAX_JSON).replaceAll('\\"', '"').replaceAll('\\n', '\n') : line
}

// what loggers call the same thing: zap, logrus, slog, pino, bunyan, Logback, ECS, Serilog, structlog, MongoDB
const TIMES = ['time', 'ts', 'timestamp', '@timestamp', '@t', 't', 'datetime', 'asctime']
const LEVELS = ['level', 'severity', 'log.level', 'levelname', 'lvl', '@l', 's']
const MESSAGES = ['msg', 'message', '@m', '@mt', 'event', 'short_message', 'log']
const ERRORS = ['error', 'err', 'exception', 'error.message', 'exc_info', 'stack_trace', '@x', 'stacktrace', 'stack']
const PINO: Record<number, string> = { 10: 'TRACE', 20: 'DEBUG', 30: 'INFO', 40: 'WARN', 50: 'ERROR', 60: 'FATAL' }

function unwrapped(line: string): string | undefined {
  // the runtime or an agent may have put a time before it
  const start = line.indexOf('{"')
  if (start < 0 || start > 60 || line.length > MAX_JSON || !line.trimEnd().endsWith('}')) return undefined
  let parsed: unknown
  try {
    parsed = JSON.parse(line.slice(start))
  } catch {
    return undefined
  }
  const fields = new Map(Object.entries(parsed as Record<string, unknown>))
  const take = (names: readonly string[]) => {
    const name = names.find((each) => fields.has(each))
    const value = name === undefined ? undefined : fields.get(name)
    if (name !== undefined) fields.delete(name)
    return value
  }
  const message = textOf(take(MESSAGES))
  if (!message) return undefined
  const time = isoOf(take(TIMES)) ?? ''
  const level = levelOf(take(LEVELS))
  const errors = ERRORS.map((name) => textOf(take([name]))).filter((text) => text && !message.includes(text))
  const rest = [...fields].slice(0, MAX_FIELDS).map(([name, value]) => `${name}=${textOf(value).slice(0, 200)}`)
  return [line.slice(0, start).trim(), time, level, [message, ...errors].join(': '), ...rest]
    .filter((part) => part !== '')
    .join(' ')
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (value === undefined || value === null) return ''
  const inner = typeof value === 'object' ? (value as Record<string, unknown>) : {}
  const named = inner.message ?? inner.msg
  return typeof named === 'string' ? named : JSON.stringify(value).slice(0, 500)
}

function levelOf(value: unknown): string {
  if (typeof value === 'number') return PINO[value] ?? ''
  const word = typeof value === 'string' ? value.toUpperCase() : ''
  return /^[A-Z]{1,10}$/.test(word) ? word : ''
}

/** ISO text, seconds or milliseconds since 1970, or MongoDB's `{"$date": …}`. */
function isoOf(value: unknown): string | undefined {
  const given = typeof value === 'object' && value !== null ? (value as Record<string, unknown>).$date : value
  if (typeof given === 'string') return TIME.test(given) ? given : undefined
  if (typeof given !== 'number') return undefined
  const at = new Date(given < 1e11 ? given * 1000 : given)
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString()
}

const TIME =
  /^\[?(\d{4})[-/](\d{2})[-/](\d{2})[T ](\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?)(?: ?(Z|UTC|[+-]\d{2}:?\d{2}))?\]?\s*/
const KEYED = /(?:^|\s)(?:time|ts|timestamp|t)="?(?=\d{4}-)/

export function stripTime(line: string): string {
  return line.replace(TIME, '')
}

/** RFC 3339, when the line carries a time at its start or as logfmt's `time=`; one without a zone counts as UTC. */
export function timeOf(line: string): string | undefined {
  const keyed = KEYED.exec(line)
  const found = TIME.exec(line) ?? (keyed ? TIME.exec(line.slice(keyed.index + keyed[0].length)) : null)
  if (!found) return undefined
  const [, year, month, day, clock = '', zone] = found
  const at = new Date(
    `${year}-${month}-${day}T${clock.replace(',', '.')}${zone === undefined || zone === 'UTC' ? 'Z' : zone}`,
  )
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString()
}
