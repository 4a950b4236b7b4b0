// What a person is told who writes an option wrongly: one sentence, with what is allowed.
import { describe, expect, it } from 'vitest'
import { files, readOptions } from '../../src/cli/options.ts'
import { UsageError } from '../../src/core/errors.ts'

const OPTIONS = {
  context: { type: 'string' },
  namespace: { type: 'string', short: 'n' },
  from: { type: 'string', multiple: true },
  watch: { type: 'boolean' },
} as const
const io = { out: () => undefined, err: () => undefined, stdin: (async function* () {})() }
const read = (args: string[], words?: number | string) =>
  readOptions(args, OPTIONS, 'Usage: firstmate look [X]', io, words)

describe('readOptions', () => {
  it.each([
    [
      ['--loud'],
      'There is no option --loud here; allowed are --context, -n, --namespace, --from, --watch, -h, --help.',
    ],
    [['-x'], 'There is no option -x here; allowed are --context, -n, --namespace, --from, --watch, -h, --help.'],
    [['--context'], '--context needs a value; one that begins with a dash is written --context=-…'],
    [['-n'], '--namespace needs a value; one that begins with a dash is written --namespace=-…'],
    [['--context', '--watch'], '--context needs a value; one that begins with a dash is written --context=-…'],
    [['--watch=3'], '--watch takes no value.'],
    [['shop'], '"shop" is a word too many; firstmate look --help tells what may follow.'],
  ])('%j', (args, sentence) => expect(() => read(args)).toThrow(new UsageError(sentence)))

  it('takes as many words as the command, or as there are further values of its option', () => {
    expect(read(['a', 'b'], 2)?.positionals).toEqual(['a', 'b'])
    expect(() => read(['a', 'b'], 1)).toThrow('"b" is a word too many')
    const parsed = read(['--from', 'a', 'b', '--from', 'c', 'd'], 'from')
    expect(parsed && files(parsed, 'from')).toEqual(['a', 'c', 'b', 'd'])
    expect(() => read(['a'], 'from')).toThrow('"a" is a word too many')
  })

  it('shows the usage and nothing else for --help', () => {
    let out = ''
    const parsed = readOptions(['--help', 'x'], OPTIONS, 'Usage: …\n', { ...io, out: (text) => void (out += text) })
    expect([parsed, out]).toEqual([undefined, 'Usage: …\n'])
  })
})
