// What is wrong with a schedule of a CronJob, in the words of the parser that the API server and the controller share.
const DESCRIPTORS = ['yearly', 'annually', 'monthly', 'weekly', 'daily', 'midnight', 'hourly'].map((name) => `@${name}`)
const DURATION = /^[+-]?(0|(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))+$/
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

interface Bounds {
  low: number
  high: number
  names?: string[]
}

const FIELDS: Bounds[] = [
  { low: 0, high: 59 },
  { low: 0, high: 23 },
  { low: 1, high: 31 },
  { low: 1, high: 12, names: MONTHS },
  { low: 0, high: 6, names: WEEKDAYS },
]

/** Undefined when nothing is. */
export function scheduleFault(schedule: string): string | undefined {
  if (/TZ=/.test(schedule)) return 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'
  if (schedule.startsWith('@')) return descriptorFault(schedule)
  const fields = schedule.split(/\s+/).filter(Boolean)
  if (fields.length !== FIELDS.length) return `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`
  for (const [at, bounds] of FIELDS.entries()) {
    for (const part of (fields[at] ?? '').split(',').filter(Boolean)) {
      const fault = rangeFault(part, bounds)
      if (fault) return fault
    }
  }
  return undefined
}

function descriptorFault(schedule: string): string | undefined {
  if (DESCRIPTORS.includes(schedule)) return undefined
  if (!schedule.startsWith('@every ')) return `unrecognized descriptor: ${schedule}`
  const duration = schedule.slice('@every '.length)
  return DURATION.test(duration)
    ? undefined
    : `failed to parse duration ${schedule}: time: invalid duration ${JSON.stringify(duration)}`
}

/** `*`, `5`, `1-5`, `mon-fri`, each with a step: `0-30/10`. */
function rangeFault(text: string, { low, high, names }: Bounds): string | undefined {
  const [range = '', step, ...moreSteps] = text.split('/')
  const [first = '', last, ...moreEnds] = range.split('-')
  let [start, end] = [low, high]
  if (first !== '*' && first !== '?') {
    const from = numberOf(first, names)
    if (typeof from === 'string') return from
    if (moreEnds.length > 0) return `too many hyphens: ${text}`
    const to = last === undefined ? from : numberOf(last, names)
    if (typeof to === 'string') return to
    start = from
    // "5/15" is from 5 to the end
    end = last === undefined && step !== undefined ? high : to
  }
  if (moreSteps.length > 0) return `too many slashes: ${text}`
  const by = step === undefined ? 1 : numberOf(step)
  if (typeof by === 'string') return by
  if (start < low) return `beginning of range (${start}) below minimum (${low}): ${text}`
  if (end > high) return `end of range (${end}) above maximum (${high}): ${text}`
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${text}`
  return by === 0 ? `step of range should be a positive number: ${text}` : undefined
}

/** The number, or why it is none. */
function numberOf(text: string, names: string[] = []): number | string {
  const named = names.indexOf(text.toLowerCase())
  // months count from 1, days of the week from 0
  if (named >= 0) return names === MONTHS ? named + 1 : named
  if (/^\+?\d{1,15}$/.test(text)) return Number(text)
  return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`
}
