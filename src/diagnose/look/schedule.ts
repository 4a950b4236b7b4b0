// Reading cron schedules as the CronJob controller does: five fields, names, steps, lists, @hourly and its kin.
export interface Schedule {
  minutes: Set<number>
  hours: Set<number>
  days: Set<number>
  months: Set<number>
  weekdays: Set<number>
  /** day of month and day of week both restricted: either may match */
  either: boolean
}

const MACROS: Record<string, string> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

/** Undefined when the text is no schedule. */
export function parseSchedule(text: string): Schedule | undefined {
  const bare = text
    .trim()
    .replace(/^(?:CRON_)?TZ=\S{1,60}\s+/, '')
    .slice(0, 200)
  const fields = (Object.hasOwn(MACROS, bare) ? (MACROS[bare] ?? '') : bare).split(/\s+/)
  if (fields.length !== 5) return undefined
  const [minutes, hours, days, months, weekdays] = [
    field(fields[0], 0, 59),
    field(fields[1], 0, 23),
    field(fields[2], 1, 31),
    field(fields[3], 1, 12, MONTHS, 1),
    field(fields[4], 0, 7, DAYS, 0),
  ]
  if (!minutes || !hours || !days || !months || !weekdays) return undefined
  if (weekdays.has(7)) weekdays.add(0)
  const either = !/^[*?]/.test(fields[2] ?? '') && !/^[*?]/.test(fields[4] ?? '')
  return { minutes, hours, days, months, weekdays, either }
}

function field(
  text: string | undefined,
  low: number,
  high: number,
  names: string[] = [],
  first = 0,
): Set<number> | undefined {
  const values = new Set<number>()
  for (const part of (text ?? '').toLowerCase().split(',')) {
    const [range = '', step = '1', ...more] = part.split('/')
    const [from = '', to] = range.split('-')
    const start = from === '*' || from === '?' ? low : number(from, names, first)
    const end =
      from === '*' || from === '?'
        ? high
        : to !== undefined
          ? number(to, names, first)
          : part.includes('/')
            ? high
            : start
    const by = Number(step)
    if (more.length > 0 || !(start >= low) || !(end <= high) || end < start || !Number.isInteger(by) || by < 1)
      return undefined
    for (let value = start; value <= end; value += by) values.add(value)
  }
  return values
}

function number(text: string, names: string[], first: number): number {
  const named = names.indexOf(text)
  if (named >= 0) return named + first
  return /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN
}

const MINUTE = 60_000

/** The last time before `until` at which it should have fired, in UTC, looking back `withinMs`; undefined when there was none. */
export function lastFire(schedule: Schedule, until: Date, withinMs: number): Date | undefined {
  const start = Math.floor(until.getTime() / MINUTE) * MINUTE
  for (let at = start; at > start - withinMs; ) {
    const date = new Date(at)
    if (!dayMatches(schedule, date)) at = Math.floor(at / 86_400_000) * 86_400_000 - MINUTE
    else if (!schedule.hours.has(date.getUTCHours())) at = Math.floor(at / 3_600_000) * 3_600_000 - MINUTE
    else if (!schedule.minutes.has(date.getUTCMinutes())) at -= MINUTE
    else return date
  }
  return undefined
}

function dayMatches({ days, weekdays, months, either }: Schedule, date: Date): boolean {
  if (!months.has(date.getUTCMonth() + 1)) return false
  const day = days.has(date.getUTCDate())
  const weekday = weekdays.has(date.getUTCDay())
  return either ? day || weekday : day && weekday
}

/** Milliseconds between two fires around an instant. */
export function intervalOf(schedule: Schedule, at: Date): number | undefined {
  const last = lastFire(schedule, at, 400 * 86_400_000)
  const before = last && lastFire(schedule, new Date(last.getTime() - MINUTE), 400 * 86_400_000)
  return last && before ? last.getTime() - before.getTime() : undefined
}
