// A container as a loaded snapshot left it.
import { courseOf } from '../illness/judge.ts'
import { type Bed, FIRST_BACK_OFF, isRestarted, LAST_BACK_OFF, LINGER, REPEAT } from './bed.ts'
import { schedule } from './container-start.ts'
import { clearTimes } from './run.ts'
import { backOffIn } from './words.ts'

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
