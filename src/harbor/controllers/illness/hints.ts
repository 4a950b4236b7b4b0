// Illness given by annotation, for demonstrations and tests.
//
// On a pod (or the pod template of its workload), as `practice.firstmate.dev/NAME` or `lab/NAME`; with `.CONTAINER` behind the name it
// is meant for one container only:
//   waiting           waiting reason to stay in: CrashLoopBackOff, ImagePullBackOff, ErrImagePull, InvalidImageName,
//                     CreateContainerConfigError, ContainerCreating, RunContainerError …; waitingMessage is its message
//   initWaiting       the same for init containers
//   crash             exit code of a crash loop; crashAfter (seconds, default 1), crashReason ("OOMKilled"), terminationMessage
//   exitAfter         seconds until the container ends by itself, with exitCode (default 0)
//   lastTerminated    "OOMKilled:137": what a crash loop's last termination says
//   liveness          seconds until a failing liveness probe kills it; unhealthy is the probe's message
//   ready             "false": never ready; unhealthy is the probe's message; readyDelay in seconds
//   startDelay        seconds until it starts; terminationDelay: seconds until it stops; stuckTerminating: "true"
//   logs, logsPrevious  what it prints ("\n" separates lines); logsConfigMap names a ConfigMap with logs, logs.CONTAINER
//   logEvery          seconds between heartbeat lines
//   cpu, memory       usage, as quantities
//   evicted           "true" or a message: the pod is evicted
import type { KubeObject } from '../../../objects/object.ts'
import type { World } from '../../world.ts'
import type { Course } from './course.ts'

const PREFIXES = ['practice.firstmate.dev/', 'lab/']
const MAX_SECONDS = 10_000_000

/** Names that conformance scripts and the handbook use, with the annotations that they stand for. */
const BY_NAME: Record<string, Record<string, string>> = {
  talker: { logs: Array.from({ length: 20 }, (_, index) => `line ${index + 1}`).join('\n') },
  beater: { logEvery: '1' },
  flaky: {
    crash: '1',
    crashAfter: '1',
    logs: 'starting payment worker\nconnecting to queue\npanic: connection refused',
  },
  'pending-pull': { waiting: 'ContainerCreating' },
  'slow-stop': { terminationDelay: '5' },
}

export function hintOf(pod: KubeObject, name: string, container?: string): string | undefined {
  const { annotations } = pod.metadata
  for (const prefix of annotations ? PREFIXES : []) {
    const keys = container === undefined ? [prefix + name] : [`${prefix}${name}.${container}`, prefix + name]
    const key = keys.find((item) => Object.hasOwn(annotations ?? {}, item))
    if (key !== undefined) return annotations?.[key]
  }
  const known = Object.hasOwn(BY_NAME, pod.metadata.name) ? BY_NAME[pod.metadata.name] : undefined
  if (known && Object.hasOwn(known, name)) return known[name]
  // jobs of the conformance scripts end after a second, one of them badly
  const job = pod.metadata.labels?.['batch.kubernetes.io/job-name'] ?? ''
  if (name === 'exitAfter' && job.startsWith('batch-')) return '1'
  if (name === 'exitCode' && job === 'batch-fail') return '3'
  return undefined
}

/** Whether annotations, or the pod's name, say anything about it. */
export function isHinted({ metadata }: KubeObject): boolean {
  const keys = Object.keys(metadata.annotations ?? {})
  return Object.hasOwn(BY_NAME, metadata.name) || keys.some((key) => PREFIXES.some((prefix) => key.startsWith(prefix)))
}

function secondsOf(pod: KubeObject, name: string, container: string): number | undefined {
  const text = hintOf(pod, name, container)
  const value = text === undefined || text === '' ? Number.NaN : Number(text)
  return Number.isFinite(value) ? Math.min(Math.max(0, value), MAX_SECONDS) * 1000 : undefined
}

