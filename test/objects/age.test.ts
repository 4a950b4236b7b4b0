import { expect, test } from 'vitest'
import { ageText, durationText } from '../../src/objects/age.ts'

const M = 60_000
const H = 60 * M
const D = 24 * H

// apimachinery's own table
test.each([
  [-1001, '<invalid>'],
  [-999, '0s'],
  [0, '0s'],
  [119_000, '119s'],
  [2 * M, '2m'],
  [3 * M + 20_000, '3m20s'],
  [10 * M + 59_000, '10m'],
  [179 * M, '179m'],
  [3 * H + M, '3h1m'],
  [8 * H, '8h'],
  [47 * H + 59 * M, '47h'],
  [2 * D, '2d'],
  [2 * D + H, '2d1h'],
  [8 * D + 23 * H, '8d'],
  [729 * D, '729d'],
  [730 * D, '2y'],
  [731 * D, '2y1d'],
  [8 * 365 * D, '8y'],
])('%d ms is %s', (ms, text) => {
  expect(durationText(ms)).toBe(text)
})

test('an age needs a time', () => {
  const now = Date.parse('2026-11-20T12:00:00Z')
  expect(ageText('2026-11-20T11:59:15Z', now)).toBe('45s')
  expect(ageText('2026-11-20T11:59:15Z', new Date(now))).toBe('45s')
  expect(ageText('yesterday', now)).toBe('<unknown>')
  expect(ageText(undefined, now)).toBe('<unknown>')
})
