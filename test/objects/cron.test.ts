import { expect, test } from 'vitest'
import { intervalOf, nextTime, parseSchedule } from '../../src/objects/cron.ts'

const at = (text: string) => Date.parse(text)

test.each([
  ['0 3 * * *', 'Europe/Berlin', '2026-01-10T00:00:00Z', '2026-01-10T02:00:00.000Z'],
  ['0 3 * * *', 'Europe/Berlin', '2026-07-10T00:00:00Z', '2026-07-10T01:00:00.000Z'],
  ['*/15 9-17 * * mon-fri', 'UTC', '2026-05-02T10:00:00Z', '2026-05-04T09:00:00.000Z'],
  ['0 0 29 2 *', 'UTC', '2026-03-01T00:00:00Z', '2028-02-29T00:00:00.000Z'],
  ['0 0 1 * 0', 'UTC', '2026-05-04T00:00:00Z', '2026-05-10T00:00:00.000Z'],
  ['@hourly', 'UTC', '2026-05-04T10:30:00Z', '2026-05-04T11:00:00.000Z'],
])('%s in %s after %s is %s', (text, zone, after, next) => {
  const schedule = parseSchedule(text)
  expect(schedule && new Date(nextTime(schedule, at(after), zone) ?? 0).toISOString()).toBe(next)
})

test.each([
  '',
  'whenever',
  '* * * *',
  'a b c d e',
  '61 * * * *',
  '* 24 * * *',
  '5-2 * * * *',
  '*/0 * * * *',
  '0 0 32 * *',
  '__proto__',
])('%s is no schedule', (text) => {
  expect(parseSchedule(text)).toBeUndefined()
})

test('a day that never comes has no next time', () => {
  const schedule = parseSchedule('0 0 31 2 *')
  expect(schedule && nextTime(schedule, at('2026-01-01T00:00:00Z'))).toBeUndefined()
})

test.each([
  ['0 */6 * * *', 'UTC', 6],
  ['@daily', 'UTC', 24],
  // the night of summer time is an hour shorter
  ['0 12 * * *', 'Europe/Berlin', 23],
])('%s in %s comes every %d hours', (text, zone, hours) => {
  const schedule = parseSchedule(text)
  expect(schedule && intervalOf(schedule, at('2026-03-28T10:30:00Z'), zone)).toBe(hours * 3_600_000)
})
