// How far back a sentence looks: "in the last 2 hours", "today".

const NUMBER: Record<string, number> = { a: 1, an: 1, one: 1, two: 2, three: 3, six: 6, twelve: 12, few: 3, couple: 2 }

const UNIT: Record<string, number> = { m: 1, min: 1, h: 60, hr: 60, d: 1440, w: 10080 }

/** "in the last 2 hours" → 120; "today" is asked for as -1, because only the cluster's clock knows when it began. */
export function sinceMinutes(lower: string): number | undefined {
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

export function sinceWords(lower: string, minutes: number | undefined): string {
  if (minutes === -1) return 'today'
  if (minutes === undefined) return 'in the last 24 hours'
  if (/\byesterday|last night|overnight\b/.test(lower)) return 'since yesterday'
  if (minutes % 1440 === 0) return `in the last ${minutes === 1440 ? '24 hours' : `${minutes / 1440} days`}`
  if (minutes % 60 === 0) return `in the last ${minutes === 60 ? 'hour' : `${minutes / 60} hours`}`
  return `in the last ${minutes} minutes`
}

/** what spans are said with */
export const SINCE_WORDS =
  'last past since within few couple half minute minutes min mins hour hours hr hrs day days week weeks today yesterday morning afternoon midnight night overnight'

/** -1 is since midnight of the cluster's day, which is UTC. */
export function minutesBack(minutes: number, now: Date): number {
  return minutes === -1 ? (now.getTime() % (24 * 3600_000)) / 60_000 : minutes
}
