// One trouble is one incident however often and by whomever it is reported, two are two; and how long one stays the same one.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Incident } from '../../src/incidents/incident.ts'
import { createInvestigating } from '../../src/incidents/investigating.ts'
import { deliver } from '../../src/incidents/notebook.ts'
import type { LoadedFiles } from '../../src/objects/files.ts'
import { cannotPull, crash, heal, podOf, town, warn } from '../flows/town.ts'
import { alertOf, type Lookout, startLookout } from './lookout.ts'

const PODS = 12
const REOPEN_MS = 3000
const MUTED_MS = 1500
const BY = { platform: 'slack', workspace: 'T1', id: 'U1', name: 'mira' } as const
let lookout: Lookout

beforeAll(async () => {
  lookout = await startLookout(
    many(town('shop/web', 'shop/cart', 'again/web', 'ended/web', 'hushed/web', 'firing/web'), 'shop/web'),
    {
      INCIDENT_REOPEN: REOPEN_MS,
      INCIDENT_MAX_INVESTIGATIONS: 20,
    },
  )
  lookout.watch()
  await lookout.ready()
}, 60_000)
afterAll(() => lookout.stop())

/** The workload with twelve pods instead of one. */
function many({ objects, logs }: LoadedFiles, path: string): LoadedFiles {
  const pod = objects.find(({ metadata }) => `${metadata.namespace}/${metadata.name}` === `shop/${podOf(path)}`)!
  const more = Array.from({ length: PODS - 1 }, (_, n) => {
    const { metadata, ...rest } = structuredClone(pod)
    return { ...rest, metadata: { ...metadata, name: `${metadata.name}-${n}`, uid: `${metadata.uid}-${n}` } }
  })
  return { objects: [...objects, ...more], logs }
}

/** The incidents of a namespace, the newest first. */
const inside = async (namespace: string) =>
  (await lookout.desk.list()).filter(({ owners: [owner] }) => owner?.namespace === namespace)

/** The newest one of a namespace, once that holds. */
const newest = (namespace: string, holds: (incident: Incident) => boolean) =>
  lookout.until(`an incident in ${namespace} of which ${String(holds)}`, async () => {
    const [incident] = await inside(namespace)
    return incident && holds(incident) && incident
  })

it('twelve pods, five restarts of each and three alerts of one trouble are one incident; another trouble is another', async () => {
  const { world } = lookout.harbor
  const pods = world.list('Pod', { namespace: 'shop' }).filter(({ metadata }) => metadata.name.startsWith('web-'))
  expect(pods).toHaveLength(PODS)
  for (let restarts = 1; restarts <= 5; restarts++) {
    for (const { metadata } of pods) {
      world.modify(
        'Pod',
        'shop',
        metadata.name,
        (draft) => {
          draft.status.conditions = [{ type: 'Ready', status: 'False' }]
          draft.status.containerStatuses = [
            {
              name: 'app',
              image: 'shop/web:1.0',
              ready: false,
              restartCount: restarts,
              state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } },
              lastState: { terminated: { exitCode: 1, reason: 'Error', finishedAt: new Date().toISOString() } },
            },
          ]
        },
        { subresource: 'status' },
      )
    }
    await sleep(100)
  }
  const owners = pods.slice(0, 3).map(({ metadata }) => ({ kind: 'Pod', namespace: 'shop', name: metadata.name }))
  await deliver(
    lookout.store,
    'three',
    60_000,
    owners.map((owner, n) => alertOf('KubePodCrashLooping', owner, { alert: `am:${n}` })),
  )
  await newest('shop', () => true)
  for (let n = 0; n < 3; n++) warn(lookout.harbor, 'shop/web', 'BackOff', 'back-off restarting failed container')
  cannotPull(lookout.harbor, 'shop/cart')
  const all = await lookout.until('two incidents', async () => {
    const found = await inside('shop')
    const heard = found.some(({ alerts, sources }) => alerts.length === 3 && sources.includes('event'))
    return found.length >= 2 && heard && found.every(({ cause }) => cause) && found
  })
  expect(all).toHaveLength(2)
  expect(Object.fromEntries(all.map(({ cause, owners: of }) => [cause?.check, of]))).toEqual({
    'crash-loop': [{ kind: 'Deployment', namespace: 'shop', name: 'web' }],
    'image-pull': [{ kind: 'Deployment', namespace: 'shop', name: 'cart' }],
  })
  const web = all.find(({ cause }) => cause?.check === 'crash-loop')
  expect(web).toMatchObject({
    sources: expect.arrayContaining(['state', 'alert', 'event']),
    reasons: expect.arrayContaining([
      { reason: 'KubePodCrashLooping', count: 3 },
      { reason: 'BackOff', count: 3 },
    ]),
  })
}, 30_000)

it.concurrent('the same trouble soon after its end is the same incident, later it is a new one that knows the first', async () => {
  const state = (what: Incident['state']) => newest('again', (one) => one.state === what)
  crash(lookout.harbor, 'again/web')
  const { id } = await state('open')
  heal(lookout.harbor, 'again/web')
  await state('recovered')
  crash(lookout.harbor, 'again/web', 5)
  expect(await state('open')).toMatchObject({ id, reopened: 1 })
  heal(lookout.harbor, 'again/web')
  await state('recovered')
  await state('closed')
  crash(lookout.harbor, 'again/web', 6)
  const fresh = await state('open')
  expect(fresh).toMatchObject({ reopened: 0, similar: { id, same: true } })
  expect(await inside('again')).toHaveLength(2)
}, 30_000)

