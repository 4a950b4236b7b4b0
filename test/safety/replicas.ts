// Approvals of two replicas over one real Redis, with a clock that only a test moves.
import type { Person } from '../../src/core/people.ts'
import { type Plan, planDigest } from '../../src/core/plan.ts'
import { silentLogger } from '../../src/log.ts'
import { type Approvals, createApprovals } from '../../src/safety/approvals.ts'
import { createSigner } from '../../src/safety/signature.ts'
import { connectStore } from '../../src/store/redis.ts'
import type { Store } from '../../src/store/store.ts'
import { startRedis, temporaryFolder } from '../store/redis-server.ts'

export const signer = createSigner('a key that only bot and executor hold')
const person = (id: string): Person => ({ platform: 'slack', workspace: 'T1', id, name: id })
export const [ASKER, MIRA, JO] = [person('U1'), person('U2'), person('U3')]

export interface Replicas {
  /** those of one replica or the other */
  at(replica: number): Approvals
  store: Store
  /** into the record of that id, past everything */
  write(id: string, text: string): Promise<unknown>
  now(): number
  pass(ms: number): void
  draft(more?: Partial<Draft>): Draft
  stop(): Promise<void>
}

export async function startReplicas(): Promise<Replicas> {
  const redis = await startRedis(['--appendfsync', 'no'])
  const stores = await Promise.all(
    [1, 2].map(() => connectStore({ dataDir: temporaryFolder(), log: silentLogger, url: redis.url })),
  )
  let now = Date.parse('2026-11-21T12:00:00Z')
  return {
    at: (replica) => createApprovals(stores[replica % 2] as Store, () => new Date(now)),
    store: stores[0] as Store,
    write: (id, text) => (stores[0] as Store).redis.hset((stores[0] as Store).key(`approval:${id}`), 'value', text),
    now: () => now,
    pass(ms) {
      now += ms
    },
    draft: (more = {}) => draftAt(now, more),
    async stop() {
      await Promise.all(stores.map((store) => store.close()))
      await redis.stop()
    },
  }
}

export function planOf(replicas: number): Plan {
  const bare = {
    cluster: 'prod',
    steps: [
      {
        request: {
          method: 'PATCH' as const,
          path: '/apis/apps/v1/namespaces/shop/deployments/web',
          contentType: 'application/json-patch+json',
          body: [
            { op: 'test', path: '/metadata/uid', value: 'u-1' },
            { op: 'replace', path: '/spec/replicas', value: replicas },
          ],
        },
        object: { kind: 'Deployment', namespace: 'shop', name: 'web' },
        words: `scale to ${replicas}`,
        kubectl: `kubectl scale deployment web --replicas=${replicas}`,
        changes: [],
        rule: 'plain' as const,
      },
    ],
    preconditions: [],
    executionSeconds: 30,
  }
  return { ...bare, digest: planDigest(bare) }
}

export type Draft = Parameters<Approvals['open']>[0]
export const draftAt = (now: number, more: Partial<Draft> = {}): Draft => ({
  plan: planOf(3),
  tier: 5,
  risk: 'MEDIUM',
  reasons: [],
  requester: ASKER,
  author: 'person',
  reason: '',
  thread: { platform: 'slack', workspace: 'T1', channel: 'C1', thread: '1', direct: false },
  needed: 1,
  approvers: [{ platform: 'slack', kind: 'person', id: 'U2' }],
  twoPerson: false,
  deadline: new Date(now + 600_000).toISOString(),
  preview: { ok: true, lines: [] },
  notes: [],
  undo: false,
  ...more,
})
export const yes = (by: Person, more = {}) => ({
  by,
  kind: 'approve' as const,
  listed: true,
  guards: { twoPerson: false },
  ...more,
})
