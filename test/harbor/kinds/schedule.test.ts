// What a 1.36.2 server says of schedules, in its words.
import { expect, it } from 'vitest'
import { scheduleFault } from '../../../src/harbor/kinds/schedule.ts'

const noNumber = (text: string) => `failed to parse int from ${text}: strconv.Atoi: parsing "${text}": invalid syntax`

it.each([
  ['* * * * x', noNumber('x')],
  ['60 * * * *', 'end of range (60) above maximum (59): 60'],
  ['* 24 * * *', 'end of range (24) above maximum (23): 24'],
  ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
  ['* * * 13 *', 'end of range (13) above maximum (12): 13'],
  ['* * * * 7', 'end of range (7) above maximum (6): 7'],
  ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
  ['*/0 * * * *', 'step of range should be a positive number: */0'],
  ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
  ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
  ['-1 * * * *', noNumber('')],
  ['*/x * * * *', noNumber('x')],
  ['a-b * * * *', noNumber('a')],
  ['1.5 * * * *', noNumber('1.5')],
  ['0x1 * * * *', noNumber('0x1')],
  ['* * * * L', noNumber('L')],
  ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
  ['@never', 'unrecognized descriptor: @never'],
  ['@every x', 'failed to parse duration @every x: time: invalid duration "x"'],
  ['TZ=UTC * * * * *', 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'],
])('%s is refused', (schedule, fault) => expect(scheduleFault(schedule)).toBe(fault))

it.each([
  '*/5 * * * *',
  '* * * jan MON',
  '? * * * ?',
  '*-5 * * * *',
  '1/5 * * * *',
  '1,,2 * * * *',
  ', * * * *',
  '+1 * * * *',
  '  1 2 3 4 5 ',
  '@hourly',
  '@every 1h30m',
])('%s is taken', (schedule) => expect(scheduleFault(schedule)).toBeUndefined())
