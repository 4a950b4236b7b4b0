// One pod on its node: containers in order, volumes, status, and stopping.
import type { KubeObject } from '../../../objects/object.ts'
import { copy } from '../../plain.ts'
import type { World } from '../../world.ts'
import { hintOf, isHinted } from '../illness/hints.ts'
import { fullReference } from '../illness/image.ts'
import { plainlyWell } from '../illness/infer.ts'
import { courseOf } from '../illness/judge.ts'
import { isFinished } from '../pods.ts'
import { recordEvent } from '../recorder.ts'
import { type Bed, isRestarted } from './bed.ts'
import { mountProblem } from './config.ts'
import { advance, end, initialStatus } from './container.ts'
import { adopt } from './container-adopt.ts'
import { newContainerRun, newPodRun, nextAt, type PodRun } from './run.ts'
import { conditionsOf, isInitDone, phaseOf } from './status.ts'

type Spec = KubeObject['spec']
type Status = KubeObject['status']

export interface Ward {
  world: World
  runs: Map<string, PodRun>
  images(node: string): Set<string>
  address(pod: KubeObject): string
}

const KUBELET = { manager: 'kubelet', subresource: 'status' }
const STOP = 500
const MOUNT_RETRY = 4000

/** Moves a pod forward to now. Returns when to look again, as a time. */
export function syncPod(ward: Ward, pod: KubeObject): number | undefined {
  const uid = pod.metadata.uid ?? ''
  if (pod.metadata.deletionTimestamp) return stop(ward, pod)
  if (isFinished(pod)) {
    ward.runs.delete(uid)
    return undefined
  }
  const evicted = hintOf(pod, 'evicted')
  if (evicted) return evict(ward, pod, evicted)
  let run = ward.runs.get(uid)
  const isNew = !run
  if (!run) {
    run = newPodRun()
    ward.runs.set(uid, run)
  }
  const status: Status = copy(pod.status ?? {})
  admit(ward, pod, status)
  const problem = needsVolumes(status) ? mountProblem(ward.world, pod) : undefined
  if (problem) {
    sayUnmounted(ward, pod, run, problem, isNew)
    write(ward, pod, status)
    return ward.world.clock.now() + MOUNT_RETRY
  }
  status.podIP ??= ward.address(pod)
  status.podIPs ??= [{ ip: status.podIP }]
  runContainers(ward, pod, run, status)
  write(ward, pod, status)
  const next = nextAt(run)
  // a pod that just runs needs no memory
  if (next === undefined && !hasHistory(run)) ward.runs.delete(uid)
  return next
}

function hasHistory(run: PodRun): boolean {
  return [...run.containers.values()].some(
    ({ backOffMs, failedPulls, course }) => !!(backOffMs || failedPulls || course.stopMs),
  )
}

/** Picks up a loaded pod without a change. Returns when to look at it first. */
export function adoptPod(ward: Ward, pod: KubeObject): number | undefined {
  if (isFinished(pod) || pod.metadata.deletionTimestamp)
    return pod.metadata.deletionTimestamp ? ward.world.clock.now() + 1000 : undefined
  if (!pod.status?.containerStatuses?.length) return ward.world.clock.now()
  if (plainlyWell(pod) && !isHinted(pod)) {
    for (const { image } of pod.spec.containers) ward.images(pod.spec.nodeName).add(fullReference(String(image)))
    return undefined
  }
  const run = newPodRun()
  const stagger = (Number.parseInt((pod.metadata.uid ?? '').slice(0, 4), 16) || 0) / 0xffff
  for (const { spec, status, init } of containersOf(pod, pod.status)) {
    if (!status) continue
    const bed = bedOf(ward, pod, run, spec, copy(status), init)
    ward.images(pod.spec.nodeName).add(fullReference(String(spec.image)))
    // containers behind an unfinished init container wait for it, not for a time
    if (bed.status.state?.waiting?.reason === 'PodInitializing') continue
    adopt(bed, stagger)
  }
  const next = nextAt(run)
  if (next === undefined) return undefined
  ward.runs.set(pod.metadata.uid ?? '', run)
  return next
}

interface Slot {
  spec: Spec
  status: Status
  init: boolean
}

