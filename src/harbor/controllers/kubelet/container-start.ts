// Starting a container: the image, its configuration, its first lines, and the appointments of what then runs.
import { fullReference } from '../illness/image.ts'
import { courseOf } from '../illness/judge.ts'
import { recordEvent } from '../recorder.ts'
import { type Bed, FIRST_BACK_OFF, hasImage, LAST_BACK_OFF, REPEAT, say } from './bed.ts'
import { configProblem } from './config.ts'
import { clearTimes } from './run.ts'
import { isSidecar } from './status.ts'
import { containerId, imageId, ordinaryLines, retimed } from './words.ts'

const PROBE_DELAY = 300
const LONGEST_CRASH = 120_000

/** Starts the container, or says why it cannot be. */
export function start(bed: Bed): void {
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
