import { describe, expect, it } from 'vitest'
import { createOccurrences, projectEvent, type WarningEvent } from '../../src/incidents/events.ts'
import { createGroups } from '../../src/incidents/groups.ts'
import { createFleet, projectPod } from '../../src/incidents/pods.ts'
import { parseRouting } from '../../src/incidents/routing.ts'
import { incidentSettings } from '../../src/incidents/settings.ts'
import { sharedCause } from '../../src/incidents/shared.ts'
import type { Signal } from '../../src/incidents/signal.ts'
import type { KubeObject } from '../../src/objects/object.ts'
import { ownerOfEvent, ownerOfPod } from '../../src/objects/owner.ts'

const settings = incidentSettings({}, false)
const owner = { kind: 'Deployment', namespace: 'shop', name: 'checkout' }
const sign = (more: Partial<Signal> = {}): Signal => ({
  cluster: 'prod',
  source: 'event',
  severity: 'warning',
  reason: 'BackOff',
  text: 'x',
  owner,
  count: 1,
  labels: {},
  immediate: false,
  resolved: false,
  ...more,
})

function event(seen: number, series = false): KubeObject {
  const counted = series ? { series: { count: seen, lastObservedTime: '2026-11-20T14:00:00Z' } } : { count: seen }
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'e', namespace: 'shop', uid: 'u1' },
    involvedObject: { kind: 'Pod', namespace: 'shop', name: 'checkout-7d9f64c8bb-x2p9q' },
    type: 'Warning',
    reason: 'BackOff',
    message: 'm',
    ...counted,
  }
}

describe('events', () => {
  it('count by what is new in them, listed again they count nothing', () => {
    const occurrences = createOccurrences()
    const added = (seen: number, type: 'added' | 'modified', series = false) =>
      occurrences.added(projectEvent(event(seen, series)) as WarningEvent, type)
    expect(added(1, 'added')).toBe(1)
    expect(added(4, 'modified')).toBe(3)
    expect(added(4, 'modified')).toBe(0)
    expect(added(6, 'modified', true)).toBe(2)
  })

  it('that began before we watched tell of one more, not of their past', () => {
    expect(createOccurrences().added(projectEvent(event(500)) as WarningEvent, 'modified')).toBe(1)
  })

  it('that are normal, or about nothing, are none', () => {
    expect(projectEvent({ ...event(1), type: 'Normal' })).toBeUndefined()
    expect(projectEvent({ ...event(1), involvedObject: {} })).toBeUndefined()
  })

  it('stay few in memory, however many there are', () => {
    const occurrences = createOccurrences()
    const heap = () => {
      globalThis.gc?.()
      return process.memoryUsage().heapUsed
    }
    const many = (from: number) => {
      for (let n = from; n < from + 100_000; n++)
        occurrences.added({ uid: `uid-${n}`, about: owner, reason: 'R', text: '', seen: 1 }, 'added')
    }
    many(0)
    const before = heap()
    many(100_000)
    many(200_000)
    expect(heap() - before).toBeLessThan(40 * 1024 * 1024)
  })
})

