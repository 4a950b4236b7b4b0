// What the state, events and logs of one container in a snapshot say of how it behaves.
import type { KubeObject } from '../../../objects/object.ts'
import type { World } from '../../world.ts'
import type { Course } from './course.ts'

type Status = KubeObject['status']

// younger containers without a bad event are still starting
const STARTING = 120_000
// a restart this long ago is history
const RECENT = 20 * 60_000
const PULL = new Set(['ErrImagePull', 'ImagePullBackOff', 'RegistryUnavailable', 'SignatureValidationFailed'])
const BEFORE_START = new Set(['ContainerCreating', 'PodInitializing'])

export interface Patient {
  world: World
  pod: KubeObject
  events: KubeObject[]
}

/** How the container behaved when the snapshot was taken; undefined when it tells nothing (still starting, node gone). */
export function courseFound(patient: Patient, status: Status, init: boolean): Course | undefined {
  const { pod } = patient
  if (pod.status?.reason === 'Evicted' || pod.status?.reason === 'NodeLost') return undefined
  const waiting = status.state?.waiting
  if (waiting) return waitingFound(patient, status, waiting)
  const ended = status.state?.terminated
  if (ended) return endedFound(patient, status, ended)
  if (!status.state?.running || init) return undefined
  return runningFound(patient, status)
}

function waitingFound(patient: Patient, status: Status, waiting: Status): Course | undefined {
  const reason: string = waiting.reason ?? ''
  const message: string | undefined = waiting.message
  if (PULL.has(reason)) {
    const said = (message ?? '').replace(/^Back-off pulling image "[^"]{0,500}": ErrImagePull: /, '')
    const secrets = patient.events
      .filter((event) => event.reason === 'FailedToRetrieveImagePullSecret')
      .flatMap((event) => /\(([^()]{1,500})\)/.exec(String(event.message))?.[1]?.split(', ') ?? [])
    return { pull: { reason: 'ErrImagePull', message: said, ...(secrets.length > 0 ? { secrets } : {}) } }
  }
  if (reason === 'CrashLoopBackOff') return crashFound(patient, status, status.lastState?.terminated)
  if (BEFORE_START.has(reason)) return creatingFound(patient, status)
  if (reason === '') return undefined
  const failed = patient.events.find((event) => event.reason === 'Failed' || event.reason === 'InspectFailed')
  const event = failed && { reason: String(failed.reason), message: String(failed.message) }
  return { stuck: { reason, ...(message === undefined ? {} : { message }), ...(event ? { event } : {}) } }
}

const MOUNTS = new Set([
  'FailedMount',
  'FailedAttachVolume',
  'FailedCreatePodSandBox',
  'FailedMapVolume',
  'NetworkNotReady',
])

function creatingFound({ events }: Patient, status: Status): Course | undefined {
  const event = events.find(({ reason }) => MOUNTS.has(String(reason)))
  if (!event) return undefined
  const { reason } = status.state.waiting
  return { stuck: { reason, event: { reason: String(event.reason), message: String(event.message) } } }
}

function crashFound(patient: Patient, status: Status, ended: Status | undefined): Course {
  const liveness = livenessFound(patient)
  const logs = linesOf(patient, status.name)
  if (liveness && ended?.exitCode === 137 && ended.reason !== 'OOMKilled') {
    return {
      liveness: { ...liveness, afterMs: Math.max(liveness.afterMs, Math.min(600_000, durationOf(ended))) },
      logs,
    }
  }
  const { exitCode = 1, reason = 'Error', message, signal } = ended ?? {}
  const exit = {
    afterMs: Math.min(600_000, Math.max(500, durationOf(ended))),
    code: exitCode,
    reason,
    ...(signal ? { signal } : {}),
    ...(message ? { message } : {}),
  }
  return { exit, ...(logs.length > 0 ? { logs } : {}) }
}

function endedFound(patient: Patient, status: Status, ended: Status): Course {
  if (ended.exitCode !== 0) return crashFound(patient, status, ended)
  const logs = linesOf(patient, status.name)
  const afterMs = Math.min(600_000, Math.max(300, durationOf(ended)))
  return { exit: { afterMs, code: 0, reason: 'Completed' }, ...(logs.length > 0 ? { logs } : {}) }
}

function runningFound(patient: Patient, status: Status): Course | undefined {
  const { world, events } = patient
  const logs = linesOf(patient, status.name)
  const withLogs = logs.length > 0 ? { logs } : {}
  const now = world.clock.now()
  const age = now - Date.parse(status.state.running.startedAt ?? '')
  const ended = status.lastState?.terminated
  const recent = ended && now - Date.parse(ended.finishedAt ?? '') < RECENT
  const liveness = recent && (status.restartCount ?? 0) >= 2 ? livenessFound(patient) : undefined
  const unready = status.ready === false ? unreadyFound(events) : undefined
  if (liveness) {
    const afterMs = Math.max(liveness.afterMs, Math.min(600_000, durationOf(ended)))
    return { liveness: { ...liveness, afterMs }, ...(unready ? { unready } : {}), ...withLogs }
  }
  if (status.ready === false) {
    const crashing = recent && (status.restartCount ?? 0) >= 3 && !unready
    if (crashing) return crashFound(patient, status, ended)
    if (age < STARTING && !unready?.often) return undefined
    if (nodeIsLost(world, patient.pod)) return undefined
    return {
      unready: unready ?? { message: 'Readiness probe failed: HTTP probe failed with statuscode: 503' },
      ...withLogs,
    }
  }
  // running and ready, but it has been dying regularly until now
  if (recent && (status.restartCount ?? 0) >= 5 && ended.exitCode !== 0) return crashFound(patient, status, ended)
  return {}
}

function nodeIsLost(world: World, pod: KubeObject): boolean {
  const conditions = world.find('Node', undefined, pod.spec?.nodeName ?? '')?.status?.conditions ?? []
  return conditions.some(({ type, status }: Status) => type === 'Ready' && status !== 'True')
}

function livenessFound({ events, pod }: Patient): Course['liveness'] {
  const event = events.find(
    ({ reason, message }) => reason === 'Unhealthy' && /^(Liveness|Startup) probe/.test(String(message)),
  )
  if (!event) return undefined
  const probe = pod.spec?.containers?.map(({ livenessProbe }: Status) => livenessProbe).find(Boolean)
  const delay = (probe?.initialDelaySeconds ?? 0) + (probe?.periodSeconds ?? 10) * (probe?.failureThreshold ?? 3)
  return { message: String(event.message), afterMs: Math.max(1000, delay * 1000) }
}

function unreadyFound(events: KubeObject[]): { message: string; often: boolean } | undefined {
  const event = events.find(
    ({ reason, message }) => reason === 'Unhealthy' && String(message).startsWith('Readiness probe'),
  )
  if (!event) return undefined
  const count = event.count ?? event.series?.count ?? 1
  return { message: String(event.message), often: count > 6 }
}

function durationOf(ended: Status | undefined): number {
  const span = Date.parse(ended?.finishedAt ?? '') - Date.parse(ended?.startedAt ?? '')
  return Number.isFinite(span) ? span : 1000
}

/** The lines of the run that failed: the last one that ended, else what there is. */
function linesOf({ world, pod }: Patient, container: string): string[] {
  const ref = { namespace: pod.metadata.namespace ?? '', pod: pod.metadata.name, container }
  const previous = world.logs.read(ref, true)
  const lines = previous?.length ? previous : (world.logs.read(ref) ?? [])
  return lines.map(({ text }) => text)
}
