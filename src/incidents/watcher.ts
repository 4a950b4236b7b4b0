// The watcher: leads each cluster by a lock with fencing, watches its Warning events, pods and nodes, and lets its keeper make incidents of them.
import { setTimeout as sleep } from 'node:timers/promises'
import { ConflictError, messageOf } from '../core/errors.ts'
import type { Enqueue } from '../core/task.ts'
import type { Cluster, Clusters } from '../kube/clusters.ts'
import { type Change, watchKinds } from '../kube/watch.ts'
import type { Logger } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import { ownerOfEvent } from '../objects/owner.ts'
import type { Lock, Store } from '../store/store.ts'
import { createDesk } from './desk.ts'
import { createOccurrences, projectEvent, type WarningEvent } from './events.ts'
import type { Group } from './groups.ts'
import { createHomes } from './homes.ts'
import type { Incident } from './incident.ts'
import { createInvestigating } from './investigating.ts'
import { createKeeper, type Keeper } from './keeper/keeper.ts'
import { createNotebook, type Notebook } from './notebook.ts'
import { createFleet, type Fleet, type NodeState, type PodState, projectNode, projectPod } from './pods.ts'
import { startRounds } from './rounds.ts'
import type { Routing } from './routing.ts'
import type { IncidentSettings } from './settings.ts'

/** A leader that vanished is replaced within lease and retry: below 15 s. */
const LEASE_MS = 9000
const RETRY_MS = 2000
const TICK_MS = 250
const ALERTS_AT_ONCE = 500

/** What needs nobody's count to be believed. */
const CRITICAL = new Set(['SystemOOM', 'KernelDeadlock', 'ReadonlyFilesystem', 'FilesystemIsReadOnly'])

export interface WatcherParts {
  clusters: Clusters
  store: Store
  routing: Routing
  settings: IncidentSettings
  show(incident: Incident): Promise<boolean>
  enqueue: Enqueue
  log: Logger
  metrics: Metrics
}

export interface Watcher {
  /** the clusters that this process leads */
  leads(): string[]
  stop(): Promise<void>
}

export function startWatcher(parts: WatcherParts): Watcher {
  const stopping = new AbortController()
  const leading = new Set<string>()
  const loops = parts.clusters.list().map((name) => stand(parts.clusters.get(name), parts, leading, stopping.signal))
  return {
    leads: () => [...leading],
    async stop() {
      stopping.abort()
      await Promise.all(loops)
    },
  }
}

/** Stands for the lead of one cluster for as long as the process lives. */
async function stand(
  cluster: Cluster,
  parts: WatcherParts,
  leading: Set<string>,
  stopping: AbortSignal,
): Promise<void> {
  const { log } = parts
  while (!stopping.aborted) {
    try {
      const lock = await parts.store.lock(`watcher:${cluster.name}`, LEASE_MS)
      if (!lock) {
        await pause(RETRY_MS, stopping)
        continue
      }
      leading.add(cluster.name)
      log.info({ cluster: cluster.name, fence: lock.token }, 'leading the watch of a cluster')
      try {
        await lead(cluster, parts, lock, stopping)
      } finally {
        leading.delete(cluster.name)
        await lock.release()
      }
    } catch (error) {
      if (stopping.aborted) return
      log.warn(
        { cluster: cluster.name, error: messageOf(error) },
        'the watch of a cluster was given up; standing for it again',
      )
      await pause(RETRY_MS, stopping)
    }
  }
}

/** Everything one leader holds. */
interface Lead {
  cluster: string
  keeper: Keeper
  fleet: Fleet
  notebook: Notebook
  resourceVersion: string | undefined
  unsaved: Map<string, Group | undefined>
  /** alerts that were signed and are not saved yet */
  heard: string[]
}