describe('groups', () => {
  const groups = () => createGroups({ threshold: 3, windowMs: 300_000 })

  it('are enough at the third sign within the window, and tell so once', () => {
    const some = groups()
    expect([some.add(sign(), 0), some.add(sign(), 1000), some.add(sign(), 2000), some.add(sign(), 3000)]).toEqual([
      false,
      false,
      true,
      false,
    ])
  })

  it('are not enough when the signs are far apart', () => {
    const some = groups()
    expect([0, 200_000, 400_000, 600_000].map((at) => some.add(sign(), at))).toEqual([false, false, false, false])
  })

  it('are enough at once for a series, a critical sign or an alert', () => {
    expect(groups().add(sign({ count: 3 }), 0)).toBe(true)
    expect(groups().add(sign({ immediate: true, severity: 'critical' }), 0)).toBe(true)
  })

  it('are not filled by the end of an alert, nor by one that fires on', () => {
    const some = groups()
    const alert = sign({ source: 'alert', alert: 'am:1', reason: 'Down' })
    expect(some.add({ ...alert, resolved: true }, 0)).toBe(false)
    expect(some.size()).toBe(0)
    expect([some.add(alert, 0), some.add(alert, 1), some.add({ ...alert, resolved: true }, 2)]).toEqual([
      false,
      false,
      false,
    ])
    expect(some.get('Deployment/shop/checkout')).toMatchObject({
      count: 1,
      reasons: { Down: 1 },
      alerts: { 'am:1': { resolved: true } },
    })
    expect([some.add(alert, 3), some.add(sign(), 4)]).toEqual([false, true])
  })

  it('go on after a restart from what was kept', () => {
    const first = groups()
    first.add(sign(), 0)
    first.add(sign(), 1000)
    const kept = [...first.takeChanges().values()].flatMap((group) =>
      group ? [JSON.parse(JSON.stringify(group))] : [],
    )
    expect(createGroups({ threshold: 3, windowMs: 300_000 }, kept).add(sign(), 2000)).toBe(true)
  })

  it('are bounded in number; those that wait for a diagnosis are never given up', () => {
    const some = groups()
    some.add(sign({ immediate: true }), 0)
    for (let n = 0; n < 6000; n++) some.add(sign({ owner: { ...owner, name: `w-${n}` } }), 1)
    expect(some.size()).toBeLessThanOrEqual(5000)
    expect(some.pending()).toHaveLength(1)
  })

  it('take hostile reasons and alert names as plain names', () => {
    const some = groups()
    some.add(sign({ reason: '__proto__', alert: 'am:__proto__' }), 0)
    expect(Object.prototype).not.toHaveProperty('name')
    expect(some.get('Deployment/shop/checkout')?.count).toBe(1)
  })
})

describe('owners', () => {
  const pod = (ownerKind: string, ownerName: string, labels: Record<string, string> = {}): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'p',
      namespace: 'shop',
      labels,
      ownerReferences: [{ apiVersion: 'apps/v1', kind: ownerKind, name: ownerName, uid: 'u', controller: true }],
    },
  })

  it.each([
    [pod('ReplicaSet', 'web-7d9f64c8bb', { 'pod-template-hash': '7d9f64c8bb' }), 'Deployment', 'web'],
    [pod('ReplicaSet', 'web'), 'ReplicaSet', 'web'],
    [pod('Job', 'backup-28934512'), 'CronJob', 'backup'],
    [pod('Job', 'migrate'), 'Job', 'migrate'],
    [pod('StatefulSet', 'db'), 'StatefulSet', 'db'],
    [pod('Node', 'worker-a'), 'Pod', 'p'],
  ])('of pods are the workloads a person would name', (object, kind, name) => {
    expect(ownerOfPod(object)).toMatchObject({ kind, name })
  })

  it('of events about pods that are gone are read from their names', () => {
    expect(
      ownerOfEvent({ kind: 'Pod', namespace: 'shop', name: 'web-7d9f64c8bb-x2p9q' }, () => undefined),
    ).toMatchObject({ kind: 'Deployment', name: 'web' })
    expect(ownerOfEvent({ kind: 'Pod', namespace: 'shop', name: 'db-0' }, () => undefined)).toMatchObject({
      kind: 'Pod',
      name: 'db-0',
    })
  })
})

