// Incidents under load: from an event to its card, messages per incident, memory of the watcher, and how soon another takes over.
import { type ChildProcess, spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { startHarbor } from '../../src/harbor/index.ts'
import { createOccurrences } from '../../src/incidents/events.ts'
import { createGroups } from '../../src/incidents/groups.ts'
import { createFleet, projectPod } from '../../src/incidents/pods.ts'
import { incidentSettings } from '../../src/incidents/settings.ts'
import type { KubeObject } from '../../src/objects/object.ts'
import { launch, type Ship, textOf } from '../flows/ship.ts'
import { report, stormyWorld } from '../flows/storm.ts'
import { startRedis, temporaryFolder } from '../store/redis-server.ts'
import { type Figure, percentile } from './figure.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const BIN = join(import.meta.dirname, '../../src/bin.mjs')
const SECONDS = 60
const PER_SECOND = 100

export async function bench(): Promise<Figure[]> {
  return [
    ...(await underLoad()),
    ...(await watcherMemory(5000, 200)),
    ...(await watcherMemory(10_000, 300)),
    perPod(),
    flat(),
    await failOver(),
  ]
}

async function underLoad(): Promise<Figure[]> {
  const ship = await launch({
    roles: ['bot', 'worker', 'executor', 'watcher'],
    env: { INCIDENT_CHANNELS: 'slack:COPS' },
    incidents: { WATCHDOG_CHECKS_EVERY: 0 },
    load: stormyWorld(),
    controllers: false,
  })
  try {
    ship.slack.addChannel({ id: 'COPS', name: 'incidents', members: [ship.slack.world.botUser] })
    const times: Promise<number>[] = []
    for (let second = 0; second < SECONDS; second++) {
      const began = performance.now()
      for (let n = 0; n < PER_SECOND; n++) report(ship.harbor, second * PER_SECOND + n)
      // every four seconds a new trouble of its own, three events at once; Slack takes one message a second and channel, so the storm's own roots go first
      if (second % 4 === 0 && second >= 12) times.push(newTrouble(ship, second))
      await sleep(Math.max(0, 1000 - (performance.now() - began)))
    }
    const cards = await Promise.all(times)
    const said = ship.slack.said('COPS')
    const roots = said.filter((one) => one.thread_ts === undefined || one.thread_ts === one.ts)
    return [
      {
        name: `${PER_SECOND} events/s for ${SECONDS} s: event → card, p95`,
        value: percentile(cards, 0.95),
        target: 3000,
        unit: 'ms',
      },
      { name: 'messages per incident', value: said.length / roots.length, target: 4, unit: '' },
    ]
  } finally {
    await ship.stop()
  }
}

async function newTrouble(ship: Ship, n: number): Promise<number> {
  const now = new Date().toISOString()
  const name = `trouble-${n}`
  ship.harbor.world.create({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace: 'default' },
    involvedObject: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: 'default', name },
    type: 'Warning',
    reason: 'ProvisioningFailed',
    message: name,
    count: 3,
    firstTimestamp: now,
    lastTimestamp: now,
  })
  const began = performance.now()
  while (!ship.slack.said('COPS').some((one) => textOf([one]).includes(`default/${name}`))) {
    if (performance.now() - began > 30_000) return Number.POSITIVE_INFINITY
    await sleep(10)
  }
  return performance.now() - began
}

function pods(count: number): KubeObject[] {
  return Array.from({ length: count }, (_, n) => {
    const set = Math.floor(n / 10)
    const labels = { app: `app-${set}`, 'pod-template-hash': '5d9f7c8b6d' }
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: `app-${set}-5d9f7c8b6d-${String(n).padStart(5, '2')}`,
        namespace: `team-${set % 20}`,
        uid: `00000000-0000-0000-0000-${String(n).padStart(12, '0')}`,
        creationTimestamp: '2026-11-20T10:00:00Z',
        labels,
        ownerReferences: [
          {
            apiVersion: 'apps/v1',
            kind: 'ReplicaSet',
            name: `app-${set}-5d9f7c8b6d`,
            uid: `r-${set}`,
            controller: true,
          },
        ],
      },
      spec: {
        nodeName: `worker-${n % 50}`,
        containers: [
          {
            name: 'app',
            image: 'shop/app:1.0',
            env: Array.from({ length: 20 }, (_unused, at) => ({
              name: `SETTING_${at}`,
              value: 'some value of a setting',
            })),
          },
        ],
      },
      status: {
        phase: 'Running',
        conditions: [
          { type: 'PodScheduled', status: 'True' },
          { type: 'Ready', status: 'True' },
        ],
        containerStatuses: [
          {
            name: 'app',
            image: 'shop/app:1.0',
            ready: true,
            restartCount: 0,
            state: { running: { startedAt: '2026-11-20T10:00:00Z' } },
          },
        ],
      },
    }
  })
}