function containersOf(pod: KubeObject, status: Status): Slot[] {
  const find = (list: Status[] | undefined, name: string) => list?.find((item) => item.name === name)
  const init: Spec[] = pod.spec?.initContainers ?? []
  const main: Spec[] = pod.spec?.containers ?? []
  return [
    ...init.map((spec) => ({ spec, status: find(status.initContainerStatuses, spec.name), init: true })),
    ...main.map((spec) => ({ spec, status: find(status.containerStatuses, spec.name), init: false })),
  ]
}

function bedOf(ward: Ward, pod: KubeObject, run: PodRun, spec: Spec, status: Status, init: boolean): Bed {
  const known = run.containers.get(spec.name) ?? newContainerRun()
  run.containers.set(spec.name, known)
  return { world: ward.world, pod, spec, init, run: known, status, images: ward.images(pod.spec.nodeName) }
}

/** The kubelet has seen the pod: where it runs, since when, and a waiting state for each container. */
function admit({ world }: Ward, pod: KubeObject, status: Status): void {
  const node = world.find('Node', undefined, pod.spec.nodeName)
  const hostIP = node?.status?.addresses?.find(({ type }: Status) => type === 'InternalIP')?.address ?? '127.0.0.1'
  status.phase ??= 'Pending'
  status.startTime ??= world.clock.iso()
  status.hostIP ??= hostIP
  status.hostIPs ??= [{ ip: status.hostIP }]
  const init: Spec[] = pod.spec.initContainers ?? []
  const waiting = init.length > 0 ? 'PodInitializing' : 'ContainerCreating'
  const complete = (known: Status[] | undefined, specs: Spec[]) =>
    specs.map((spec) => known?.find(({ name }) => name === spec.name) ?? initialStatus(spec, waiting))
  status.containerStatuses = complete(status.containerStatuses, pod.spec.containers ?? [])
  if (init.length > 0) status.initContainerStatuses = complete(status.initContainerStatuses, init)
}

function needsVolumes(status: Status): boolean {
  const all: Status[] = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
  return all.every(({ state, lastState }) => {
    const reason = state?.waiting?.reason
    return (reason === 'ContainerCreating' || reason === 'PodInitializing') && !lastState?.terminated
  })
}

function sayUnmounted({ world }: Ward, pod: KubeObject, run: PodRun, problem: string, isNew: boolean): void {
  // the kubelet backs off from 0.5 s to 2 min; the event is what people see
  const due = isNew || run.failedMounts % 4 === 0
  run.failedMounts++
  if (!due) return
  const source = { component: 'kubelet', host: pod.spec.nodeName }
  recordEvent(world, pod, source, { type: 'Warning', reason: 'FailedMount', message: problem })
}

function runContainers(ward: Ward, pod: KubeObject, run: PodRun, status: Status): void {
  for (const { spec, status: own, init } of containersOf(pod, status)) {
    if (!own) continue
    const bed = bedOf(ward, pod, run, spec, own, init)
    restartIfRedefined(bed)
    advance(bed)
    if (init && !isInitDone(spec, own)) return
    if (init && spec.restartPolicy !== 'Always') run.containers.delete(spec.name)
  }
}

/** A container of a running pod may get another image: the kubelet then restarts it. */
function restartIfRedefined(bed: Bed): void {
  const { status, spec, world, pod } = bed
  const image = fullReference(String(spec.image))
  const waitsFor = status.state?.waiting?.reason
  if (waitsFor === 'ImagePullBackOff' || waitsFor === 'ErrImagePull' || waitsFor === 'InvalidImageName') {
    if (status.image !== spec.image && fullReference(String(status.image)) !== image) {
      status.image = spec.image
      bed.run.retryAt = world.clock.now()
      bed.run.dueAt = world.clock.now()
    }
    return
  }
  if (!status.state?.running || !status.image || fullReference(String(status.image)) === image) return
  const source = { component: 'kubelet', host: pod.spec.nodeName, fieldPath: `spec.containers{${spec.name}}` }
  const message = `Container ${spec.name} definition changed, will be restarted`
  recordEvent(world, pod, source, { type: 'Normal', reason: 'Killing', message })
  end(bed, { afterMs: 0, code: 143, reason: 'Error' })
  status.image = spec.image
  if (!isRestarted(bed, 143)) delete bed.run.dueAt
}

