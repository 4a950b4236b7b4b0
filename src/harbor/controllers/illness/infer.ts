// Reads a loaded snapshot like a patient's file: which containers are ill, with what, and which signatures are known to be well.
import { controllerOf, type KubeObject } from '../../../objects/object.ts'
import { parseQuantity } from '../../../objects/quantity.ts'
import type { World } from '../../world.ts'
import { isFinished } from '../pods.ts'
import { type Book, bookOf, type Cause, healthKey } from './book.ts'
import type { Course } from './course.ts'
import { causesOf } from './evidence.ts'
import { fullReference, isNotFound } from './image.ts'
import { pullSecretsText, storageOf } from './judge.ts'
import { egressText } from './network.ts'
import { inferRefusals } from './refusals.ts'
import { configText, type Signature, signatureIn, signatureOf, workloadOf } from './signature.ts'

type Status = KubeObject['status']

// younger containers without a bad event are still starting
const STARTING = 120_000
// a restart this long ago is history
const RECENT = 20 * 60_000
const PULL = new Set(['ErrImagePull', 'ImagePullBackOff', 'RegistryUnavailable', 'SignatureValidationFailed'])
const BEFORE_START = new Set(['ContainerCreating', 'PodInitializing'])

interface Patient {
  world: World
  pod: KubeObject
  events: KubeObject[]
}

/** Fills the world's book from the pods, logs and events that are there. Call once, before anything runs. */
export function inferHealth(world: World): Book {
  const book = bookOf(world)
  const events = warningsByUid(world)
  // replicas that simply run are all alike: one of them speaks for the others
  const seen = new Set<string>()
  for (const pod of world.list('Pod')) {
    const kin = plainlyWell(pod) ? `${controllerOf(pod)?.uid}/${pod.metadata.labels?.['pod-template-hash']}` : undefined
    if (kin && seen.has(kin)) continue
    if (kin && controllerOf(pod)?.kind === 'ReplicaSet') seen.add(kin)
    const patient = { world, pod, events: events.get(pod.metadata.uid ?? '') ?? [] }
    const init: Status[] = pod.status?.initContainerStatuses ?? []
    for (const status of init) examine(book, patient, status, true)
    for (const status of pod.status?.containerStatuses ?? []) examine(book, patient, status, false)
  }
  // the newest word on a signature counts: a job that failed once and then succeeded is well
  for (const set of [...world.list('ReplicaSet'), ...world.list('ControllerRevision')])
    rememberRevision(world, book, set)
  inferRefusals(world, book)
  return book
}

/** Runs, is ready, and never did anything else. */
export function plainlyWell(pod: KubeObject): boolean {
  const statuses: Status[] = pod.status?.containerStatuses ?? []
  return (
    pod.status?.phase === 'Running' &&
    statuses.length > 0 &&
    statuses.every(({ ready, restartCount, state }) => ready && !restartCount && state?.running)
  )
}

function warningsByUid(world: World): Map<string, KubeObject[]> {
  const found = new Map<string, KubeObject[]>()
  for (const event of world.list('Event')) {
    const uid = event.type === 'Warning' && event.involvedObject?.kind === 'Pod' ? event.involvedObject.uid : undefined
    if (!uid) continue
    const list = found.get(uid)
    if (list) list.push(event)
    else found.set(uid, [event])
  }
  return found
}

function examine(book: Book, patient: Patient, status: Status, init: boolean): void {
  const { world, pod } = patient
  const signature = signatureOf(world, pod, status.name)
  if (!signature) return
  const course = courseFound(patient, status, init)
  const ran = status.state?.running || status.state?.terminated || status.lastState?.terminated
  if (ran) book.images.known.add(fullReference(signature.image))
  if (course === undefined) return
  if (!isIll(course, pod, init)) {
    const { exit } = course
    // a container that has been running a while runs on; one that has ended well ends well again
    if (!book.healthy.has(healthKey(signature)) || !exit) book.healthy.set(healthKey(signature), course)
    return
  }
  remember(book, patient, signature, course)
}