it.concurrent('an incident whose alert still fires is not over, though its pods are well; it ends with the alert', async () => {
  const owner = { kind: 'Deployment', namespace: 'firing', name: 'web' }
  const tell = (resolved: boolean) =>
    deliver(lookout.store, `firing-${resolved}`, 60_000, [alertOf('SlowCheckout', owner, { resolved })])
  crash(lookout.harbor, 'firing/web')
  await newest('firing', () => true)
  await tell(false)
  await newest('firing', ({ alerts }) => alerts.length === 1)
  heal(lookout.harbor, 'firing/web')
  // longer than it has to be calm
  await sleep(2000)
  expect(await inside('firing')).toMatchObject([{ state: 'open' }])
  await tell(true)
  await newest('firing', ({ state }) => state === 'recovered')
}, 30_000)

const mark = () => ({ by: BY, at: new Date().toISOString(), until: new Date(Date.now() + MUTED_MS).toISOString() })
const over = () => ({ state: 'recovered' as const, recoveredAt: new Date().toISOString() })
const backOff = (path: string) => {
  for (let n = 0; n < 3; n++) warn(lookout.harbor, path, 'BackOff', 'back-off restarting failed container')
}
const backOffs = (times: number) => (one: Incident) =>
  one.reasons.some(({ reason, count }) => reason === 'BackOff' && count === times)

it.concurrent('signs of an incident that somebody resolved are only counted until its cool-down is over', async () => {
  crash(lookout.harbor, 'ended/web')
  const { id } = await newest('ended', ({ cause }) => cause !== undefined)
  await lookout.desk.change(id, (current) => ({ ...current, ...over(), resolvedBy: mark() }))
  backOff('ended/web')
  await newest('ended', backOffs(3))
  backOff('ended/web')
  expect(await newest('ended', backOffs(6))).toMatchObject({ id, state: 'recovered' })
  await sleep(MUTED_MS)
  backOff('ended/web')
  expect(await newest('ended', backOffs(9))).toMatchObject({ id, state: 'open', reopened: 1 })
}, 30_000)

it.concurrent('a silenced incident that comes back is open again, and nobody looks into it before the silence is over', async () => {
  crash(lookout.harbor, 'hushed/web')
  const { id } = await newest('hushed', ({ investigation }) => investigation === 'running')
  const asked = () => lookout.tasks.filter((task) => task.kind === 'investigate' && task.incident === id).length
  await lookout.desk.change(id, (current) => ({ ...current, ...over(), silenced: mark(), investigation: 'done' }))
  await createInvestigating(lookout.store).end(id)
  // the first ones are counted as of an open one: that is what the watcher still holds it for
  backOff('hushed/web')
  await newest('hushed', backOffs(3))
  backOff('hushed/web')
  expect(await newest('hushed', backOffs(6))).toMatchObject({ id, state: 'open', reopened: 1, silenced: { by: BY } })
  expect(asked()).toBe(1)
  await lookout.until('the investigation', () => asked() === 2)
  expect(Date.now()).toBeGreaterThan(Date.parse((await lookout.desk.read(id))?.silenced?.until ?? ''))
}, 30_000)

describe('investigations', () => {
  const AT_ONCE = 2
  const QUEUE = ['q1/a', 'q2/b', 'q3/c', 'q4/d', 'q5/e']
  let queue: Lookout
  beforeAll(async () => {
    queue = await startLookout(town(...QUEUE), { INCIDENT_MAX_INVESTIGATIONS: AT_ONCE })
    queue.watch()
    await queue.ready()
  }, 60_000)
  afterAll(() => queue.stop())

  it('are two at once where two are allowed; the rest is queued, counted, and has its turn', async () => {
    for (const path of QUEUE) crash(queue.harbor, path)
    const investigating = createInvestigating(queue.store)
    const done = new Set<string>()
    const waiting = async () =>
      Number(/incident_investigations_queued\{cluster="prod"\} (\d+)/.exec(await queue.metrics.text())?.[1] ?? 'NaN')
    await queue.until('all incidents', async () => (await queue.desk.list({ open: true })).length === QUEUE.length)
    for (let left = QUEUE.length; left > 0; left--) {
      const places = Math.min(left, AT_ONCE)
      await queue.until(`${places} under way`, () => queue.tasks.length === done.size + places)
      await queue.until('the rest counted', async () => (await waiting()) === left - places)
      // a tick or two more begin none
      await sleep(500)
      expect(queue.tasks).toHaveLength(done.size + places)
      const next = queue.tasks
        .flatMap((task) => (task.kind === 'investigate' ? [task.incident] : []))
        .find((one) => !done.has(one))!
      done.add(next)
      await queue.desk.change(next, (current) => ({ ...current, investigation: 'done' }))
      await investigating.end(next)
    }
    expect(done.size).toBe(QUEUE.length)
  }, 40_000)
})