function write({ world }: Ward, pod: KubeObject, status: Status): void {
  const init: Status[] = status.initContainerStatuses ?? []
  status.phase = phaseOf(pod, init, status.containerStatuses)
  status.conditions = conditionsOf(pod, status, world.clock.iso())
  if (pod.metadata.generation && pod.status?.observedGeneration !== undefined)
    status.observedGeneration = pod.metadata.generation
  else if (pod.metadata.generation && !pod.status?.startTime) status.observedGeneration = pod.metadata.generation
  const { namespace, name, uid } = pod.metadata
  world.modify('Pod', namespace, name, (draft) => void (draft.metadata.uid === uid && (draft.status = status)), KUBELET)
}

/** Asked to go: containers get their time, then the pod is deleted for good. */
function stop(ward: Ward, pod: KubeObject): number | undefined {
  const { world, runs } = ward
  const uid = pod.metadata.uid ?? ''
  const run = runs.get(uid) ?? newPodRun()
  runs.set(uid, run)
  const now = world.clock.now()
  const courses = (pod.spec.containers ?? []).map((spec: Spec) => courseOf(world, pod, spec, false))
  if (courses.some(({ stuckTerminating }: { stuckTerminating?: boolean }) => stuckTerminating)) return undefined
  const running: Status[] = (pod.status?.containerStatuses ?? []).filter(({ state }: Status) => state?.running)
  if (run.stoppingSince === undefined) {
    run.stoppingSince = now
    for (const { name } of running) {
      const source = { component: 'kubelet', host: pod.spec.nodeName, fieldPath: `spec.containers{${name}}` }
      recordEvent(world, pod, source, { type: 'Normal', reason: 'Killing', message: `Stopping container ${name}` })
    }
  }
  const grace = (pod.metadata.deletionGracePeriodSeconds ?? 30) * 1000
  const asked = Math.max(...courses.map(({ stopMs }: { stopMs?: number }) => stopMs ?? STOP), 0)
  const until = run.stoppingSince + (running.length === 0 ? 0 : Math.min(asked, grace))
  if (until > now) return until
  if (pod.metadata.finalizers?.length && pod.metadata.deletionGracePeriodSeconds === 0) {
    finish(ward, pod)
    return undefined
  }
  if (pod.metadata.finalizers?.length) finish(ward, pod)
  world.delete('Pod', pod.metadata.namespace, pod.metadata.name, {
    gracePeriodSeconds: 0,
    preconditions: { uid },
    manager: 'kubelet',
  })
  return undefined
}

/** A pod that something still holds shows its containers as ended. */
function finish({ world }: Ward, pod: KubeObject): void {
  if (isFinished(pod)) return
  const status: Status = copy(pod.status ?? {})
  const now = world.clock.iso()
  for (const container of status.containerStatuses ?? []) {
    if (container.state?.terminated) continue
    const startedAt = container.state?.running?.startedAt ?? null
    container.state = { terminated: { exitCode: startedAt ? 143 : 137, reason: 'Error', startedAt, finishedAt: now } }
    container.ready = false
    container.started = false
  }
  status.phase = 'Failed'
  status.conditions = conditionsOf(pod, status, now)
  world.modify('Pod', pod.metadata.namespace, pod.metadata.name, (draft) => void (draft.status = status), KUBELET)
}

function evict({ world, runs }: Ward, pod: KubeObject, hint: string): undefined {
  runs.delete(pod.metadata.uid ?? '')
  const low = 'The node was low on resource: memory. Threshold quantity: 100Mi, available: 63Mi.'
  const message = hint === 'true' ? low : hint.slice(0, 1024)
  recordEvent(
    world,
    pod,
    { component: 'kubelet', host: pod.spec.nodeName },
    { type: 'Warning', reason: 'Evicted', message },
  )
  const status: Status = { ...copy(pod.status ?? {}), phase: 'Failed', reason: 'Evicted', message }
  delete status.containerStatuses
  delete status.initContainerStatuses
  status.startTime ??= world.clock.iso()
  status.conditions = [
    {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'TerminationByKubelet',
      message,
      lastProbeTime: null,
      lastTransitionTime: world.clock.iso(),
    },
    ...conditionsOf(pod, status, world.clock.iso()),
  ]
  world.modify('Pod', pod.metadata.namespace, pod.metadata.name, (draft) => void (draft.status = status), KUBELET)
  return undefined
}
