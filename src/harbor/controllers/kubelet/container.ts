// One container's life: waiting, pulled, started, ready, ended, backed off. Moves its status forward to now and notes when to look again.
import type { KubeObject } from '../../../objects/object.ts'
import type { World } from '../../world.ts'
import type { Exit } from '../illness/course.ts'
import { fullReference } from '../illness/image.ts'
import { courseOf } from '../illness/judge.ts'
import { recordEvent } from '../recorder.ts'
import { configProblem } from './config.ts'
import { type ContainerRun, clearTimes } from './run.ts'
import { isSidecar } from './status.ts'
import { backOffIn, containerId, durationText, imageId, ordinaryLines, podText, retimed } from './words.ts'

type Spec = KubeObject['spec']
type Status = KubeObject['status']

export interface Bed {
  world: World
  pod: KubeObject
  spec: Spec
  init: boolean
  run: ContainerRun
  /** the container's status, changed in place */
  status: Status
  /** the images the node has, by full reference */
  images: Set<string>
}

// an image is pulled and a container started in well under a second
const START = 600
const INIT_START = 200
// how long the terminated state shows before a restart or the back-off
const LINGER = 1000
const FIRST_BACK_OFF = 10_000
const LAST_BACK_OFF = 300_000
// a container that ran this long starts its back-off anew
const FORGIVEN = 2 * LAST_BACK_OFF
// how often a waiting container is reported about
const REPEAT = 12_000
const PROBE_DELAY = 300
const LONGEST_CRASH = 120_000

export function initialStatus(spec: Spec, waiting: string): Status {
  return {
    name: spec.name,
    state: { waiting: { reason: waiting } },
    lastState: {},
    ready: false,
    restartCount: 0,
    image: spec.image,
    imageID: '',
    started: false,
  }
}

/** One step after another until nothing is due. Bounded, because each step takes time. */
export function advance(bed: Bed): void {
  for (let steps = 0; steps < 50 && step(bed); steps++);
}

function step(bed: Bed): boolean {
  const { status } = bed
  if (status.state?.running) return stepRunning(bed)
  if (status.state?.terminated) return stepEnded(bed)
  return stepWaiting(bed)
}

function isDue(bed: Bed, at: number | undefined): boolean {
  return at !== undefined && at <= bed.world.clock.now()
}

function say(bed: Bed, type: 'Normal' | 'Warning', reason: string, message: string): void {
  const { world, pod, spec, init } = bed
  const fieldPath = `spec.${init ? 'initContainers' : 'containers'}{${spec.name}}`
  recordEvent(world, pod, { component: 'kubelet', host: pod.spec.nodeName, fieldPath }, { type, reason, message })
}

function stepWaiting(bed: Bed): boolean {
  const { world, run, status, spec } = bed
  const now = world.clock.now()
  const reason: string = status.state?.waiting?.reason ?? ''
  if (run.dueAt === undefined) {
    run.course = courseOf(world, bed.pod, spec, bed.init)
    run.dueAt = now + (run.course.startMs ?? (bed.init ? INIT_START : START))
    run.pulling = !run.course.pull && !run.course.stuck && !hasImage(bed)
    if (run.pulling) say(bed, 'Normal', 'Pulling', `Pulling image "${spec.image}"`)
    return false
  }
  if (!isDue(bed, run.dueAt)) return false
  if (reason === 'ErrImagePull' || reason === 'ImagePullBackOff') return stepPull(bed)
  if (reason === 'CrashLoopBackOff') {
    if (run.retryAt !== undefined && now < run.retryAt) {
      sayBackOff(bed)
      run.dueAt = Math.min(run.retryAt, now + REPEAT)
      return false
    }
    status.restartCount = (status.restartCount ?? 0) + 1
  }
  start(bed)
  return true
}

function sayBackOff(bed: Bed): void {
  say(bed, 'Warning', 'BackOff', `Back-off restarting failed container ${bed.spec.name} in pod ${podText(bed.pod)}`)
}

function hasImage({ images, spec }: Bed): boolean {
  const always = (spec.imagePullPolicy ?? 'IfNotPresent') === 'Always'
  return !always && images.has(fullReference(String(spec.image)))
}

