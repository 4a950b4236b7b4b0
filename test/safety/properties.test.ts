// Properties over the whole corpus: however a command is spelled, and however little is known, it never gets milder.
import { describe, expect, it } from 'vitest'
import { parseCommand } from '../../src/kube/kubectl/grammar.ts'
import { judgeCommand } from '../../src/safety/judge.ts'
import { loadCorpus, loadWorld } from './world.ts'

const snapshot = loadWorld()
const corpus = ['public.jsonl', 'commands.jsonl', 'commands-second.jsonl'].flatMap((name) => loadCorpus(name))

/** allow 0 … ask 9 in the order of tiers; a hard denial is above all. */
function weight(line: string, known = true): number {
  const { tier, verdict } = judgeCommand(line, { level: 'L1', ...(known ? { snapshot } : {}) })
  return tier === null || verdict === 'deny' ? 100 : tier
}

const simple = corpus.filter(
  ({ command }) => parseCommand(command).ok && /^[\x21-\x7e ]+$/.test(command) && !/['"\\]/.test(command),
)

function words(line: string): string[] {
  return line.trim().split(/\s+/)
}

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

describe('injection', () => {
  const identity = [
    '--server=https://x',
    '-s https://x',
    '--kubeconfig=/tmp/k',
    '--context x',
    '--token=x',
    '--as=x',
    '--as-group x',
    '--insecure-skip-tls-verify',
    '--cache-dir=/tmp/x',
    '--kube-context=x',
    '--user=x',
  ]
  it.each(identity)('%s denies every command it is put behind', (flag) => {
    const programs = simple.filter(
      ({ command }) =>
        !command.includes(' -- ') &&
        !(flag.startsWith('--user') && /subject|binding/.test(command)) &&
        // -s is a flag of kubectl; helm's own -s means another thing
        !(flag.startsWith('-s ') && command.startsWith('helm')),
    )
    expect(programs.filter(({ command }) => weight(`${command} ${flag}`) < 100).map(({ command }) => command)).toEqual(
      [],
    )
  })

  const hostile = [
    '-x',
    '--as=admin',
    '_x',
    'x\u0000',
    'x\ny',
    '\u2013n',
    '−x',
    'x\u202e',
    'x'.repeat(300),
    '$(id)',
    '`id`',
    'a;b',
    'a b',
    '../x',
    'x%2fy',
    'ｘ',
    '',
  ]
  const places: ((text: string) => string)[] = [
    (text) => `kubectl delete pod ${text} -n shop`,
    (text) => `kubectl delete pod '${text}' -n shop`,
    (text) => `kubectl delete pod/'${text}' -n shop`,
    (text) => `kubectl get pods -n '${text}'`,
    (text) => `kubectl logs debug-shell -n shop -c '${text}'`,
    (text) => `kubectl scale '${text}'/cart --replicas=3 -n shop`,
    (text) => `kubectl cordon '${text}'`,
    (text) => `helm rollback '${text}' 1 -n shop`,
  ]
  it.each(hostile)('%j in a name, namespace, container or type is never taken as one', (text) => {
    for (const place of places)
      expect([place(text), weight(place(text))]).toSatisfy(([, value]: [string, number]) => value >= 9)
  })

  it('a protected namespace in any spelling denies every change', () => {
    const changes = simple.filter(
      ({ command, verdict }) =>
        verdict === 'ask' && / -n shop\b/.test(command) && !/ -- |--dry-run=(client|server)/.test(command),
    )
    expect(changes.length).toBeGreaterThan(50)
    for (const spelling of [
      '-n kube-system',
      '-nkube-system',
      '-n=kube-system',
      '--namespace=kube-system',
      '--namespace kube-system',
      '-n KUBE-SYSTEM',
      "-n 'kube-'system",
      '-n shop -n kube-system',
    ]) {
      const lax = changes
        .filter(({ command }) => weight(command.replace(/ -n shop\b/, ` ${spelling}`)) < 100)
        .map(({ command }) => `${command} ${spelling}`)
      expect(lax).toEqual([])
    }
  })
})

describe('the unknown', () => {
  it('an unknown verb or flag is asked about at tier 9, or denied', () => {
    for (const { command } of simple.filter(({ command }) => !command.includes(' -- '))) {
      expect(weight(`${command} --frobnicate`)).toBeGreaterThanOrEqual(9)
      expect(weight(command.replace(/^(\w+) /, '$1 frobnicate '))).toBeGreaterThanOrEqual(9)
    }
  })

  it('less state never makes a command milder', () => {
    const milder = corpus
      .filter(({ command }) => weight(command, false) < weight(command, true))
      .map(({ command }) => command)
    // a selector that reaches a protected namespace, or a kind only the cluster knows to be harmless, needs the state to be seen
    expect(milder.filter((command) => !/kubernetes\.io\/metadata\.name=/.test(command))).toEqual([])
  })

  it('random bytes are never allowed to change anything', () => {
    let seed = 42
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2147483648
      return seed % below
    }
    const alphabet = [
      'kubectl',
      'helm',
      ' ',
      ' ',
      ' ',
      'delete',
      'get',
      'pods',
      '-n',
      'shop',
      '--',
      '-',
      '=',
      '"',
      "'",
      '\\',
      '$',
      '(',
      ')',
      ';',
      '|',
      '&',
      '\n',
      '{',
      '}',
      '*',
      'a',
      'ü',
      '\u0000',
      '#',
      '/',
      'scale',
      '--replicas',
      '0',
      '--dry-run=server',
    ]
    for (let round = 0; round < 3000; round++) {
      const line = Array.from({ length: 1 + random(14) }, () => alphabet[random(alphabet.length)]).join('')
      const { verdict, tier } = judgeCommand(line, { snapshot, level: 'L1' })
      if (verdict === 'allow') expect([line, tier]).toEqual([line, 0])
    }
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
