// The command `diagnose`, as a person and as a script use it.
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { diagnoseCommand } from '../../src/cli/diagnose.ts'
import { UsageError } from '../../src/core/errors.ts'
import { Diagnosis } from '../../src/core/finding.ts'
import { diagnosisText } from '../../src/diagnose/text.ts'
import { printObjects } from '../../src/objects/files.ts'
import { app, crashing, diagnoseWorld, namespace, node, object, service } from './build.ts'

const scenarios = join(import.meta.dirname, '../corpora/scenarios')
const cart = join(scenarios, 'p01-cart/cluster.yaml')
const healthy = join(scenarios, 'p29-basket/cluster.yaml')

async function run(...args: string[]) {
  let out = ''
  let err = ''
  const io = {
    out: (text: string) => void (out += text),
    err: (text: string) => void (err += text),
    stdin: (async function* () {})(),
  }
  const code = await diagnoseCommand(args, io)
  return { code, out, err }
}

describe('diagnose --from', () => {
  test('prints JSON of the agreed shape, and exits 1 when something is wrong', async () => {
    const { code, out } = await run('--from', cart, '--now', '2026-10-14T09:42:17Z', '--output', 'json')
    const diagnosis = Diagnosis.parse(JSON.parse(out))
    expect([code, diagnosis.healthy]).toEqual([1, false])
    expect(diagnosis.findings[0]).toMatchObject({
      check: 'app-env-missing',
      severity: 'warning',
      root: true,
      object: { kind: 'Deployment', namespace: 'storefront', name: 'cart' },
    })
  })

  test('prints text that reads like a card', async () => {
    const { out } = await run('--from', cart, '--now', '2026-10-14T09:42:17Z')
    expect(out).toMatch(
      /^⚠️ {2}storefront\/cart: 1 of 3 pods crash-looping for 24 min \(7 restarts\)\nCause {5}environment variable DEPLOY_ENV is not set/,
    )
    expect(out).toMatch(/^Changed {3}revision 2 .*\n/m)
    expect(out).toMatch(/^Next {6}.*roll back to\n? *revision 1/m)
  })

  test('exits 0 when nothing is wrong', async () => {
    expect(await run('--from', healthy, '-n', 'basket')).toMatchObject({
      code: 0,
      out: expect.stringContaining('✅ Nothing is wrong in namespace basket.'),
    })
  })

  test('takes several files', async () => {
    const { out } = await run('--from', cart, '--from', healthy, '--now', '2026-10-14T09:42:17Z', '--output', 'json')
    expect(JSON.parse(out).healthy).toBe(false)
  })

  test('a namespace is the scope', async () => {
    const { code } = await run('--from', cart, '-n', 'kube-system', '--now', '2026-10-14T09:42:17Z')
    expect(code).toBe(0)
  })

  test.each([
    [['--from', cart, '--now', 'yesterday'], /--now is "yesterday"; allowed is a time/],
    [['--from', cart, '--output', 'xml'], /--output is "xml"; allowed are text, json/],
    [['--from', '/nowhere.yaml'], /there is no such file/],
    [['checkout'], /"checkout" is a word too many; firstmate diagnose --help/],
    [['--from', '-', '--watch'], /cannot look at standard input again/],
    [['--now', '2026-10-14T09:42:17Z'], /--now goes with --from/],
  ])('%j is refused with a sentence', async (args, sentence) => {
    const failure = await run(...args).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(UsageError)
    expect((failure as Error).message).toMatch(sentence)
  })

  test('--help prints the usage', async () => {
    expect(await run('--help')).toMatchObject({ code: 0, out: expect.stringContaining('--watch') })
  })
})

describe('secrets', () => {
  let file = ''
  beforeAll(async () => {
    const made = crashing(
      'api',
      'FATAL: password authentication failed for user "shop"\nconnecting to postgres://shop:hunter2-hunter2@db:5432/shop',
      {
        container: { env: [{ name: 'DATABASE_URL', valueFrom: { secretKeyRef: { name: 'db', key: 'url' } } }] },
      },
    )
    const secret = object('v1', 'Secret', 'db', { data: { url: Buffer.from('hunter2-hunter2').toString('base64') } })
    file = join(await mkdtemp(join(tmpdir(), 'diagnose-')), 'world.yaml')
    await writeFile(file, printObjects([namespace('shop'), node('node-a'), secret, ...made.objects], made.logs))
  })

  test('never appear in what is printed', async () => {
    for (const output of ['json', 'text']) {
      const { out } = await run('--from', file, '--output', output)
      expect(out).toMatch(/Secret db/)
      expect(out).not.toMatch(/hunter2/)
      expect(out).not.toContain(Buffer.from('hunter2-hunter2').toString('base64'))
    }
  })
})

describe('text', () => {
  test('fits its width, and keeps long words whole', () => {
    const made = crashing('api', `FATAL: could not parse config value ${'z'.repeat(150)} of listen address`)
    const lines = diagnosisText(diagnoseWorld(made.objects, made.logs), { width: 60, cluster: 'prod-eu' }).split('\n')
    expect(lines.filter((line) => line.length > 60 && !line.includes('zzz') && !line.startsWith('🔴'))).toEqual([])
    expect(lines[0]).toMatch(/prod-eu$/)
  })

  test('names what follows from a root, and what could not be seen', () => {
    const db = crashing('db', 'PANIC: could not locate a valid checkpoint record', { replicas: 1 })
    const api = crashing('api', 'ERROR dial tcp db:5432: connect: connection refused')
    const diagnosis = diagnoseWorld(
      [...db.objects, ...api.objects, service('db', { app: 'db' }, { ports: [{ port: 5432 }] })],
      [...db.logs, ...api.logs],
    )
    const text = diagnosisText({ ...diagnosis, partial: ['not permitted: list nodes'] })
    expect(text).toMatch(/^Explains {2}.*Deployment shop\/api/m)
    expect(text).toMatch(/Not everything could be looked at:\n- not permitted: list nodes/)
  })

  test('several root causes are counted', () => {
    const one = crashing('one', 'FATAL: A_KEY is not set')
    const two = crashing('two', 'FATAL: B_KEY is not set')
    expect(diagnosisText(diagnoseWorld([...one.objects, ...two.objects], [...one.logs, ...two.logs]))).toMatch(
      /^2 root causes in the cluster\n/,
    )
  })

  test('a healthy scope is one line', () => {
    expect(diagnosisText(diagnoseWorld(app('api').objects), { scope: 'namespace shop' })).toBe(
      '✅ Nothing is wrong in namespace shop.\n',
    )
  })
})