async function watcherMemory(count: number, target: number): Promise<Figure[]> {
  const namespaces = Array.from({ length: 20 }, (_, n) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: `team-${n}`, uid: `ns-${n}` },
  }))
  const harbor = await startHarbor({ load: { objects: [...namespaces, ...pods(count)], logs: [] }, controllers: false })
  const redis = await startRedis()
  try {
    const watcher = await startWatcher(await environment(harbor.kubeconfig(), redis.url))
    await sleep(8000)
    const status = await readFile(`/proc/${watcher.pid}/status`, 'utf8')
    await end(watcher)
    return [
      {
        name: `resident memory of role watcher at ${count} pods`,
        value: Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024,
        target,
        unit: 'MB',
      },
    ]
  } finally {
    await Promise.all([harbor.close(), redis.stop()])
  }
}

function perPod(): Figure {
  const count = 20_000
  const objects = pods(count)
  const fill = () => {
    const fleet = createFleet(incidentSettings({}, false))
    // names and uids are strings of their own, as they come from the wire
    for (const pod of objects) {
      const own = structuredClone(pod)
      fleet.pod(
        own.metadata.uid ?? '',
        own.metadata.namespace ?? '',
        own.metadata.name,
        projectPod(own, fleet.owners, fleet.shared),
        0,
      )
    }
    collect()
    return fleet
  }
  const kept = [fill()]
  const before = process.memoryUsage().heapUsed
  kept.push(fill())
  const bytes = (process.memoryUsage().heapUsed - before) / count
  return { name: 'bytes kept per pod', value: kept.length === 2 ? bytes : Number.NaN, target: 2048, unit: 'B' }
}

/** A million events in accelerated time, ten a second, over ten thousand objects. */
function flat(): Figure {
  const occurrences = createOccurrences()
  const groups = createGroups({ threshold: 3, windowMs: 300_000 })
  const run = (from: number, to: number) => {
    for (let n = from; n < to; n++) {
      const owner = { kind: 'Deployment', namespace: 'load', name: `app-${n % 10_000}` }
      const count = occurrences.added(
        { uid: `event-${n}`, about: owner, reason: 'BackOff', text: 'back-off', seen: 1 },
        'added',
      )
      if (
        groups.add(
          {
            cluster: 'prod',
            source: 'event',
            severity: 'warning',
            reason: 'BackOff',
            text: 'back-off',
            owner,
            count,
            labels: {},
            immediate: false,
            resolved: false,
          },
          n * 100,
        )
      )
        groups.remove(`Deployment/load/app-${n % 10_000}`)
      if (n % 1000 === 0) {
        groups.expire(n * 100)
        groups.takeChanges()
      }
    }
    collect()
    return process.memoryUsage().heapUsed
  }
  const warm = run(0, 200_000)
  return {
    name: '1,000,000 events in accelerated time: memory grown after the first 200,000',
    value: Math.max(0, run(200_000, 1_000_000) - warm) / 1024 / 1024,
    target: 20,
    unit: 'MB',
  }
}

async function failOver(): Promise<Figure> {
  const harbor = await startHarbor({ load: stormyWorld(), controllers: false })
  const redis = await startRedis()
  const env = await environment(harbor.kubeconfig(), redis.url)
  try {
    const first = await startWatcher(env)
    await sleep(1000)
    const second = await startWatcher(env)
    await end(first)
    const killed = performance.now()
    await until(second, /leading the watch/)
    const seconds = (performance.now() - killed) / 1000
    await end(second)
    return { name: 'a leader vanishes: another leads after', value: seconds, target: 15, unit: 's' }
  } finally {
    await Promise.all([harbor.close(), redis.stop()])
  }
}

async function environment(kubeconfig: string, redisUrl: string): Promise<Record<string, string>> {
  const folder = temporaryFolder()
  const file = join(folder, 'kubeconfig')
  await writeFile(file, kubeconfig)
  return {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    KUBECONFIG: file,
    DATA_DIR: folder,
    REDIS_URL: redisUrl,
    HEALTH_PORT: '0',
    LOG_LEVEL: 'info',
  }
}

async function startWatcher(env: Record<string, string>): Promise<ChildProcess> {
  const child = spawn(process.execPath, [BIN, 'serve', '--roles', 'watcher'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  await until(child, /ready/)
  return child
}

function until(child: ChildProcess, says: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the watcher ended with ${code}`)))
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => says.test(chunk.toString()) && resolve())
  })
}

async function end(child: ChildProcess): Promise<void> {
  child.removeAllListeners('exit')
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}
