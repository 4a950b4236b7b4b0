// Which line of a log explains most, and what is read out of many.
import { describe, expect, test } from 'vitest'
import { lastErrorLine, linesEach, logReason } from '../../src/diagnose/look/logs.ts'

describe('the line that explains most', () => {
  test('the line that names what is unknown beats the farewell of the loader', () => {
    const log = [
      "ERROR: [/usr/local/etc/php-fpm.d/www.conf:7] unknown entry 'pm.max_childern'",
      'ERROR: Unable to include /usr/local/etc/php-fpm.d/www.conf from /usr/local/etc/php-fpm.conf at line 7',
      "ERROR: failed to load configuration file '/usr/local/etc/php-fpm.conf'",
    ]
    expect(logReason(log.join('\n'))?.subject).toBe('pm.max_childern')
  })

  test('capitals before a noun are no variable', () => {
    expect(logReason('INFO HHH000489: No JTA platform available')?.kind).toBeUndefined()
    expect(logReason('ERROR missing CSRF token')?.kind).not.toBe('env-missing')
    expect(logReason('FATAL missing TOKEN environment variable')?.kind).toBe('env-missing')
  })

  test('a cause beats the farewell after it', () => {
    const log = [
      'starting',
      'ERROR dial tcp 10.0.0.9:5432: connect: connection refused',
      'FATAL could not start: context deadline exceeded',
      'exiting with status 1',
    ]
    expect(logReason(log.join('\n'))).toMatchObject({ host: '10.0.0.9', port: 5432 })
  })

  test('what works again later counts as resolved', () => {
    const log = 'ERROR dial tcp db:5432: i/o timeout\nINFO attempt 2 succeeded, connected to db:5432\nINFO heartbeat'
    expect(logReason(log)?.resolved).toBe(true)
  })

  test('counts how often it is said', () => {
    expect(logReason('WARN dial tcp a:1: connection refused\nWARN dial tcp a:1: connection refused')?.times).toBe(2)
  })

  test('an unknown complaint is still the last word', () => {
    expect(lastErrorLine('INFO a\nERROR flux capacitor is out of phase\nINFO bye')).toBe(
      'ERROR flux capacitor is out of phase',
    )
  })

  test('a panic is told by the line under its heading', () => {
    expect(
      lastErrorLine("thread 'main' panicked at src/x.rs:1:1:\nthe sky fell\nnote: run with `RUST_BACKTRACE=1`"),
    ).toBe('the sky fell')
  })

  test('long and hostile logs are read in time linear in their length', () => {
    const hostile =
      `${'a.'.repeat(500)}:${'9'.repeat(500)}\n${'/'.repeat(900)}\n${'"'.repeat(900)}\n${'could not '.repeat(90)}\n`.repeat(
        400,
      )
    const start = performance.now()
    logReason(hostile)
    expect(performance.now() - start).toBeLessThan(2000)
  })
})

test('many logs share what may be read; the newest lines are read first', () => {
  expect([1, 100, 200, 100_000].map((logs) => linesEach(logs, 40_000))).toEqual([400, 400, 200, 1])
  const log = `FATAL: LICENSE_SERVER is not set\n${'GET /healthz 200\n'.repeat(20)}`
  expect(logReason(log)?.subject).toBe('LICENSE_SERVER')
  expect(logReason(log, 20)).toBeUndefined()
  expect(logReason(log, 21)?.subject).toBe('LICENSE_SERVER')
})
