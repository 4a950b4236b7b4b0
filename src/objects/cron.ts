// Cron schedules as the CronJob controller reads them: five fields, names, steps, lists, @hourly and its kin, in any time zone.
export interface Schedule {
  minutes: ReadonlySet<number>
  hours: ReadonlySet<number>
  days: ReadonlySet<number>
  months: ReadonlySet<number>
  weekdays: ReadonlySet<number>
  /** a day matches when either the day of the month or of the week does, if both are restricted */
  anyDay: boolean
}

const ALIASES: Record<string, string> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const MINUTE = 60_000
const DAY = 86_400_000

/** Undefined when the text is no schedule. */
export function parseSchedule(text: string): Schedule | undefined {
  const trimmed = text.trim()
  const fields = (Object.hasOwn(ALIASES, trimmed) ? (ALIASES[trimmed] ?? '') : trimmed).split(/\s+/)
  if (fields.length !== 5) return undefined
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = fields
  const minutes = parseField(minute, 0, 59)
  const hours = parseField(hour, 0, 23)
  const days = parseField(day, 1, 31)
  const months = parseField(month, 1, 12, MONTHS, 1)
  const weekdays = parseField(weekday, 0, 7, WEEKDAYS, 0)
  if (!minutes || !hours || !days || !months || !weekdays) return undefined
  if (weekdays.has(7)) weekdays.add(0)
  return { minutes, hours, days, months, weekdays, anyDay: !isOpen(day) && !isOpen(weekday) }
}

function isOpen(field: string): boolean {
  return field.startsWith('*') || field === '?'
}

function parseField(field: string, low: number, high: number, names: string[] = [], base = 0): Set<number> | undefined {
  const values = new Set<number>()
  for (const part of field.toLowerCase().split(',')) {
    const match = /^(\*|\?|[a-z0-9]{1,3})(?:-([a-z0-9]{1,3}))?(?:\/(\d{1,3}))?$/.exec(part)
    if (!match) return undefined
    const [, first = '', last, step] = match
    const open = first === '*' || first === '?'
    const from = open ? low : valueOf(first, names, base)
    const to =
      open || (step !== undefined && last === undefined) ? high : last === undefined ? from : valueOf(last, names, base)
    const by = Number(step ?? 1)
    if (from === undefined || to === undefined || from < low || to > high || from > to || by < 1) return undefined
    for (let value = from; value <= to; value += by) values.add(value)
  }
  return values
}

function valueOf(text: string, names: string[], base: number): number | undefined {
  if (/^\d{1,2}$/.test(text)) return Number(text)
  const index = names.indexOf(text)
  return index < 0 ? undefined : index + base
}

/** The first scheduled time after `afterMs`; undefined when there is none within five years. */
export function nextTime(schedule: Schedule, afterMs: number, timeZone = 'UTC'): number | undefined {
  let local = Math.floor((afterMs + offsetOf(afterMs, timeZone)) / MINUTE) * MINUTE + MINUTE
  const limit = local + 5 * 366 * DAY
  while (local < limit) {
    const at = new Date(local)
    if (!schedule.months.has(at.getUTCMonth() + 1)) local = Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1)
    else if (!isDay(schedule, at)) local = (Math.floor(local / DAY) + 1) * DAY
    else if (!schedule.hours.has(at.getUTCHours())) local = (Math.floor(local / 3_600_000) + 1) * 3_600_000
    else if (!schedule.minutes.has(at.getUTCMinutes())) local += MINUTE
    else {
      const time = local - offsetOf(local - offsetOf(local, timeZone), timeZone)
      // a time that the change to summer time skips, or winter time repeats
      if (time > afterMs) return time
      local += MINUTE
    }
  }
  return undefined
}

/** Milliseconds between the next two runs after an instant; undefined when it never runs twice. */
export function intervalOf(schedule: Schedule, afterMs: number, timeZone?: string): number | undefined {
  const next = nextTime(schedule, afterMs, timeZone)
  const second = next === undefined ? undefined : nextTime(schedule, next, timeZone)
  return next === undefined || second === undefined ? undefined : second - next
}

function isDay({ days, weekdays, anyDay }: Schedule, at: Date): boolean {
  const day = days.has(at.getUTCDate())
  const weekday = weekdays.has(at.getUTCDay())
  return anyDay ? day || weekday : day && weekday
}

/** Milliseconds by which local time is ahead of UTC. An unknown zone counts as UTC. */
function offsetOf(atMs: number, timeZone: string): number {
  if (timeZone === 'UTC' || timeZone === 'Etc/UTC') return 0
  try {
    const parts = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    }).formatToParts(atMs)
    const part = (type: string) => Number(parts.find((item) => item.type === type)?.value ?? 0)
    const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
    return local - Math.floor(atMs / 1000) * 1000
  } catch {
    return 0
  }
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