/** Between a failed pull and the next: ErrImagePull becomes ImagePullBackOff, which is reported until it is time to try again. */
function stepPull(bed: Bed): boolean {
  const { world, run, status, spec } = bed
  const now = world.clock.now()
  run.retryAt ??= now + FIRST_BACK_OFF
  if (now >= run.retryAt) {
    start(bed)
    return true
  }
  const said: string = status.state.waiting.message ?? ''
  const backOff = `Back-off pulling image "${spec.image}"`
  if (status.state.waiting.reason === 'ErrImagePull') {
    status.state = { waiting: { reason: 'ImagePullBackOff', message: `${backOff}: ErrImagePull: ${said}` } }
  }
  say(bed, 'Normal', 'BackOff', backOff)
  say(bed, 'Warning', 'Failed', 'Error: ImagePullBackOff')
  run.dueAt = Math.min(run.retryAt, now + REPEAT)
  return false
}

/** Starts the container, or says why it cannot be. */
function start(bed: Bed): void {
  const { world, run, status, spec, pod, images } = bed
  const now = world.clock.now()
  clearTimes(run)
  run.course = courseOf(world, pod, spec, bed.init)
  const { course } = run
  if (course.pull) return failPull(bed, course.pull)
  const config = configProblem(world, pod, spec)
  if (course.stuck && !config) return stay(bed, course.stuck)
  const present = !run.pulling && hasImage(bed)
  delete run.pulling
  const image = fullReference(String(spec.image))
  const restarted = (status.restartCount ?? 0) > 0
  if (config) {
    status.state = { waiting: { reason: 'CreateContainerConfigError', message: config } }
    say(
      bed,
      'Normal',
      'Pulled',
      `Container image "${spec.image}" already present on machine and can be accessed by the pod`,
    )
    say(bed, 'Warning', 'Failed', `Error: ${config}`)
    run.dueAt = now + REPEAT
    return
  }
  images.add(image)
  run.failedPulls = 0
  delete run.retryAt
  if (present || restarted) {
    say(
      bed,
      'Normal',
      'Pulled',
      `Container image "${spec.image}" already present on machine and can be accessed by the pod`,
    )
  } else {
    const took = 400 + world.random.int(400)
    const size = 20_000_000 + (Number.parseInt(imageId(image).slice(-6), 16) % 200_000_000)
    say(
      bed,
      'Normal',
      'Pulled',
      `Successfully pulled image "${spec.image}" in ${took}ms (${took}ms including waiting). Image size: ${size} bytes.`,
    )
  }
  say(bed, 'Normal', 'Created', 'Container created')
  say(bed, 'Normal', 'Started', 'Container started')
  status.state = { running: { startedAt: world.clock.iso() } }
  status.image = image
  status.imageID = imageId(image)
  status.containerID = containerId(pod, spec.name, status.restartCount ?? 0)
  status.started = !spec.startupProbe
  status.ready = false
  print(bed, restarted)
  schedule(bed, now)
}

function failPull(
  bed: Bed,
  { reason, message, secrets }: { reason: string; message: string; secrets?: string[] },
): void {
  const { world, run, status, spec } = bed
  const now = world.clock.now()
  status.state = { waiting: { reason, message } }
  if (reason !== 'ErrImagePull') {
    say(bed, 'Warning', 'InspectFailed', message)
    say(bed, 'Warning', 'Failed', `Error: ${reason}`)
    run.dueAt = now + REPEAT
    return
  }
  say(bed, 'Normal', 'Pulling', `Pulling image "${spec.image}"`)
  if (secrets) {
    const why = `Unable to retrieve some image pull secrets (${secrets.join(', ')}); attempting to pull the image may not succeed.`
    recordEvent(
      world,
      bed.pod,
      { component: 'kubelet', host: bed.pod.spec.nodeName },
      { type: 'Warning', reason: 'FailedToRetrieveImagePullSecret', message: why },
    )
  }
  say(bed, 'Warning', 'Failed', `Failed to pull image "${spec.image}": ${message}`)
  say(bed, 'Warning', 'Failed', 'Error: ErrImagePull')
  run.failedPulls++
  run.retryAt = now + Math.min(LAST_BACK_OFF, FIRST_BACK_OFF * 2 ** (run.failedPulls - 1))
  run.dueAt = now + 1500
}

