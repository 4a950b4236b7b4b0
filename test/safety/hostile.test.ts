// What somebody slips into a command, and what nobody knows, never makes it milder.
import { describe, expect, it } from 'vitest'
import { judgeCommand } from '../../src/safety/judge.ts'
import { corpus, simple, snapshot, weight } from './whole-corpus.ts'

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
