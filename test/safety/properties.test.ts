// Properties over the whole corpus: however a command is spelled, and at whatever level, it is judged the same.
import { describe, expect, it } from 'vitest'
import { parseCommand } from '../../src/kube/kubectl/grammar.ts'
import { judgeCommand } from '../../src/safety/judge.ts'
import { corpus, simple, snapshot, weight, words } from './whole-corpus.ts'

describe('spelling', () => {
  const variants: [string, (line: string) => string][] = [
    ['more blanks and tabs', (line) => `  ${words(line).join(' \t ')}  `],
    [
      'single quotes around every word',
      (line) =>
        words(line)
          .map((word) => `'${word}'`)
          .join(' '),
    ],
    [
      'double quotes around every word',
      (line) =>
        words(line)
          .map((word) => `"${word}"`)
          .join(' '),
    ],
    [
      'quotes inside every word',
      (line) =>
        words(line)
          .map((word) => `${word.slice(0, 1)}''${word.slice(1)}`)
          .join(' '),
    ],
    [
      'a backslash before every letter',
      (line) =>
        words(line)
          .map((word) => word.replace(/[a-z]/g, '\\$&'))
          .join(' '),
    ],
    [
      'underscores in flag names',
      (line) =>
        words(line)
          .map((word) =>
            word.startsWith('--') ? `--${word.slice(2).replace(/^[^=]*/, (name) => name.replaceAll('-', '_'))}` : word,
          )
          .join(' '),
    ],
    ['a trailing newline', (line) => `${line}\n`],
    ['a comment behind', (line) => `${line} # --dry-run=client`],
    ['a second command', (line) => `${line}; kubectl get pods`],
    ['a dry run after --', (line) => `${line} -- --dry-run=client`],
    ['a dry run in another case', (line) => `${line} --dry-run=Server`],
    ['an omitted dry run', (line) => `${line} --dry-run`],
  ]
  it.each(variants)('%s makes nothing milder', (_name, vary) => {
    const milder = simple.filter(({ command }) => weight(vary(command)) < weight(command)).map(({ command }) => command)
    expect(milder).toEqual([])
  })
})

/** Each flag with its value as one unit, and the words between; undefined where a value cannot be told from an argument. */
function units(line: string): { flags: string[]; others: string[] } | undefined {
  const command = parseCommand(line)
  if (!command.ok || line.includes(' -- ')) return undefined
  const [, ...tail] = words(line)
  const flags: string[] = []
  const others: string[] = []
  for (let index = 0; index < tail.length; index++) {
    const word = tail[index] ?? ''
    if (!word.startsWith('-')) {
      others.push(word)
      continue
    }
    const next = tail[index + 1]
    const isValue = next !== undefined && !word.includes('=') && !command.args.includes(next) && !isVerb(command, next)
    flags.push(isValue && !next.startsWith('-') ? `${word} ${next}` : word)
    if (isValue && !next.startsWith('-')) index++
  }
  return { flags, others }
}

function isVerb(command: { words: readonly string[]; verb: string; subverb: string }, word: string): boolean {
  return `${command.verb} ${command.subverb}`.split(' ').includes(word)
}

describe('the order of flags', () => {
  const orders: [string, (program: string, flags: string[], others: string[]) => string[]][] = [
    ['behind everything', (program, flags, others) => [program, ...others, ...flags]],
    ['behind everything, the last first', (program, flags, others) => [program, ...others, ...flags.toReversed()]],
    [
      'behind the first word',
      (program, flags, others) => [program, ...others.slice(0, 1), ...flags, ...others.slice(1)],
    ],
    ['before the verb', (program, flags, others) => [program, ...flags, ...others]],
    ['before the verb, the last first', (program, flags, others) => [program, ...flags.toReversed(), ...others]],
  ]
  const movable = simple.flatMap(({ command }) => {
    const parts = units(command)
    return parts && parts.flags.length > 0 ? [{ command, ...parts }] : []
  })
  it('is tried on many', () => expect(movable.length).toBeGreaterThan(400))
  it.each(orders)('%s makes nothing milder', (_name, order) => {
    const milder = movable.flatMap(({ command, flags, others }) => {
      const varied = order(words(command)[0] ?? '', flags, others).join(' ')
      return weight(varied) < weight(command) ? [`${command} → ${varied}`] : []
    })
    expect(milder).toEqual([])
  })
  it('behind everything it means the same', () => {
    const other = movable.flatMap(({ command, flags, others }) => {
      const varied = [words(command)[0], ...others, ...flags].join(' ')
      return weight(varied) === weight(command) ? [] : [`${command} → ${varied}`]
    })
    expect(other).toEqual([])
  })
  it('a value attached, with "=" or in a word of its own means the same', () => {
    const other = movable.flatMap(({ command }) => {
      const varied = [
        command.replace(/ -n (?=\w)/g, ' -n'),
        command.replace(/ -n (?=\w)/g, ' -n='),
        command.replace(/ -n (?=\w)/g, ' --namespace='),
        command.replace(/ --namespace=(?=\w)/g, ' -n '),
        command.replace(/ --replicas=/g, ' --replicas '),
        command.replace(/ (-o|-l) (?=\w)/g, ' $1'),
      ]
      return varied.flatMap((line) => (weight(line) === weight(command) ? [] : [`${command} → ${line}`]))
    })
    expect(other).toEqual([])
  })
})

it('the same command at every level is judged at the same tier', () => {
  for (const { command } of corpus) {
    const tiers = (['L0', 'L1', 'L2', 'L3', 'L4'] as const).map(
      (level) => judgeCommand(command, { snapshot, level }).tier,
    )
    expect(new Set(tiers).size).toBe(1)
  }
})
