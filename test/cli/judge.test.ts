import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { judge } from '../../src/cli/judge.ts'
import { explain } from '../../src/cli/judge-explain.ts'
import { UsageError } from '../../src/core/errors.ts'
import { type Harbor, startHarbor } from '../../src/harbor/index.ts'
import { loadFiles } from '../../src/objects/files.ts'
import { Snapshot } from '../../src/objects/snapshot.ts'
import { CORPORA } from '../safety/world.ts'

const WORLD = join(CORPORA, 'cluster.yaml')

async function run(args: string[], stdin = ''): Promise<{ code: number; out: string }> {
  let out = ''
  async function* chunks(): AsyncGenerator<Buffer> {
    // a character may be cut in two by the pipe
    const bytes = Buffer.from(stdin)
    const size = bytes.length > 100_000 ? 65_537 : 7
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  const code = await judge(args, { out: (text) => void (out += text), err: () => undefined, stdin: chunks() })
  return { code, out }
}

async function one(line: string, ...args: string[]) {
  const { out, code } = await run(['--output', 'json', ...args, '--', line])
  expect(code).toBe(0)
  return JSON.parse(out)
}

it('what may not be read is not said to be absent', async () => {
  const snapshot = new Snapshot({ cluster: 'c', now: new Date(), objects: [], unread: ['Deployment'] })
  const judged = (line: string) => explain(line, { level: 'L1', protection: { own: 'firstmate', more: [] }, snapshot })
  expect((await judged('kubectl rollout restart deploy/web -n shop')).reasons.at(-1)).toMatch(/may not be read/)
  expect((await judged('kubectl rollout restart sts/web -n shop')).reasons.at(-1)).toMatch(/is not there/)
})

describe('one command', () => {
  it('says verdict, tier, risk, reasons and requests', async () => {
    expect(await one('kubectl scale deploy/checkout --replicas=5 -n shop', '--from', WORLD)).toEqual({
      verdict: 'ask',
      executable: true,
      tier: 5,
      risk: 'MEDIUM',
      reasons: ['scales Deployment shop/checkout to 5', 'the remediate tier (5) is asked about at L1'],
      requests: [{ method: 'PATCH', path: '/apis/apps/v1/namespaces/shop/deployments/checkout' }],
    })
  })

  it.each([
    ['kubectl get pods -n shop', 'allow', true, [{ method: 'GET', path: '/api/v1/namespaces/shop/pods' }]],
    ['kubectl exec debug-shell -n shop -- ls', 'ask', false, []],
    ['kubectl frob', 'ask', false, []],
    ['helm upgrade storefront ./x -n shop', 'ask', false, []],
    ['kubectl delete node worker-a', 'deny', false, []],
    [
      'kubectl delete pod debug-shell -n shop',
      'ask',
      true,
      [{ method: 'DELETE', path: '/api/v1/namespaces/shop/pods/debug-shell' }],
    ],
    [
      'kubectl create cm a --from-literal=b=c -n shop',
      'ask',
      true,
      [{ method: 'POST', path: '/api/v1/namespaces/shop/configmaps' }],
    ],
    [
      'kubectl cordon worker-a --dry-run=server',
      'allow',
      true,
      [{ method: 'PATCH', path: '/api/v1/nodes/worker-a?dryRun=All' }],
    ],
    ['kubectl scale deploy/ghost --replicas=2 -n shop', 'ask', false, []],
    ['kubectl create cm a --from-literal=password=hunter2hunter2 -n shop', 'ask', false, []],
  ])('%s', async (line, verdict, executable, requests) => {
    expect(await one(line, '--from', WORLD)).toMatchObject({ verdict, executable, requests })
  })

  it('without --from no state is read, and the worse counts', async () => {
    expect(await one('kubectl scale deploy/cart --replicas=0 -n shop')).toMatchObject({ tier: 9, executable: true })
    expect(await one('kubectl scale deploy/cart --replicas=0 -n shop', '--from', WORLD)).toMatchObject({ tier: 6 })
  })

  it.each([
    ['L0', 'deny'],
    ['L1', 'ask'],
    ['L2', 'allow'],
    ['L4', 'allow'],
  ])('at %s: %s', async (level, verdict) => {
    expect(
      await one('kubectl scale deploy/checkout --replicas=5 -n shop', '--from', WORLD, '--level', level),
    ).toMatchObject({ verdict, tier: 5 })
  })

  it('prints words by default', async () => {
    const { out } = await run(['--from', WORLD, '--', 'kubectl delete ns kube-system'])
    expect(out).toBe(
      'deny, risk CRITICAL, not executable\n  the namespace kube-system is protected: nothing in it is changed\n',
    )
  })

  it.each([
    [['--level', 'L9', '--', 'x']],
    [['--']],
    [['--output', 'xml', '--', 'x']],
    [['--', 'kubectl', 'get']],
    [['--jsonl', '--from', '-']],
  ])('%j is a usage error', async (args) => {
    await expect(run(args)).rejects.toThrow(UsageError)
  })
  it('an unknown option is refused', async () => expect(run(['--frob', '--', 'x'])).rejects.toThrow('--frob'))
  it('--help', async () => expect((await run(['--help'])).out).toContain('Usage: firstmate judge'))
})

describe('--jsonl', () => {
  it('answers every line once, in order, with its id', async () => {
    const corpus = readFileSync(join(CORPORA, 'public.jsonl'), 'utf8')
    const { out, code } = await run(['--jsonl', '--from', WORLD], corpus)
    expect(code).toBe(0)
    const answers = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(answers.map(({ id }) => id)).toEqual(
      corpus
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).id),
    )
    for (const answer of answers) {
      expect(Object.keys(answer).sort()).toEqual(['executable', 'id', 'reasons', 'requests', 'risk', 'tier', 'verdict'])
      if (answer.verdict === 'deny') expect(answer).toMatchObject({ risk: 'CRITICAL', executable: false, requests: [] })
    }
  })

  it('a line that is no question is denied, and does not stop the others', async () => {
    const lines = [
      'nope',
      '{"id":1}',
      'null',
      '',
      '{"id":"a","command":"kubectl get pods"}',
      `{"id":"long","command":"${'x'.repeat(2_000_000)}"}`,
      '{"id":"ü","command":"kubectl get ns"}',
    ]
    const { out, code } = await run(['--jsonl'], lines.join('\n'))
    expect(code).toBe(0)
    const answers = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(answers.map(({ id, verdict }) => [id, verdict])).toEqual([
      [null, 'deny'],
      [1, 'deny'],
      [null, 'deny'],
      ['a', 'allow'],
      [null, 'deny'],
      ['ü', 'allow'],
    ])
  })
})

