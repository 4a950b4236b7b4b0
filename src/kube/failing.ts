// Whose logs say why something fails: containers that crashed, exited badly or are not ready, a few of each workload; then one of each that runs.
import { controllerOf, type KubeObject } from '../objects/object.ts'

export interface LogWanted {
  namespace: string
  pod: string
  container: string
  previous: boolean
}

interface ContainerStatus {
  name?: string
  ready?: boolean
  started?: boolean
  restartCount?: number
  state?: { waiting?: { reason?: string }; running?: { startedAt?: string }; terminated?: Terminated }
  lastState?: { terminated?: Terminated }
}
interface Terminated {
  exitCode?: number
  reason?: string
  finishedAt?: string
}

// a crash that long ago, in a container that has been well since, explains nothing of today
const RECENT_MS = 60 * 60_000
// replicas of one workload fail alike: two of them tell one from all
const PODS_PER_WORKLOAD = 2

/** The most telling first: last runs of crash loops, then current runs. At most `most` entries. */
export function failingContainers(pods: readonly KubeObject[], now: Date, most: number): LogWanted[] {
  const found: { wanted: LogWanted; weight: number }[] = []
  const seen = new Map<string, Set<string>>()
  for (const pod of pods) {
    const statuses: ContainerStatus[] = [
      ...(pod.status?.initContainerStatuses ?? []),
      ...(pod.status?.containerStatuses ?? []),
    ]
    for (const status of statuses) {
      const runs = failingRuns(status, pod, now)
      if (runs.length === 0 || typeof status.name !== 'string') continue
      const workload = `${workloadOf(pod)}/${status.name}`
      const others = seen.get(workload) ?? new Set()
      seen.set(workload, others)
      if (!others.has(pod.metadata.name) && others.size >= PODS_PER_WORKLOAD) continue
      others.add(pod.metadata.name)
      for (const { previous, weight } of runs) {
        const wanted = {
          namespace: pod.metadata.namespace ?? 'default',
          pod: pod.metadata.name,
          container: status.name,
          previous,
        }
        // the first pod of every workload goes before the second of any
        found.push({ wanted, weight: weight + (others.size - 1) * 10 })
      }
    }
  }
  return found
    .sort((a, b) => a.weight - b.weight)
    .slice(0, most)
    .map(({ wanted }) => wanted)
}

/** The first container of one ready pod of each workload, at most `most`: what runs may complain, too. Those that restarted go first, then the youngest. */
export function readyContainers(pods: readonly KubeObject[], most: number): LogWanted[] {
  const restarts = ({ status }: KubeObject) =>
    (status?.containerStatuses ?? []).reduce((sum: number, one: ContainerStatus) => sum + (one.restartCount ?? 0), 0)
  const chosen = new Map<string, LogWanted>()
  const ready = pods.filter(isReady)
  ready.sort(
    (a, b) =>
      restarts(b) - restarts(a) ||
      String(b.metadata.creationTimestamp).localeCompare(String(a.metadata.creationTimestamp)),
  )
  for (const pod of ready) {
    const container = pod.spec?.containers?.[0]?.name
    const workload = workloadOf(pod)
    if (typeof container !== 'string' || chosen.has(workload)) continue
    const { namespace = 'default', name } = pod.metadata
    chosen.set(workload, { namespace, pod: name, container, previous: false })
  }
  return [...chosen.values()].slice(0, Math.max(most, 0))
}

function isReady({ metadata, status }: KubeObject): boolean {
  const conditions: { type?: string; status?: string }[] = status?.conditions ?? []
  return (
    !metadata.deletionTimestamp &&
    status?.phase === 'Running' &&
    conditions.some((one) => one.type === 'Ready' && one.status === 'True')
  )
}

function workloadOf(pod: KubeObject): string {
  const owner = controllerOf(pod)
  return `${pod.metadata.namespace}/${owner?.uid ?? owner?.name ?? pod.metadata.name}`
}

function failingRuns(status: ContainerStatus, pod: KubeObject, now: Date): { previous: boolean; weight: number }[] {
  const { waiting, running, terminated } = status.state ?? {}
  const last = status.lastState?.terminated
  const lastFailed = last !== undefined && (last.exitCode !== 0 || (status.restartCount ?? 0) > 1)
  if (waiting) {
    // a container that never ran has no log: image pulls, missing config, waiting for init containers
    if (!last) return []
    return [
      { previous: true, weight: 0 },
      { previous: false, weight: 3 },
    ]
  }
  if (terminated) {
    if (terminated.exitCode === 0) return []
    return lastFailed
      ? [
          { previous: false, weight: 1 },
          { previous: true, weight: 3 },
        ]
      : [{ previous: false, weight: 1 }]
  }
  if (!running) return []
  const recent = last && now.getTime() - Date.parse(last.finishedAt ?? '') < RECENT_MS
  const unready = status.ready === false && !pod.metadata.deletionTimestamp
  if (unready)
    return lastFailed
      ? [
          { previous: false, weight: 1 },
          { previous: true, weight: 2 },
        ]
      : [{ previous: false, weight: 1 }]
  return recent && lastFailed ? [{ previous: true, weight: 4 }] : []
}