function isIll({ pull, stuck, exit, liveness, unready }: Course, pod: KubeObject, init: boolean): boolean {
  if (pull || stuck || liveness || unready) return true
  if (!exit) return false
  return exit.code !== 0 || (!init && (pod.spec?.restartPolicy ?? 'Always') === 'Always')
}

function remember(book: Book, { world, pod }: Patient, signature: Signature, course: Course): void {
  const known = book.illnesses.some(
    (illness) => illness.signature.text === signature.text && illness.signature.workload === signature.workload,
  )
  if (known) return
  const lines = [...(course.logs ?? []), course.stuck?.message ?? '']
  const causes = causesOf(world, pod, signature, course, lines).map(
    (cause): Cause =>
      cause.kind === 'memory' ? { ...cause, limit: parseQuantity(signature.memoryLimit) ?? 0 } : cause,
  )
  if (course.pull && causes[0]?.kind === 'image')
    book.images.refused.set(fullReference(signature.image), course.pull.message)
  book.illnesses.push({
    signature,
    course,
    causes,
    config: configText(world, signature.namespace, signature.config),
    circumstances: new Map([
      ['pull-access', pullSecretsText(world, signature)],
      ['network', egressText(world, pod)],
      ['storage', String(storageOf(world, signature))],
    ]),
  })
}

/** How the container behaved when the snapshot was taken; undefined when it tells nothing (still starting, node gone). */
function courseFound(patient: Patient, status: Status, init: boolean): Course | undefined {
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

/** Earlier revisions without pods are taken to have been well, unless what is ill now would be ill there too. */
function rememberRevision(world: World, book: Book, revision: KubeObject): void {
  const template = revision.kind === 'ReplicaSet' ? revision.spec?.template : revision.data?.spec?.template
  const namespace = revision.metadata.namespace ?? ''
  if (!template?.spec) return
  const hasPods = world.ownedBy(revision.metadata.uid ?? '').some((pod) => pod.kind === 'Pod' && !isFinished(pod))
  if (revision.kind === 'ReplicaSet' && (hasPods || (revision.spec?.replicas ?? 0) > 0)) return
  const probe = { ...revision, kind: 'Pod', metadata: { ...revision.metadata }, spec: template.spec }
  const workload = workloadOf(world, probe as KubeObject)
  for (const { name } of template.spec.containers ?? []) {
    const signature = signatureIn(namespace, workload, template.spec, name)
    if (!signature || book.healthy.has(healthKey(signature))) continue
    const ill = book.illnesses.filter(({ signature: other }) => other.workload === workload && other.container === name)
    const alike = ill.some(({ signature: other, causes }) =>
      causes.some(({ kind }) => kind === 'image' || kind === 'pull-access')
        ? other.image === signature.image
        : other.text === signature.text || (other.image === signature.image && sharesCause(other, signature, causes)),
    )
    if (ill.length === 0 || alike || isRefused(book, signature.image)) continue
    book.images.known.add(fullReference(signature.image))
    book.healthy.set(healthKey(signature), {})
  }
}

function isRefused(book: Book, image: string): boolean {
  const said = book.images.refused.get(fullReference(image))
  return said !== undefined && isNotFound(said)
}

/** The part that the evidence blames is the same. */
function sharesCause(ill: Signature, other: Signature, causes: Cause[]): boolean {
  return causes.every((cause) => {
    switch (cause.kind) {
      case 'variables':
        return cause.names.every((name) => ill.env.get(name) === other.env.get(name))
      case 'memory':
        return ill.memoryLimit === other.memoryLimit
      case 'command':
        return ill.parts.command === other.parts.command
      case 'probe':
        return ill.parts[cause.probe] === other.parts[cause.probe]
      case 'security':
        return ill.parts.security === other.parts.security && ill.parts.mounts === other.parts.mounts
      case 'config':
        return ill.parts.mounts === other.parts.mounts && ill.parts.env === other.parts.env
      default:
        return ill.parts.env === other.parts.env && ill.parts.command === other.parts.command
    }
  })
}
