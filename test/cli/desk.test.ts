// The captain's desk: what waits for this user, and the audit as an auditor takes it away.
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createAudit } from '../../src/audit/chain.ts'
import { approvals } from '../../src/cli/approvals.ts'
import { audit } from '../../src/cli/audit.ts'
import { doctor } from '../../src/cli/doctor.ts'
import { temporaryFolder } from '../store/redis-server.ts'
import { type Rig, startRig, web } from '../tasks/rig.ts'

const me = userInfo().username
let rig: Rig

beforeAll(async () => {
  rig = await startRig({ env: { APPROVERS: `slack:U2,terminal:${me}` } })
  for (const [name, value] of Object.entries({
    REDIS_URL: rig.redis.url,
    DATA_DIR: temporaryFolder(),
    APPROVERS: `slack:U2,terminal:${me}`,
    AUDIT_KEY: 'an audit key of all replicas',
    KUBECONFIG: join(temporaryFolder(), 'none'),
  }))
    vi.stubEnv(name, value)
  const keep = createAudit({ store: rig.store, key: 'an audit key of all replicas', log: rig.context.log })
  await keep.append({ kind: 'question', who: 'slack:U1', thread: 't1', data: { text: '=cmd|calc' } })
  await keep.append({ kind: 'refused', who: '=HYPERLINK("http://x")', subject: '@SUM(1)', data: {} })
  await keep.append({ kind: 'decision', who: 'slack:U2', subject: '-2+3', digest: 'ab', data: { say: 'a "b", c\nd' } })
  await keep.append({ kind: 'question', who: 'slack:U3', data: { text: 'password=hunter2hunter2' } })
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await rig.stop()
})

async function run(command: typeof audit, ...args: string[]): Promise<{ out: string; err: string; code: number }> {
  let [out, err] = ['', '']
  const io = { out: (text: string) => (out += text), err: (text: string) => (err += text) }
  const code = await command(args, io as never)
  return { out, err, code }
}
const exported = async (...args: string[]) => {
  const { out } = await run(audit, 'export', ...args)
  return out
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { kind: string; who: string; seq: number; at: string })
}

describe('audit export', () => {
  it('is JSON lines that follow each other, and holds no secret', async () => {
    const all = await exported()
    expect(all.map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
    expect(JSON.stringify(all)).not.toContain('hunter2')
  })

  it('filters by kind, person, subject and time', async () => {
    expect((await exported('--kind', 'question')).map(({ seq }) => seq)).toEqual([1, 4])
    expect((await exported('--who', 'slack:U2')).map(({ seq }) => seq)).toEqual([3])
    expect((await exported('--kind', 'question', '--who', 'slack:U3')).map(({ seq }) => seq)).toEqual([4])
    expect((await exported('--subject=-2+3')).map(({ seq }) => seq)).toEqual([3])
    const [first] = await exported()
    expect(await exported('--until', first?.at ?? '')).toEqual([])
    expect((await exported('--since', first?.at ?? '')).length).toBe(4)
    expect(await exported('--since', '2099-01-01T00:00:00Z')).toEqual([])
  })

  it('says which value of a filter is wrong', async () => {
    await expect(run(audit, 'export', '--kind', 'nothing')).rejects.toThrow(/--kind is "nothing"; allowed are question/)
    await expect(run(audit, 'export', '--since', 'yesterday')).rejects.toThrow(/--since is "yesterday"/)
  })

  it('is CSV in which nothing is a formula', async () => {
    const { out } = await run(audit, 'export', '--output', 'csv')
    const [head, ...rows] = out.trim().split('\n')
    expect(head).toBe('seq,at,kind,who,cluster,thread,subject,digest,data')
    expect(rows).toHaveLength(4)
    expect(rows[1]).toContain(`"'=HYPERLINK(""http://x"")"`)
    expect(rows[1]).toContain(`"'@SUM(1)"`)
    expect(rows[2]).toContain(`"'-2+3"`)
    expect(rows.join('\n')).not.toMatch(/(^|,)"?[=+@-]/m)
  })

  it('is whole by the key that replicas share', async () => {
    expect((await run(audit, 'verify')).code).toBe(0)
    vi.stubEnv('AUDIT_KEY', 'another key than theirs')
    const { out, code } = await run(audit, 'verify')
    vi.stubEnv('AUDIT_KEY', 'an audit key of all replicas')
    expect([code, out]).toEqual([1, expect.stringMatching(/written with another key/)])
  })

  it('doctor says where a key is missing for replicas, and where it is another one', async () => {
    expect((await run(doctor)).out).toMatch(/keys +SIGNING_KEY not set.*replicas/)
    vi.stubEnv('AUDIT_KEY', 'another key than theirs')
    expect((await run(doctor)).out).toMatch(/keys +the newest audit record was written with another key/)
    vi.stubEnv('AUDIT_KEY', 'an audit key of all replicas')
  })
})

describe('approvals list', () => {
  it('tells what is yours to decide from what waits for others', async () => {
    const plan = await rig.plan({ verb: 'scale', target: web, replicas: 4 })
    const mine = await run(approvals, 'list', '--mine')
    expect(mine.out).toMatch(
      /pending +remediate +prod +Deployment shop\/web: 3 → 4 replicas +until .*, yours to decide/,
    )
    vi.stubEnv('APPROVERS', 'slack:U2')
    expect((await run(approvals, 'list', '--mine')).out).toBe('Nothing waits for your decision.\n')
    const { out } = await run(approvals, 'list', '--output', 'json')
    expect(JSON.parse(out)).toMatchObject([{ id: plan.id, state: 'pending', mine: false }])
    const shown = await run(approvals, 'show', plan.plan.digest.slice(0, 6))
    expect(shown.out).toMatch(/kubectl scale[\s\S]*PATCH \/apis/)
  })
})
