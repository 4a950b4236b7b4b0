// The commands as whole processes: what a person or a script sees of them.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../store/redis-server.ts'

const BIN = join(import.meta.dirname, '../../src/bin.mjs')
const STORY = join(import.meta.dirname, '../../src/cli/practice/shop.yaml')
const folder = temporaryFolder()
const env = {
  PATH: process.env.PATH ?? '',
  HOME: folder,
  KUBECONFIG: join(folder, 'none'),
  DATA_DIR: join(folder, 'data'),
}
const running: ChildProcess[] = []
afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
})

function run(
  args: string[],
  more: Record<string, string> = {},
  stdin = '',
): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [BIN, ...args], { env: { ...env, ...more }, cwd: folder })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  child.stdin.end(stdin)
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })))
}

describe('firstmate', () => {
  it('lists its commands, and every one of them has help', async () => {
    const { code, out } = await run(['--help'])
    expect(code).toBe(0)
    const names = [...out.matchAll(/^ {2}([a-z]+) /gm)].map((match) => match[1] as string)
    expect(names).toEqual(
      expect.arrayContaining([
        'demo',
        'serve',
        'chat',
        'ask',
        'diagnose',
        'judge',
        'harbor',
        'approvals',
        'audit',
        'doctor',
      ]),
    )
    const helps = await Promise.all(names.map((name) => run([name, '--help'])))
    expect(helps.map(({ code: exit }) => exit)).toEqual(names.map(() => 0))
    expect(helps.every((help, at) => help.out.includes(`firstmate ${names[at]}`))).toBe(true)
  }, 60_000)

  it('refuses an unknown command, option and value in one sentence with exit 2', async () => {
    for (const args of [['dance'], ['ask', '--loud', 'x'], ['ask', 'x', '--output', 'xml'], ['ask']]) {
      const { code, err } = await run(args)
      expect(code, args.join(' ')).toBe(2)
      expect(err.trim().split('\n')).toHaveLength(1)
    }
  }, 30_000)

  it('a bad setting stops the start with one sentence: which, why, what is allowed', async () => {
    const { code, err } = await run(['serve', '--practice'], { AUTONOMY_LEVEL: 'L9' })
    expect(code).toBe(2)
    expect(err).toMatch(/AUTONOMY_LEVEL.*L0, L1, L2, L3, L4/)
  })

  it('serve without any cluster stops and says so', async () => {
    const { code, err } = await run(['serve', '--roles', 'worker'])
    expect(code).toBe(2)
    expect(err).toMatch(/No cluster is configured/)
  })
})

describe('what cannot be read or written is said in one sentence', () => {
  it.each<[string[], Record<string, string>, RegExp]>([
    [['diagnose', '--from', '-'], {}, /standard input holds no Kubernetes object/],
    [['diagnose', '--from', temporaryFolder()], {}, /holds no Kubernetes object/],
    [['harbor', '--kubeconfig', folder], {}, /--kubeconfig cannot be written/],
    [['serve', '--practice'], { POLICY_FILE: folder }, /POLICY_FILE names .* which cannot be read/],
    [['approvals', 'list'], { DATA_DIR: BIN }, /DATA_DIR is .* where nothing can be stored \(ENOTDIR\)/],
  ])(
    '%j',
    async (args, more, sentence) => {
      const { code, err } = await run(args, more)
      expect(err).toMatch(sentence)
      expect(
        err
          .trim()
          .split('\n')
          .filter((line) => !line.startsWith('{')),
      ).toHaveLength(1)
      expect(code).toBe(2)
    },
    30_000,
  )

  it('a port that is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const { code, err } = await run(['harbor', '--port', String(port)])
    taken.close()
    expect([code, err]).toEqual([2, expect.stringMatching(/^firstmate: --port \d+ is in use by another program/)])
  }, 30_000)
})

describe('the demo', () => {
  it('leaves neither its Redis nor its folder behind when it is interrupted', async () => {
    const child = spawn(process.execPath, [BIN, 'demo'], { env: { ...env, TMPDIR: folder }, cwd: folder })
    running.push(child)
    let err = ''
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    await once(child.stdout, 'data')
    child.kill('SIGINT')
    const [code] = (await once(child, 'close')) as [number]
    expect([code, err]).toEqual([1, 'firstmate: The demo was interrupted.\n'])
    expect((await readdir(folder)).filter((name) => name.startsWith('firstmate-demo'))).toEqual([])
  }, 30_000)
})

describe('ask', () => {
  it('answers from snapshot files, as JSON of the documented shape', async () => {
    const { code, out } = await run(['ask', '--from', STORY, '--output', 'json', 'why is checkout failing in shop?'])
    expect(code).toBe(0)
    const answer = JSON.parse(out) as Record<string, unknown>
    expect(Object.keys(answer)).toEqual(['answer', 'cluster', 'namespace', 'findings', 'evidence', 'partial', 'model'])
    expect(answer.answer).toMatch(/DATABASE_URL/)
    expect(answer).toMatchObject({ namespace: 'shop', partial: [], model: null })
  }, 30_000)

  it('reads standard input for -', async () => {
    const { out } = await run(
      ['ask', '--from', '-', 'how many pods are not ready in shop'],
      {},
      await readFile(STORY, 'utf8'),
    )
    expect(out).toMatch(/4 of 9 pods in shop are not ready/)
  }, 30_000)

  it('says in one sentence which file cannot be read', async () => {
    const { code, err } = await run(['ask', '--from', 'nowhere.yaml', 'what is wrong'])
    expect(code).toBe(2)
    expect(err).toMatch(/nowhere\.yaml cannot be read/)
  })
})

describe('harbor', () => {
  it('serves the practice cluster, prints its URL and writes a kubeconfig', async () => {
    const kubeconfig = join(folder, 'practice.kubeconfig')
    const child = spawn(process.execPath, [BIN, 'harbor', '--load', STORY, '--kubeconfig', kubeconfig], {
      env,
      cwd: folder,
    })
    running.push(child)
    const line = await new Promise<string>((resolve) =>
      child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString())),
    )
    const url = /http:\/\/\S+/.exec(line)?.[0] ?? ''
    expect(line).toContain('practice cluster')
    const version = (await (await fetch(`${url}/version`)).json()) as { gitVersion: string }
    expect(version.gitVersion).toMatch(/^v1\.36/)
    const { code, out } = await run(['diagnose', '-n', 'shop', '--output', 'json'], { KUBECONFIG: kubeconfig })
    expect(code).toBe(1)
    const diagnosis = JSON.parse(out) as { healthy: boolean; findings: { root: boolean; object: { name: string } }[] }
    expect(diagnosis.healthy).toBe(false)
    expect(
      diagnosis.findings
        .filter((finding) => finding.root)
        .map((finding) => finding.object.name)
        .sort(),
    ).toEqual(['checkout', 'recommender'])
    child.kill('SIGTERM')
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0)
  }, 60_000)
})

describe('doctor', () => {
  it('says what is reachable and what is missing, and prints no token', async () => {
    const { code, out } = await run(['doctor'], {
      SLACK_BOT_TOKEN: `xoxb-${'1'.repeat(30)}`,
      SLACK_API_URL: 'http://127.0.0.1:9/api/',
      SLACK_APP_TOKEN: `xapp-${'1'.repeat(30)}`,
    })
    expect(code).toBe(1)
    expect(out).toMatch(/cluster .*No cluster is configured/)
    expect(out).toMatch(/redis/)
    expect(out).toMatch(/APPROVERS is not set/)
    expect(out).not.toContain('1'.repeat(30))
  }, 30_000)
})