function stay(
  bed: Bed,
  { reason, message, event }: { reason: string; message?: string; event?: { reason: string; message: string } },
): void {
  const { world, run, status } = bed
  status.state = { waiting: { reason, ...(message === undefined ? {} : { message }) } }
  if (event) say(bed, 'Warning', event.reason, event.message)
  else if (message) say(bed, 'Warning', 'Failed', `Error: ${message}`)
  run.dueAt = world.clock.now() + REPEAT
}

function print(bed: Bed, restarted: boolean): void {
  const { world, pod, spec, run, init } = bed
  const ref = { namespace: pod.metadata.namespace ?? '', pod: pod.metadata.name, container: spec.name }
  const now = world.clock.now()
  if (restarted) world.logs.rotate(ref)
  const lines = run.course.logs ? retimed(run.course.logs, now) : ordinaryLines(pod, spec, init)
  for (const line of lines) world.logs.append(ref, line, now)
}

/** The appointments of a container that has just started, or that was found running. */
export function schedule(bed: Bed, startedAt: number): void {
  const { world, run, spec, status } = bed
  const now = world.clock.now()
  const { exit, liveness, unready, beatMs, readyMs } = run.course
  clearTimes(run)
  if (exit) run.exitAt = Math.max(now + 1, startedAt + exit.afterMs)
  if (liveness) run.killAt = Math.max(now + 1, startedAt + liveness.afterMs)
  if (beatMs) run.beatAt = now + beatMs
  if (status.ready && !unready) return
  // what is about to die shows no sign of being ready, so that a crash loop cannot carry a rollout
  if (exit && exit.code !== 0 && exit.afterMs <= LONGEST_CRASH) return
  const probe = spec.readinessProbe ?? spec.startupProbe
  const first = probe
    ? ((probe.initialDelaySeconds ?? 0) +
        (spec.startupProbe && spec.readinessProbe ? (spec.startupProbe.initialDelaySeconds ?? 0) : 0)) *
        1000 +
      PROBE_DELAY
    : 0
  if (unready && probe) run.unhealthyAt = Math.max(now + 1, startedAt + first)
  else if (!unready && !(bed.init && !isSidecar(spec))) run.readyAt = Math.max(now, startedAt + (readyMs ?? first))
}

function stepRunning(bed: Bed): boolean {
  const { world, run, status, spec, pod } = bed
  const now = world.clock.now()
  if (isDue(bed, run.beatAt)) {
    const ref = { namespace: pod.metadata.namespace ?? '', pod: pod.metadata.name, container: spec.name }
    world.logs.append(ref, `level=info msg="heartbeat" seq=${++run.beats}`, now)
    run.beatAt = now + (run.course.beatMs ?? 1000)
  }
  if (isDue(bed, run.readyAt)) {
    delete run.readyAt
    status.ready = true
    status.started = true
  }
  if (run.course.unready && isDue(bed, run.unhealthyAt)) {
    status.started = !spec.startupProbe || run.course.unready.message.startsWith('Readiness')
    status.ready = false
    say(bed, 'Warning', 'Unhealthy', run.course.unready.message)
    run.unhealthyAt = now + Math.max(10, spec.readinessProbe?.periodSeconds ?? 10) * 1000
    return false
  }
  if (run.course.liveness && isDue(bed, run.killAt)) {
    say(bed, 'Warning', 'Unhealthy', run.course.liveness.message)
    const startup = run.course.liveness.message.startsWith('Startup')
    say(
      bed,
      'Normal',
      'Killing',
      `Container ${spec.name} failed ${startup ? 'startup' : 'liveness'} probe, will be restarted`,
    )
    end(bed, { afterMs: 0, code: 137, reason: 'Error' })
    return true
  }
  if (run.course.exit && isDue(bed, run.exitAt)) {
    end(bed, run.course.exit)
    return true
  }
  return false
}

/** The container's process has ended. */
export function end({ world, run, status, pod, spec }: Bed, { code, reason, signal, message }: Exit): void {
  const now = world.clock.now()
  const startedAt = status.state.running?.startedAt ?? world.clock.iso()
  clearTimes(run)
  status.state = {
    terminated: {
      exitCode: code,
      ...(signal ? { signal } : {}),
      reason,
      ...(message ? { message } : {}),
      startedAt,
      finishedAt: world.clock.iso(),
      containerID: status.containerID,
    },
  }
  status.ready = false
  status.started = false
  world.logs.finish({ namespace: pod.metadata.namespace ?? '', pod: pod.metadata.name, container: spec.name })
  if (now - Date.parse(startedAt) > FORGIVEN) delete run.backOffMs
  run.dueAt = now + LINGER
}

