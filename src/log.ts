// One logger: a fixed sentence with data beside it. Everything passes the redactor; a line that cannot be redacted is not written.
import { Writable } from 'node:stream'
import pino, { type Logger } from 'pino'
import { redact } from './core/redact.ts'

export type { Logger }

export interface LogOptions {
  level?: string
  format?: 'json' | 'pretty'
  /** where lines go; default: standard error, so that standard output stays the command's own */
  write?: (line: string) => void
}

export function createLogger(options: LogOptions = {}): Logger {
  const write = options.write ?? ((line: string) => void process.stderr.write(line))
  const format = options.format === 'pretty' ? prettyLine : (line: string) => line
  const sink = new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      write(format(redact(String(chunk))))
      done()
    },
  })
  return pino(
    {
      level: options.level ?? 'info',
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    sink,
  )
}

export const silentLogger: Logger = pino({ level: 'silent' })

function prettyLine(line: string): string {
  try {
    const { time, level, msg, ...data } = JSON.parse(line) as Record<string, unknown>
    const rest = Object.keys(data).length > 0 ? ` ${JSON.stringify(data)}` : ''
    return `${String(time).slice(11, 19)} ${String(level).padEnd(5)} ${String(msg ?? '')}${rest}\n`
  } catch {
    return line
  }
}