describe('--context reads a live cluster, and changes nothing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'judge-'))
  let harbor: Harbor
  beforeAll(async () => {
    harbor = await startHarbor({ load: await loadFiles([WORLD]), controllers: false })
    const config = {
      clusters: [{ name: 'c', cluster: { server: harbor.url } }],
      users: [{ name: 'u', user: {} }],
      contexts: [{ name: 'live', context: { cluster: 'c', user: 'u' } }],
    }
    writeFileSync(join(folder, 'config'), JSON.stringify(config))
    vi.stubEnv('KUBECONFIG', join(folder, 'config'))
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true })
    await harbor.close()
  })

  it.each([
    ['kubectl scale deploy/checkout --replicas=0 -n shop', 9],
    ['kubectl scale deploy/cart --replicas=0 -n shop', 6],
    ['kubectl delete pods -l app=cart -n shop', 7],
    ['kubectl label widget blue -n shop a=b', 5],
  ])('%s', async (line, tier) => expect(await one(line, '--context', 'live')).toMatchObject({ tier, executable: true }))

  it('takes lines too', async () => {
    const { out } = await run(
      ['--jsonl', '--context', 'live'],
      '{"id":"a","command":"kubectl scale deploy/cart --replicas=0 -n shop"}\n',
    )
    expect(JSON.parse(out)).toMatchObject({ id: 'a', tier: 6 })
  })

  it('an unknown context, or files as well, is one sentence', async () => {
    await expect(run(['--context', 'nowhere', '--', 'kubectl get pods'])).rejects.toThrow(/no context "nowhere".*live/)
    await expect(run(['--context', 'live', '--from', WORLD, '--', 'kubectl get pods'])).rejects.toThrow(UsageError)
  })
})
