// One line → the words of one simple command, or the reason why it is none. There is no shell behind it: whatever a shell
// would do with a word (expand, substitute, redirect, glob) is refused, never imitated.
import { parse, type Word } from 'unbash'

export type Words = { ok: true; words: string[] } | { ok: false; reason: string }

/** Longer lines are refused unread. */
const MAX_LINE = 16_384

// control characters but tab; format characters (bidi, zero-width), line and paragraph separators, odd blanks
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/u
const ODD_BLANK = /[^\P{Zs} ]/u

export function splitLine(line: string): Words {
  if (line.length > MAX_LINE) return no(`the line is longer than ${MAX_LINE} characters`)
  // a trailing newline is how chats and files end a line; any other newline may hide a second command
  const text = line.replace(/\r?\n$/, '')
  if (/[\n\r]/.test(text)) return no('the line holds a newline: only one command on one line is read')
  if (text.trim() === '') return no('the line is empty')
  if (INVISIBLE.test(text.replaceAll('\t', ' '))) return no('the line holds control or invisible characters')
  if (ODD_BLANK.test(text)) return no('the line holds a blank that is no space or tab')

  const script = parse(text)
  if (script.errors && script.errors.length > 0) {
    return no(`the line is no complete command: ${script.errors[0]?.message ?? 'unreadable'}`)
  }
  const [statement, ...others] = script.commands
  if (!statement || others.length > 0) return no('the line is not exactly one simple command')
  const command = statement.command
  if (command.type !== 'Command' || !command.name) {
    return no('the line is no simple command: pipes, lists, negation, groups and keywords are refused')
  }
  if (statement.background) return no('a command in the background (&) is refused')
  if (command.prefix.length > 0) return no('assignments and redirections before the command are refused')
  const words: string[] = []
  let end = 0
  for (const item of [command.name, ...command.suffix]) {
    if (item.type !== 'Word') return no('redirections are refused')
    const problem = problemOf(item)
    if (problem) return no(problem)
    words.push(item.value)
    end = Math.max(end, item.end)
  }
  // what the parser leaves out (a comment, a trailing `;`) must not be there: the words are the whole line
  const rest = text.slice(end).trim()
  if (rest !== '') {
    return no(rest.startsWith('#') ? 'a comment behind a command is refused' : `"${rest.slice(0, 20)}" is left over`)
  }
  return { ok: true, words }
}

function problemOf(word: Word): string | undefined {
  if (word.text.startsWith('~')) return 'a tilde at the start of a word is refused: nothing is expanded'
  for (const part of word.parts ?? []) {
    if (part.type === 'Literal' || part.type === 'SingleQuoted') continue
    if (part.type === 'DoubleQuoted' && part.parts.every((child) => child.type === 'Literal')) continue
    if (part.type === 'Glob' || part.type === 'ExtendedGlob' || part.type === 'BraceExpansion') {
      return `"${clip(part.text)}" is a glob or brace pattern; put it in single quotes if it is data`
    }
    return `"${clip(part.text)}" is a substitution or expansion, which is refused`
  }
  return undefined
}

function clip(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}

function no(reason: string): Words {
  return { ok: false, reason }
}