/** What the annotations say about a container: undefined when they say nothing about illness. */
export function hintedCourse(world: World, pod: KubeObject, container: string, init: boolean): Course | undefined {
  const hint = (name: string) => hintOf(pod, name, container)
  const seconds = (name: string) => secondsOf(pod, name, container)
  const logs = hintedLogs(world, pod, container, 'logs')
  const startMs = seconds('startDelay')
  const readyMs = seconds('readyDelay')
  const beatMs = seconds('logEvery')
  const stopMs = seconds('terminationDelay')
  const course: Course = {
    ...(logs && { logs }),
    ...(startMs !== undefined && { startMs }),
    ...(readyMs !== undefined && { readyMs }),
    ...(beatMs && { beatMs: Math.max(100, beatMs) }),
    ...(stopMs !== undefined && { stopMs }),
    ...(hint('stuckTerminating') === 'true' && { stuckTerminating: true }),
  }
  const waiting = hint(init ? 'initWaiting' : 'waiting')
  const [lastReason = 'Error', lastCode = '1'] = (hint('lastTerminated') ?? '').split(':').filter(Boolean)
  const crash = init ? undefined : hint('crash')
  const code = crash ?? (waiting === 'CrashLoopBackOff' ? lastCode : undefined)
  const ownMessage = hint('terminationMessage')
  const message = ownMessage === undefined ? {} : { message: ownMessage.slice(0, 4096) }
  if (code !== undefined) {
    const exitCode = exitCodeOf(code, 1)
    const reason = hint('crashReason') ?? (hint('lastTerminated') ? lastReason : exitCode === 0 ? 'Completed' : 'Error')
    course.exit = { afterMs: seconds('crashAfter') ?? 1000, code: exitCode, reason, ...message }
  } else if (waiting) {
    Object.assign(course, waitingCourse(waiting, hint('waitingMessage')))
  }
  if (init) return Object.keys(course).length > 0 ? course : undefined
  const liveness = seconds('liveness')
  if (liveness !== undefined) {
    const text = hint('unhealthy') ?? 'Liveness probe failed: HTTP probe failed with statuscode: 500'
    course.liveness = { message: text, afterMs: Math.max(1000, liveness) }
  }
  if (hint('ready') === 'false') {
    course.unready = { message: hint('unhealthy') ?? 'Readiness probe failed: HTTP probe failed with statuscode: 503' }
  }
  const exitAfter = seconds('exitAfter')
  if (!course.exit && exitAfter !== undefined) {
    const exitCode = exitCodeOf(hint('exitCode') ?? '0', 0)
    course.exit = { afterMs: exitAfter, code: exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', ...message }
  }
  return Object.keys(course).length > 0 ? course : undefined
}

function exitCodeOf(text: string, fallback: number): number {
  const code = Number.parseInt(text, 10)
  return Number.isInteger(code) && code >= 0 && code <= 255 ? code : fallback
}

const PULL = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull'])

function waitingCourse(reason: string, message: string | undefined): Course {
  if (PULL.has(reason)) return { pull: { reason: 'ErrImagePull', message: message ?? 'pull access denied' } }
  return { stuck: { reason, ...(message === undefined ? {} : { message }) } }
}

/** Log lines given by annotation or ConfigMap, bounded. */
export function hintedLogs(
  world: World,
  pod: KubeObject,
  container: string,
  name: 'logs' | 'logsPrevious',
): readonly string[] | undefined {
  const map = hintOf(pod, 'logsConfigMap', container)
  const data = map === undefined ? undefined : world.find('ConfigMap', pod.metadata.namespace, map)?.data
  const text = data?.[`${name}.${container}`] ?? data?.[name] ?? hintOf(pod, name, container)
  if (typeof text !== 'string') return undefined
  const lines = text.includes('\n') ? text : text.replaceAll('\\n', '\n')
  return lines.slice(0, 1_000_000).replace(/\n$/, '').split('\n')
}