async function lead(cluster: Cluster, parts: WatcherParts, lock: Lock, stopping: AbortSignal): Promise<void> {
  const { store, settings, log, metrics } = parts
  const over = new AbortController()
  const signal = AbortSignal.any([stopping, lock.lost, over.signal])
  const notebook = createNotebook(store, cluster.name, lock.token)
  const { groups, resourceVersion } = await notebook.load()
  const fleet = createFleet(settings)
  const keeper = await createKeeper(
    {
      ...parts,
      cluster: cluster.name,
      reader: cluster.reader,
      desk: createDesk(store),
      fleet,
      homes: createHomes(store),
      investigating: createInvestigating(store),
      fence: lock.token,
      signal,
    },
    groups,
  )
  const lead: Lead = { cluster: cluster.name, keeper, fleet, notebook, resourceVersion, unsaved: new Map(), heard: [] }
  metrics.watch('watcher_pods', 'Pods whose state is watched', () => fleet.size(), { cluster: cluster.name })
  metrics.watch('watcher_waiting', 'Troubles that wait for their diagnosis', () => keeper.waiting(), {
    cluster: cluster.name,
  })
  const watching = watchCluster(cluster, lead, signal, log)
  const rounds = startRounds({ cluster, settings, sign: keeper.sign, signal, log })
  try {
    while (!signal.aborted) {
      await takeAlerts(lead)
      await keeper.tick()
      await save(lead)
      await pause(TICK_MS, signal)
    }
    // what was counted goes to whoever leads next
    if (lock.held) await save(lead)
  } finally {
    over.abort()
    await Promise.all([watching, rounds])
  }
}

type Projected = { event: WarningEvent } | { pod: PodState } | { node: NodeState }

function watchCluster(cluster: Cluster, lead: Lead, signal: AbortSignal, log: Logger): Promise<void> {
  const { fleet } = lead
  const occurrences = createOccurrences()
  return watchKinds<Projected>(
    cluster.reader,
    [
      {
        kind: 'Event',
        apiVersion: 'v1',
        from: 'now',
        fieldSelector: 'type=Warning',
        ...(lead.resourceVersion ? { resourceVersion: lead.resourceVersion } : {}),
        project(object) {
          const event = projectEvent(object)
          return event && { event }
        },
      },
      { kind: 'Pod', from: 'all', project: (object) => ({ pod: projectPod(object, fleet.owners, fleet.shared) }) },
      { kind: 'Node', from: 'all', project: (object) => ({ node: projectNode(object) }) },
    ],
    {
      onChange: (change) => heard(change, lead, occurrences),
      onState: ({ kind, state, reason }) =>
        state === 'waiting'
          ? log.warn({ cluster: cluster.name, kind, reason }, 'a watch waits')
          : log.debug({ cluster: cluster.name, kind, state }, 'watch'),
      onProgress(kind, version) {
        if (kind === 'Event') lead.resourceVersion = version
      },
    },
    { signal },
  )
}

function heard(change: Change<Projected>, lead: Lead, occurrences: ReturnType<typeof createOccurrences>): void {
  const { fleet, keeper, cluster } = lead
  const { object, type, kind, uid, namespace = '', name } = change
  if (kind === 'Pod')
    return fleet.pod(
      uid,
      namespace,
      name,
      object && type !== 'deleted' && 'pod' in object ? object.pod : undefined,
      Date.now(),
    )
  if (kind === 'Node')
    return fleet.node(name, object && type !== 'deleted' && 'node' in object ? object.node : undefined, Date.now())
  if (type === 'deleted' || !object || !('event' in object)) return
  const { event } = object
  const count = occurrences.added(event, type)
  if (count === 0) return
  const critical = CRITICAL.has(event.reason) || (event.about.kind === 'Node' && event.reason === 'NodeNotReady')
  keeper.sign({
    cluster,
    source: 'event',
    severity: critical ? 'critical' : 'warning',
    reason: event.reason,
    text: event.text,
    owner: ownerOfEvent(event.about, fleet.ownerOf),
    count,
    labels: {},
    immediate: critical,
    resolved: false,
  })
}

/** Alerts stay in Redis until what they led to is saved. */
async function takeAlerts(lead: Lead): Promise<void> {
  const { heard, keeper, notebook, fleet } = lead
  for (const { id, signal } of await notebook.waiting(heard.at(-1), ALERTS_AT_ONCE)) {
    if (signal) keeper.sign({ ...signal, owner: ownerOfEvent(signal.owner, fleet.ownerOf) })
    heard.push(id)
  }
  if (heard.length === 0 || !(await save(lead))) return
  await notebook.taken(heard)
  lead.heard = []
}

/** Everything heard so far to Redis: true when it is all there. */
async function save(lead: Lead): Promise<boolean> {
  // read before the changes are taken: everything up to this version is in them
  const version = lead.resourceVersion
  for (const [key, group] of lead.keeper.takeChanges()) lead.unsaved.set(key, group)
  const changes = lead.unsaved
  lead.unsaved = new Map()
  try {
    const written = await lead.keeper.flush()
    await lead.notebook.save(changes, written ? version : undefined)
    return written
  } catch (error) {
    for (const [key, group] of lead.unsaved) changes.set(key, group)
    lead.unsaved = changes
    if (error instanceof ConflictError) throw error
    return false
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}
