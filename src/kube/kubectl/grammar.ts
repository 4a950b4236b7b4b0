// The grammar of kubectl and helm: one simple command line → a typed command, or a refusal with the reason.
// It says what the words mean, as kubectl itself would read them; whether that may happen is not asked here (`safety/`).

import { readFlags } from './grammar-args.ts'
import type { Command, Refusal } from './grammar-command.ts'
import { canonicalVerb, flagsOf, subverbsOf } from './grammar-flags.ts'
import { isIdentityFlag } from './grammar-identity.ts'
import { splitLine } from './grammar-line.ts'
import { isDnsLabel } from './grammar-names.ts'
import { badOperand } from './grammar-operands.ts'
import { badValue } from './grammar-values.ts'

export type { Command, Refusal }

/** Reads one line. Never throws; linear in the length of the line. */
export function parseCommand(line: string): Command | Refusal {
  const split = splitLine(line)
  if (!split.ok) return { ok: false, kind: 'denied', reason: split.reason }
  return parseWords(split.words)
}

function parseWords(words: readonly string[]): Command | Refusal {
  const [program, ...tail] = words
  if (program !== 'kubectl' && program !== 'helm') {
    return {
      ok: false,
      kind: 'denied',
      reason: `"${(program ?? '').slice(0, 40)}" is no program here: only kubectl and helm are, by these bare words`,
    }
  }
  const { verb, subverb, at, swallowed } = findVerb(program, tail)
  const path = subverb ? `${verb} ${subverb}` : verb
  const table = flagsOf(program, path)
  const globals = flagsOf(program, '')
  const own = table ?? globals
  if (!own) return { ok: false, kind: 'unknown', reason: `${program} has no flags table` }
  const rest = tail.filter((_, index) => !at.includes(index))
  const read = readFlags(rest, own, program)
  const namespace = read.flags.get('namespace')?.at(-1)
  const command: Command = {
    ok: true,
    program,
    verb,
    subverb,
    // behind `--` stand further arguments, except where a program of the container follows
    args: RUNS_PROGRAM.has(program === 'kubectl' ? verb : '') ? read.args : [...read.args, ...read.rest],
    rest: RUNS_PROGRAM.has(program === 'kubectl' ? verb : '') ? read.rest : [],
    flags: read.flags,
    ...(namespace === undefined ? {} : { namespace }),
    allNamespaces: read.flags.get('all-namespaces')?.at(-1) === 'true',
    dryRun: dryRunOf(read.flags.get('dry-run'), table?.long.get('dry-run')?.type),
    words: [...words],
  }
  const refuse = (kind: Refusal['kind'], reason: string): Refusal => ({ ok: false, kind, reason, command })

  const identity = [...read.flags.keys()].find((name) => isIdentityFlag(path, name))
  if (identity)
    return refuse('denied', `--${identity} names another connection, identity or file, which is never taken`)
  if (read.denied) return refuse('denied', read.denied)
  if (namespace !== undefined && !isDnsLabel(namespace)) {
    return refuse(
      'denied',
      `"${namespace.slice(0, 80)}" is no namespace: lower-case letters, digits and dashes, at most 63`,
    )
  }
  if (read.flags.has('dry-run') && table && !table.long.has('dry-run')) {
    return refuse('denied', `${program} ${path} has no --dry-run: it would run for real`)
  }
  if (verb === '' && read.rest.length > 0)
    return refuse('denied', 'nothing but arguments follows "--": the verb must stand before it')
  const operand = badOperand(command)
  if (operand) return refuse('denied', operand)
  if (swallowed !== undefined && (!table || verb === '')) return refuse('denied', swallowing(program, swallowed))
  if (verb === '') return refuse('unknown', `${program} alone does nothing: a verb is missing`)
  if (!table) return refuse('unknown', `"${path.slice(0, 60)}" is no ${program} command that is known here`)
  const isBare = subverb === '' && !OWN_ARGS.has(`${program} ${verb}`) && subverbsOf(program, verb).length > 0
  if (isBare) {
    if (swallowed !== undefined) return refuse('denied', swallowing(program, swallowed))
    return refuse('unknown', `${program} ${verb} needs one of: ${subverbsOf(program, verb).join(', ')}`)
  }
  const misfit = read.unknown ?? badValue(command)
  if (misfit) return refuse('unknown', misfit)
  return command
}

const RUNS_PROGRAM = new Set(['exec', 'run', 'debug', 'create'])

function dryRunOf(values: readonly string[] | undefined, type: string | undefined): Command['dryRun'] {
  // helm's boolean --dry-run, an omitted value and any other spelling are not exactly `client` or `server`
  if (values?.length !== 1 || type !== 'optional') return 'none'
  return values[0] === 'client' || values[0] === 'server' ? values[0] : 'none'
}

interface Verb {
  verb: string
  subverb: string
  at: number[]
  /** the first flag of no known kind that takes the word behind it away before the verb is found */
  swallowed?: string
}

function swallowing(program: string, flag: string): string {
  return `${program} takes the word behind ${flag.slice(0, 40)} as its value and finds no command: flags of a verb stand behind it`
}

/**
 * Where cobra finds the command: the first words that are no flags. A flag before the verb takes the next word as its value
 * unless it is a known global boolean or carries `=`.
 */
function findVerb(program: 'kubectl' | 'helm', words: string[]): Verb {
  const globals = flagsOf(program, '')
  const found: { word: string; index: number }[] = []
  let swallowed: string | undefined
  for (let index = 0; index < words.length && found.length < 3; index++) {
    const word = words[index] ?? ''
    if (word === '--') break
    if (!word.startsWith('-') || word === '-') {
      found.push({ word, index })
      continue
    }
    if (word.includes('=')) continue
    const long = word.startsWith('--')
    const spec = long ? globals?.long.get(normalName(program, word.slice(2))) : globals?.short.get(word.slice(1))
    if (spec?.type === 'boolean') continue
    if (!long && word.length !== 2) continue
    // an own flag of the verb: what it is, is not known before the verb is
    if (!spec) swallowed ??= word
    index++
  }
  const own = swallowed === undefined ? {} : { swallowed }
  const [first, second, third] = found
  if (!first) return { verb: '', subverb: '', at: [], ...own }
  const verb = canonicalVerb(program, first.word)
  const two = second && canonicalVerb(program, `${verb} ${second.word}`)
  const subverbs = subverbsOf(program, verb)
  if (!second || !two || !subverbs.includes(two.slice(verb.length + 1).split(' ')[0] ?? '')) {
    // a verb that only has subverbs and does not know this one: the whole path is unknown
    if (second && subverbs.length > 0 && !OWN_ARGS.has(`${program} ${verb}`)) {
      return { verb, subverb: second.word, at: [first.index, second.index], ...own }
    }
    return { verb, subverb: '', at: [first.index], ...own }
  }
  const three = third && `${two} ${third.word}`
  if (three && flagsOf(program, three)) {
    return { verb, subverb: three.slice(verb.length + 1), at: [first.index, second.index, third.index], ...own }
  }
  return { verb, subverb: two.slice(verb.length + 1), at: [first.index, second.index], ...own }
}
// verbs that have subverbs and also do something themselves
const OWN_ARGS = new Set(['kubectl create', 'kubectl apply', 'kubectl cluster-info'])

/** kubectl reads `_` as `-` in flag names (component-base WordSepNormalizeFunc); helm does not. */
function normalName(program: string, name: string): string {
  return program === 'kubectl' ? name.replaceAll('_', '-') : name
}
