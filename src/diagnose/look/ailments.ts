// What each container that should run suffers from, decided once, so that no two checks report the same trouble.
import { type KubeObject, refOf } from '../../objects/object.ts'
import { eventCount, eventTime, type Snapshot } from '../../objects/snapshot.ts'
import { eventsAbout, messageText } from './events.ts'
import { perSnapshot } from './memo.ts'
import { type Container, condition, containersOf, isLive } from './pods.ts'
import { workloadOf } from './workloads.ts'

/**
 * `image`: it cannot be pulled · `config`: what it refers to is missing · `start`: the runtime cannot start it ·
 * `oom` · `probe`: killed by its liveness or startup probe · `crash`: it ends by itself · `unready`: it runs but is not ready ·
 * `init`: an init container runs and runs · `creating`: volumes or network do not come
 */
export type Ailment = 'image' | 'config' | 'start' | 'oom' | 'probe' | 'crash' | 'unready' | 'init' | 'creating'

export interface Sick {
  ailment: Ailment
  workload: KubeObject
  pod: KubeObject
  container: Container
}

const IMAGE = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'RegistryUnavailable',
  'SignatureValidationFailed',
])
const START = new Set([
  'CreateContainerError',
  'RunContainerError',
  'StartError',
  'PostStartHookError',
  'PreCreateHookError',
])
const CANNOT_RUN = new Set(['StartError', 'ContainerCannotRun'])
const FLAPPING_MS = 10 * 60_000
const LONG_MS = 60 * 60_000
const OUTLIVED = 3
const DAY_MS = 24 * 3600_000
const OOM_MS = 3 * 3600_000
const FRESH_MS = 60_000
const INIT_MS = 3 * 60_000

/** Containers of live pods with one sort of trouble. */
export function sickWith(snapshot: Snapshot, ailment: Ailment): readonly Sick[] {
  return allSick(snapshot).get(ailment) ?? []
}

/** All of them, by sort. */
const allSick = perSnapshot((snapshot): ReadonlyMap<Ailment, readonly Sick[]> => {
  const sick = new Map<Ailment, Sick[]>()
  for (const pod of snapshot.list('Pod')) {
    if (!isLive(pod) || !pod.spec?.nodeName) continue
    for (const container of containersOf(pod)) {
      const ailment = ailmentOf(snapshot, pod, container)
      if (!ailment) continue
      const entry = { ailment, workload: workloadOf(snapshot, pod), pod, container }
      const list = sick.get(ailment)
      if (list) list.push(entry)
      else sick.set(ailment, [entry])
    }
  }
  return sick
})

export interface SickGroup {
  workload: KubeObject
  /** the container's name, the same in all of them */
  name: string
  sick: Sick[]
  pods: KubeObject[]
}

/** One group per workload and container: one finding for all pods that suffer from the same thing. */
export function sickGroups(snapshot: Snapshot, ailment: Ailment): SickGroup[] {
  const groups = new Map<string, SickGroup>()
  for (const entry of sickWith(snapshot, ailment)) {
    const { kind, namespace, name } = refOf(entry.workload)
    const key = `${kind}/${namespace}/${name}/${entry.container.name}`
    const group = groups.get(key)
    if (group) {
      group.sick.push(entry)
      group.pods.push(entry.pod)
    } else groups.set(key, { workload: entry.workload, name: entry.container.name, sick: [entry], pods: [entry.pod] })
  }
  return [...groups.values()]
}

function ailmentOf(snapshot: Snapshot, pod: KubeObject, container: Container): Ailment | undefined {
  if (container.kind === 'ephemeral') return undefined
  const reason = container.waiting?.reason ?? ''
  if (IMAGE.has(reason)) return 'image'
  if (reason === 'CreateContainerConfigError') return 'config'
  if (START.has(reason)) return 'start'
  if (reason === 'ContainerCreating') return creatingTooLong(snapshot, pod, container) ? 'creating' : undefined
  const ended = container.terminated ?? container.last
  if (reason === 'CrashLoopBackOff' || endedJustNow(pod, container)) return howItEnds(snapshot, pod, container)
  if (container.running) {
    const endedAgo = snapshot.ageMs(ended?.finishedAt) ?? Number.POSITIVE_INFINITY
    const lastedMs = Date.parse(ended?.finishedAt ?? '') - Date.parse(ended?.startedAt ?? '')
    if (ended?.reason === 'OOMKilled' && container.restarts >= 2 && endedAgo < OOM_MS && !(lastedMs > DAY_MS))
      return 'oom'
    const age = snapshot.ageMs(container.running.startedAt) ?? 0
    // one more restart after hours of good work is no loop, and what has outlived its last run by far has recovered
    const recovered = container.ready && age > Math.max(FRESH_MS, OUTLIVED * lastedMs)
    if (container.restarts >= 3 && endedAgo < FLAPPING_MS && !(lastedMs > LONG_MS) && !recovered)
      return howItEnds(snapshot, pod, container)
    if (container.kind === 'init') return age > INIT_MS ? 'init' : undefined
    if (!container.ready) return isUnready(snapshot, pod, container, age) ? 'unready' : undefined
  }
  return undefined
}