describe('the watchdog', () => {
  const pod = (restarts: number, waiting?: string, last?: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web-7d9f64c8bb-x2p9q',
      namespace: 'shop',
      uid: 'u',
      labels: { 'pod-template-hash': '7d9f64c8bb' },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-7d9f64c8bb', uid: 'r', controller: true },
      ],
    },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: waiting ? 'False' : 'True' }],
      containerStatuses: [
        {
          restartCount: restarts,
          state: waiting ? { waiting: { reason: waiting } } : { running: {} },
          ...(last
            ? { lastState: { terminated: { reason: last, exitCode: 137, finishedAt: new Date(1000).toISOString() } } }
            : {}),
        },
      ],
    },
  })
  const fleet = () => {
    const some = createFleet(settings)
    return {
      some,
      see: (object: KubeObject, at: number) =>
        some.pod('u', 'shop', 'web-7d9f64c8bb-x2p9q', projectPod(object, some.owners, some.shared), at),
    }
  }

  it('sees a crash loop that emits no event, once, after its patience', () => {
    const { some, see } = fleet()
    see(pod(5, 'CrashLoopBackOff'), 0)
    expect(some.due(1000)).toEqual([])
    expect(some.due(21_000)).toMatchObject([
      { source: 'state', reason: 'CrashLoopBackOff', owner: { kind: 'Deployment', name: 'web' } },
    ])
    expect(some.due(22_000)).toEqual([])
  })

  it('counts restarts within the window, also of a pod that is well in between', () => {
    const { some, see } = fleet()
    see(pod(0), 0)
    see(pod(2), 60_000)
    expect(some.due(60_000)).toEqual([])
    see(pod(3), 120_000)
    expect(some.due(120_000)).toMatchObject([{ reason: 'Restarts', count: 3 }])
  })

  it('tells a kill for memory at once', () => {
    const { some, see } = fleet()
    see(pod(0), 0)
    see(pod(1, undefined, 'OOMKilled'), 1000)
    expect(some.due(1000)).toMatchObject([{ reason: 'OOMKilled' }])
    expect(some.due(2000)).toEqual([])
  })

  it('keeps less than 2 KiB of a pod', () => {
    const some = createFleet(settings)
    const gc = globalThis.gc
    gc?.()
    const before = process.memoryUsage().heapUsed
    for (let n = 0; n < 10_000; n++)
      some.pod(`uid-${n}`, 'shop', `web-7d9f64c8bb-${n}`, projectPod(pod(1), some.owners, some.shared), 0)
    gc?.()
    expect((process.memoryUsage().heapUsed - before) / 10_000).toBeLessThan(2048)
    expect(some.size()).toBe(10_000)
  })
})

describe('routing', () => {
  const facts = { cluster: 'prod', owner, reason: 'BackOff', severity: 'warning' as const, labels: { team: 'pay' } }

  it('takes the first rule that fits, and the standard channels otherwise', async () => {
    const routing = await parseRouting(
      [
        { namespaces: ['dev-*'], ignore: true },
        { labels: { team: 'pay' }, channels: ['discord:77'] },
      ],
      [{ platform: 'slack', channel: 'C1' }],
    )
    expect(routing.channels(facts)).toEqual([{ platform: 'discord', channel: '77' }])
    expect(routing.channels({ ...facts, labels: {} })).toEqual([{ platform: 'slack', channel: 'C1' }])
    expect(routing.channels({ ...facts, owner: { ...owner, namespace: 'dev-7' } })).toBeUndefined()
  })

  it('stops the start with a sentence when it is wrong', async () => {
    await expect(parseRouting([{ namespaces: ['a'] }], [])).rejects.toThrow(/either channels or ignore/)
    await expect(parseRouting([{ channels: ['teams:1'] }], [])).rejects.toThrow(/slack:C… or discord:…/)
  })
})

describe('shared causes', () => {
  const pull = (cause: string) => sharedCause({ check: 'image-pull', cause, object: owner })

  it('are those that lie outside of a workload', () => {
    expect(pull('registry ghcr.io cannot be reached: "x"')).toBe(
      sharedCause({
        check: 'image-pull',
        cause: 'registry ghcr.io cannot be reached: "y"',
        object: { ...owner, name: 'other' },
      }),
    )
    expect(pull('image a:1 does not exist: registry docker.io knows no tag 1 of a')).toBeUndefined()
    expect(sharedCause({ check: 'crash-loop', cause: 'exit 1', object: owner })).toBeUndefined()
  })
})
