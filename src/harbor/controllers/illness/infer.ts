// Reads a loaded snapshot like a patient's file: which containers are ill, with what, and which signatures are known to be well.
import { controllerOf, type KubeObject } from '../../../objects/object.ts'
import { parseQuantity } from '../../../objects/quantity.ts'
import type { World } from '../../world.ts'
import { type Book, bookOf, type Cause, healthKey } from './book.ts'
import type { Course } from './course.ts'
import { causesOf } from './evidence.ts'
import { courseFound, type Patient } from './found.ts'
import { fullReference } from './image.ts'
import { pullSecretsText, storageOf } from './judge.ts'
import { egressText } from './network.ts'
import { inferRefusals } from './refusals.ts'
import { rememberRevision } from './revisions.ts'
import { configText, type Signature, signatureOf } from './signature.ts'

type Status = KubeObject['status']

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
