// What the kubelet keeps in memory about a pod in motion: appointments per container, none for pods that just run.
import type { Course } from '../illness/course.ts'

export interface ContainerRun {
  course: Course
  /** when the next step of a waiting or ended container is due */
  dueAt?: number
  exitAt?: number
  killAt?: number
  readyAt?: number
  /** the next probe that fails and is reported */
  unhealthyAt?: number
  beatAt?: number
  beats: number
  /** the delay of the current or next crash back-off */
  backOffMs?: number
  /** when the back-off ends, or an image is pulled again */
  retryAt?: number
  failedPulls: number
  /** "Pulling" has been said */
  pulling?: boolean
}

export interface PodRun {
  containers: Map<string, ContainerRun>
  failedMounts: number
  stoppingSince?: number
}

export function newContainerRun(course: Course = {}): ContainerRun {
  return { course, beats: 0, failedPulls: 0 }
}

export function newPodRun(): PodRun {
  return { containers: new Map(), failedMounts: 0 }
}

/** The earliest appointment, as a time; undefined when there is none. */
export function nextAt(run: PodRun): number | undefined {
  let next: number | undefined
  for (const { dueAt, exitAt, killAt, readyAt, unhealthyAt, beatAt } of run.containers.values()) {
    for (const at of [dueAt, exitAt, killAt, readyAt, unhealthyAt, beatAt]) {
      if (at !== undefined && (next === undefined || at < next)) next = at
    }
  }
  return next
}

/** Forgets everything about the current run of the container, but not its history of failures. */
export function clearTimes(run: ContainerRun): void {
  delete run.dueAt
  delete run.exitAt
  delete run.killAt
  delete run.readyAt
  delete run.unhealthyAt
  delete run.beatAt
}
