// Trouble that no event and no alert tells of: the watcher sees it in the state of pods and nodes, once it has lasted for as long as is set.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Harbor } from '../../src/harbor/index.ts'
import type { KubeObject } from '../../src/objects/object.ts'
import { become, podOf, town } from '../flows/town.ts'
import { type Lookout, startLookout } from './lookout.ts'

const PATIENCE_MS = 1500
const NAMES = ['loop', 'restarts', 'oom', 'pending', 'image', 'unready', 'settings', 'failed', 'passing']
let lookout: Lookout
let harbor: Harbor

beforeAll(async () => {
  const load = town(...NAMES.map((name) => `${name}/${name}`))
  const node = load.objects.find(({ kind }) => kind === 'Node') as KubeObject
  // one that no pod runs on, so that its trouble explains no other
  load.objects.push({ ...node, metadata: { ...node.metadata, name: 'worker-b', uid: 'node-worker-b' } })
  lookout = await startLookout(load, {
    WATCHDOG_WAITING: PATIENCE_MS,
    WATCHDOG_PENDING: PATIENCE_MS,
    WATCHDOG_UNREADY: PATIENCE_MS,
    WATCHDOG_NODE: PATIENCE_MS,
    WATCHDOG_RESTARTS: 3,
    WATCHDOG_OOM_KILLS: 2,
  })
  harbor = lookout.harbor
  lookout.watch()
  // everything is well, and seen to be
  await lookout.ready()
}, 60_000)
afterAll(() => lookout.stop())

const now = () => new Date()
const running = { state: { running: { startedAt: '2026-11-20T10:00:00Z' } } }
const waiting = (reason: string) => ({ ready: false, restartCount: 0, state: { waiting: { reason } } })
const killed = (restartCount: number) => ({
  ready: true,
  restartCount,
  ...running,
  lastState: { terminated: { reason: 'OOMKilled', exitCode: 137, finishedAt: new Date().toISOString() } },
})
const pod = (path: string, change: (status: Record<string, unknown>) => void) =>
  harbor.world.modify('Pod', path.split('/')[0] ?? '', podOf(path), (draft) => change(draft.status), {
    subresource: 'status',
  })

/** `early`: what is not enough yet; `late`: what is. Without it, time is what was missing. */
const TROUBLES: { name: string; what: string; reason: string; early: () => unknown; late?: () => unknown }[] = [
  {
    name: 'loop',
    what: 'a crash loop',
    reason: 'CrashLoopBackOff',
    early: () => become(harbor, 'loop/loop', now(), { ...waiting('CrashLoopBackOff'), restartCount: 2 }),
  },
  {
    name: 'restarts',
    what: 'a pod that restarts and is well in between, at the third restart',
    reason: 'Restarts',
    early: () => become(harbor, 'restarts/restarts', now(), { ready: true, restartCount: 2, ...running }),
    late: () => become(harbor, 'restarts/restarts', now(), { ready: true, restartCount: 3, ...running }),
  },
  {
    name: 'oom',
    what: 'kills for memory, at the second',
    reason: 'OOMKilled',
    early: () => become(harbor, 'oom/oom', now(), killed(1)),
    late: () => become(harbor, 'oom/oom', now(), killed(2)),
  },
  {
    name: 'pending',
    what: 'a pod that stays Pending beyond the time-out',
    reason: 'Unschedulable',
    early: () =>
      pod('pending/pending', (status) => {
        status.phase = 'Pending'
        status.containerStatuses = []
        status.conditions = [
          { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes are available' },
        ]
      }),
  },
  {
    name: 'image',
    what: 'a container that waits for its image',
    reason: 'ImagePullBackOff',
    early: () => become(harbor, 'image/image', now(), waiting('ImagePullBackOff')),
  },
  {
    name: 'settings',
    what: 'a container that waits for its configuration',
    reason: 'CreateContainerConfigError',
    early: () => become(harbor, 'settings/settings', now(), waiting('CreateContainerConfigError')),
  },
  {
    name: 'unready',
    what: 'a pod that runs without being ready',
    reason: 'NotReady',
    early: () => become(harbor, 'unready/unready', now(), { ready: false, restartCount: 0, ...running }),
  },
  {
    name: 'failed',
    what: 'a pod that has failed for good',
    reason: 'Evicted',
    early: () =>
      pod('failed/failed', (status) => {
        Object.assign(status, { phase: 'Failed', reason: 'Evicted', message: 'The node was low on memory.' })
      }),
  },
]

describe('without a single event, the watchdog opens an incident of', () => {
  it.concurrent.each(TROUBLES.map((one) => [one.what, one] as const))(
    '%s',
    async (_what, { name, reason, early, late }) => {
      early()
      await sleep(PATIENCE_MS - 500)
      expect(await lookout.of(name)).toEqual([])
      late?.()
      const [incident] = await lookout.until('the incident', async () => {
        const found = await lookout.of(name)
        return found.length > 0 && found
      })
      expect(incident).toMatchObject({ state: 'open', sources: ['state'], reasons: [{ reason }] })
      expect(incident?.owners[0]).toEqual({ kind: 'Deployment', namespace: name, name })
    },
    30_000,
  )

  it.concurrent('no pod that is well again before its patience is over', async () => {
    become(harbor, 'passing/passing', now(), { ...waiting('CrashLoopBackOff'), restartCount: 1 })
    await sleep(PATIENCE_MS - 500)
    become(harbor, 'passing/passing', now(), { ready: true, restartCount: 1, ...running })
    await sleep(PATIENCE_MS + 500)
    expect(await lookout.of('passing')).toEqual([])
  })

  it.concurrent('a node that is not ready for too long, and ends it when the node is back', async () => {
    const ready = (status: 'True' | 'Unknown') =>
      harbor.world.modify(
        'Node',
        '',
        'worker-b',
        (draft) => {
          draft.status.conditions = [
            { type: 'Ready', status, reason: status === 'True' ? 'KubeletReady' : 'NodeStatusUnknown' },
          ]
        },
        { subresource: 'status' },
      )
    ready('Unknown')
    await sleep(PATIENCE_MS - 500)
    expect(await lookout.of('worker-b')).toEqual([])
    await lookout.until('the incident', async () => (await lookout.of('worker-b'))[0]?.state === 'open')
    expect((await lookout.of('worker-b'))[0]).toMatchObject({
      severity: 'critical',
      reasons: [{ reason: 'NodeStatusUnknown', count: 1 }],
      owners: [{ kind: 'Node', name: 'worker-b' }],
    })
    ready('True')
    await lookout.until('its end', async () => (await lookout.of('worker-b'))[0]?.state === 'recovered')
  }, 30_000)
})
