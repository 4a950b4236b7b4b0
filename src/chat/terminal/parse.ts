// What a line typed in the terminal means. Pure.
import { asTyped } from '../typed.ts'

export type Line =
  | { kind: 'nothing' }
  | { kind: 'ask'; text: string }
  /** `/2`, `/2 web` (a choice by number or words) */
  | { kind: 'press'; number: number; choice: string }
  | { kind: 'help' }
  | { kind: 'quit' }
  | { kind: 'unknown'; command: string }

const MAX_LINE = 20_000

export function parseLine(raw: string): Line {
  const line = raw.slice(0, MAX_LINE).trim()
  if (line === '') return { kind: 'nothing' }
  if (!line.startsWith('/')) return { kind: 'ask', text: asTyped(line) }
  const press = /^\/(\d{1,4})(?:\s+(.*))?$/.exec(line)
  if (press) return { kind: 'press', number: Number(press[1]), choice: press[2]?.trim() ?? '' }
  const command = line.slice(1).toLowerCase()
  if (command === 'help' || command === '?') return { kind: 'help' }
  if (command === 'quit' || command === 'exit' || command === 'q') return { kind: 'quit' }
  return { kind: 'unknown', command: line.split(/\s/)[0]!.slice(0, 40) }
}
