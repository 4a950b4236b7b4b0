// A node that dies under incidents: each keeps what is its own, the node's trouble is its own too, and what is ill for another reason is let go again.
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { Incident } from '../../src/incidents/incident.ts'
import { incidentSettings } from '../../src/incidents/settings.ts'
import { cannotPull, crash, podOf } from '../flows/town.ts'
import { CRASH, type Keeping, startKeeping } from './keeping.ts'

const LOST = { kind: 'unready', reason: 'NodeLost', text: 'its node is lost' } as const
const PULL = { kind: 'waiting', reason: 'ImagePullBackOff', text: 'back-off' } as const
const settings = {
  ...incidentSettings({}, false),
  INCIDENT_LOOK_AGAIN: 200,
  WATCHDOG_WAITING: 0,
  WATCHDOG_UNREADY: 0,
  WATCHDOG_NODE: 0,
}

let keeping: Keeping

beforeAll(async () => {
  keeping = await startKeeping(['shop/web', 'shop/cart', 'pay/api', 'pay/till', 'media/film', 'media/song'], settings)
  const node = keeping.harbor.world.get('Node', undefined, 'worker-a')
  keeping.harbor.world.create({
    ...node,
    metadata: { name: 'worker-b', labels: { 'kubernetes.io/hostname': 'worker-b' } },
  })
}, 30_000)
afterAll(() => keeping.stop())

const objectsOf = ({ owners }: Incident) =>
  owners.map(({ namespace, name }) => (namespace ? `${namespace}/${name}` : name))

/** The open incidents, by the objects they are about. */
async function open(): Promise<Map<string, Incident>> {
  const all = await keeping.desk.list({ open: true })
  return new Map(all.map((incident) => [objectsOf(incident).join(' + '), incident]))
}

const nodeOf = (incidents: Map<string, Incident>) =>
  [...incidents.values()].find(({ cause }) => cause?.check === 'node-not-ready')

const seen = (check: (incidents: Map<string, Incident>) => void) =>
  vi.waitFor(async () => check(await open()), { timeout: 10_000, interval: 50 })

function dies(node: string): void {
  const at = new Date().toISOString()
  keeping.harbor.world.modify(
    'Node',
    undefined,
    node,
    (draft) => {
      draft.status.conditions = [
        {
          type: 'Ready',
          status: 'Unknown',
          reason: 'NodeStatusUnknown',
          message: 'Kubelet stopped posting node status.',
          lastTransitionTime: at,
        },
      ]
    },
    { subresource: 'status' },
  )
  keeping.fleet.node(
    node,
    { ready: false, reason: 'NodeStatusUnknown', text: 'Kubelet stopped posting node status.' },
    Date.now(),
  )
}

/** Its pod is still there, but nobody hears of it any more. */
function isLost(path: string): void {
  const [namespace, name = ''] = path.split('/')
  const status = { subresource: 'status' as const }
  keeping.harbor.world.modify(
    'Pod',
    namespace,
    podOf(path),
    (draft) => {
      draft.status.conditions = [
        { type: 'Ready', status: 'False', reason: 'NodeNotReady', lastTransitionTime: new Date().toISOString() },
      ]
    },
    status,
  )
  keeping.harbor.world.modify(
    'Deployment',
    namespace,
    name,
    (draft) => {
      draft.status = { ...draft.status, readyReplicas: 0, availableReplicas: 0, unavailableReplicas: 1 }
    },
    status,
  )
  keeping.see(path, LOST)
}

it('an incident that was there before keeps its cause and its thread; the node has one of its own, with what is lost on it', async () => {
  crash(keeping.harbor, 'shop/web')
  keeping.see('shop/web', CRASH)
  await seen((incidents) => expect(incidents.get('shop/web')?.cause?.check).toBe('crash-loop'))
  dies('worker-a')
  for (const path of ['shop/cart', 'pay/api', 'pay/till']) isLost(path)
  await seen((incidents) => {
    expect(incidents.size).toBe(2)
    const node = nodeOf(incidents)
    expect(node && objectsOf(node).sort()).toEqual(['pay/api', 'pay/till', 'shop/cart', 'worker-a'])
    // since when stands beside it: an age would be old with the next minute
    expect(node?.cause?.summary).toMatch(/^Node worker-a is not ready \(/)
    expect(incidents.get('shop/web')?.cause).toMatchObject({
      check: 'crash-loop',
      others: [expect.stringMatching(/^Node worker-a is not ready/)],
    })
  })
})

/** Its pod is made anew on another node. */
function moves(path: string, node: string): void {
  const { world } = keeping.harbor
  const [namespace] = path.split('/')
  const { uid: _, resourceVersion: __, ...metadata } = world.get('Pod', namespace, podOf(path)).metadata
  const old = world.get('Pod', namespace, podOf(path))
  world.delete('Pod', namespace, podOf(path), { gracePeriodSeconds: 0 })
  world.create({ ...old, metadata, spec: { ...old.spec, nodeName: node } })
}

it('what was recreated elsewhere and crashes there is a trouble of its own', async () => {
  moves('pay/till', 'worker-b')
  crash(keeping.harbor, 'pay/till')
  keeping.see('pay/till', CRASH)
  await seen((incidents) => {
    expect(incidents.get('pay/till')?.cause?.check).toBe('crash-loop')
    const node = nodeOf(incidents)
    expect(node && objectsOf(node).sort()).toEqual(['pay/api', 'shop/cart', 'worker-a'])
    expect(node?.timeline.at(-1)?.text).toMatch(/^Deployment pay\/till is in trouble for a reason of its own/)
  })
})

it('two of one cause are one; when one of them fails for another reason, it goes on in its own thread', async () => {
  for (const path of ['media/film', 'media/song']) {
    moves(path, 'worker-b')
    crash(keeping.harbor, path)
    keeping.see(path, CRASH)
  }
  await seen((incidents) => expect([...incidents.keys()]).toEqual(expect.arrayContaining(['media/film', 'media/song'])))
  const before = await open()
  const both = ['media/film', 'media/song'].map((path) => before.get(path)?.id)
  for (const path of ['media/film', 'media/song']) {
    cannotPull(keeping.harbor, path)
    keeping.see(path, PULL, '2')
  }
  const together = (incidents: Map<string, Incident>) =>
    incidents.get('media/film + media/song') ?? incidents.get('media/song + media/film')
  await seen((incidents) => expect(together(incidents)?.cause?.check).toBe('image-pull'))
  const kept = together(await open())
  const parted = kept?.owners[1]?.name ?? ''
  crash(keeping.harbor, `media/${parted}`)
  keeping.see(`media/${parted}`, CRASH, '3')
  await seen((incidents) => {
    const own = incidents.get(`media/${parted}`)
    expect(own?.id).toBe(both.find((id) => id !== kept?.id))
    expect(own?.cause?.check).toBe('crash-loop')
    expect(own?.mergedInto).toBeUndefined()
    expect(own?.timeline.map(({ text }) => text)).toContain('a trouble of its own again')
    expect(incidents.get(`media/${kept?.owners[0]?.name}`)?.id).toBe(kept?.id)
  })
})