export function isRestarted({ pod, spec, init }: Bed, exitCode: number): boolean {
  if (init && isSidecar(spec)) return true
  const policy: string = pod.spec?.restartPolicy ?? 'Always'
  if (policy === 'Never') return false
  return exitCode !== 0 || (policy === 'Always' && !init)
}

function stepEnded(bed: Bed): boolean {
  const { world, run, status, spec, pod, init } = bed
  const ended = status.state.terminated
  if (!isRestarted(bed, ended.exitCode)) {
    clearTimes(run)
    // a finished init container counts as ready
    if (init && ended.exitCode === 0) status.ready = true
    return false
  }
  const now = world.clock.now()
  run.dueAt ??= now + LINGER
  if (!isDue(bed, run.dueAt)) return false
  status.lastState = { terminated: ended }
  if (run.backOffMs === undefined) {
    run.backOffMs = FIRST_BACK_OFF
    status.restartCount = (status.restartCount ?? 0) + 1
    start(bed)
    return true
  }
  const delay = run.backOffMs
  run.backOffMs = Math.min(LAST_BACK_OFF, delay * 2)
  const message = `back-off ${durationText(delay)} restarting failed container=${spec.name} pod=${podText(pod)}`
  status.state = { waiting: { reason: 'CrashLoopBackOff', message } }
  clearTimes(run)
  run.retryAt = now + delay
  run.dueAt = Math.min(run.retryAt, now + REPEAT)
  sayBackOff(bed)
  return false
}

/** Picks up a container as a snapshot left it, without changing anything now. `stagger` in [0, 1) spreads what is overdue. */
export function adopt(bed: Bed, stagger: number): void {
  const { world, run, status, spec, pod } = bed
  const now = world.clock.now()
  run.course = { ...courseOf(world, pod, spec, bed.init) }
  const waiting = status.state?.waiting
  const restarts: number = status.restartCount ?? 0
  if (status.state?.running) {
    const startedAt = Date.parse(status.state.running.startedAt ?? '') || now
    const { exit, liveness, unready } = run.course
    // a job's container that was found running is doing its work: nobody knows when it will be done
    if (exit?.code === 0) delete run.course.exit
    schedule(bed, startedAt)
    if (run.exitAt !== undefined && run.exitAt <= now + 1) run.exitAt = now + 5000 + stagger * 60_000
    if (run.killAt !== undefined && run.killAt <= now + 1)
      run.killAt = now + 5000 + stagger * (liveness?.afterMs ?? 30_000)
    if (run.unhealthyAt !== undefined) run.unhealthyAt = now + 1000 + stagger * 10_000
    if (run.readyAt !== undefined) run.readyAt = Math.max(run.readyAt, now + 5000 + stagger * 10_000)
    if (!unready && !exit && !liveness && status.ready) clearTimes(run)
    if (restarts > 0) run.backOffMs = Math.min(LAST_BACK_OFF, FIRST_BACK_OFF * 2 ** Math.min(10, restarts - 1))
    return
  }
  if (status.state?.terminated) {
    if (isRestarted(bed, status.state.terminated.exitCode)) run.dueAt = now + LINGER
    return
  }
  if (waiting?.reason === 'CrashLoopBackOff') {
    const delay = backOffIn(waiting.message) ?? LAST_BACK_OFF
    const endedAt = Date.parse(status.lastState?.terminated?.finishedAt ?? '') || now
    run.backOffMs = Math.min(LAST_BACK_OFF, delay * 2)
    run.retryAt = Math.max(endedAt + delay, now + 5000 + stagger * 20_000)
    run.dueAt = now + 2000 + stagger * REPEAT
    return
  }
  if (waiting?.reason === 'ErrImagePull' || waiting?.reason === 'ImagePullBackOff') {
    run.failedPulls = 6
    run.retryAt = now + 20_000 + stagger * 240_000
  }
  run.dueAt = now + 2000 + stagger * REPEAT
}