/** Between the end of a run and the next start the state is `terminated`: a trouble when it failed, or ended though it should serve. */
function endedJustNow(pod: KubeObject, container: Container): boolean {
  if (!container.terminated || container.kind === 'init') {
    return container.kind === 'init' && (container.terminated?.exitCode ?? 0) !== 0 && container.restarts > 0
  }
  if (pod.spec?.restartPolicy === 'Never') return false
  return container.terminated.exitCode !== 0 ? container.restarts > 0 : container.restarts > 2
}

function howItEnds(snapshot: Snapshot, pod: KubeObject, container: Container): Ailment {
  const ended = container.terminated ?? container.last
  if (ended?.reason === 'OOMKilled') return 'oom'
  if (CANNOT_RUN.has(ended?.reason ?? '') || ended?.exitCode === 128) return 'start'
  return killedByProbe(snapshot, pod, container) ? 'probe' : 'crash'
}

/** The kubelet says so in an event that names the container; one container's kill says nothing about another's. */
function killedByProbe(snapshot: Snapshot, pod: KubeObject, container: Container): boolean {
  const ended = Date.parse((container.terminated ?? container.last)?.finishedAt ?? '')
  return eventsAbout(snapshot, pod, { reason: 'Killing', message: /failed (?:liveness|startup) probe/ }).some(
    (event) => {
      const named = messageText(event).includes(`ontainer ${container.name} `)
      // the kill comes before the end it caused, by the grace period at most; repeated events keep only their last time
      return named && (Number.isNaN(ended) || eventTime(event) >= ended - 15 * 60_000)
    },
  )
}

/** Volumes and networks take a while: a trouble when the kubelet warns about it, or when it takes ten minutes. */
function creatingTooLong(snapshot: Snapshot, pod: KubeObject, container: Container): boolean {
  // the first waiting container speaks for the pod
  const [first] = containersOf(pod).filter((other) => other.waiting)
  if (first?.name !== container.name) return false
  const age = snapshot.ageMs(pod.metadata.creationTimestamp) ?? 0
  const warnings = eventsAbout(snapshot, pod, { type: 'Warning', reason: /^Failed/, withinMs: 15 * 60_000 })
  return warnings.length > 0 ? age > FRESH_MS : age > 10 * 60_000
}

const UNREADY_MS = 5 * 60_000

/** Starting takes time, and probes may miss once: a trouble after five minutes, or after one when they keep failing. */
function isUnready(snapshot: Snapshot, pod: KubeObject, container: Container, runningMs: number): boolean {
  if (runningMs < timeToStart(container)) return false
  const ready = condition(pod, 'Ready')
  const sinceMs = Math.min(
    runningMs,
    snapshot.ageMs(ready?.status === 'True' ? undefined : ready?.lastTransitionTime) ?? runningMs,
  )
  if (sinceMs <= FRESH_MS) return false
  if (sinceMs > UNREADY_MS) return true
  const failing = eventsAbout(snapshot, pod, { reason: ['Unhealthy', 'ProbeError'], withinMs: UNREADY_MS })
  return failing.reduce((sum, event) => sum + eventCount(event), 0) >= 3
}

/** What its probes grant it to start, plus a minute. */
function timeToStart({ spec, started }: Container): number {
  const { startupProbe, readinessProbe } = spec ?? {}
  const delay = Number(readinessProbe?.initialDelaySeconds ?? 0)
  if (!startupProbe || started) return (delay + 60) * 1000
  const { initialDelaySeconds = 0, periodSeconds = 10, failureThreshold = 3 } = startupProbe
  return (Number(initialDelaySeconds) + Number(periodSeconds) * Number(failureThreshold) + delay + 60) * 1000
}
