// One container's life: waiting, pulled, started, ready, ended, backed off. Moves its status forward to now and notes when to look again.
import type { KubeObject } from '../../../objects/object.ts'
import type { Exit } from '../illness/course.ts'
import { courseOf } from '../illness/judge.ts'
import { type Bed, FIRST_BACK_OFF, hasImage, isDue, isRestarted, LAST_BACK_OFF, LINGER, REPEAT, say } from './bed.ts'
import { start } from './container-start.ts'
import { clearTimes } from './run.ts'
import { durationText, podText } from './words.ts'

type Spec = KubeObject['spec']
type Status = KubeObject['status']

// an image is pulled and a container started in well under a second
const START = 600
const INIT_START = 200
// a container that ran this long starts its back-off anew
const FORGIVEN = 2 * LAST_BACK_OFF

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
