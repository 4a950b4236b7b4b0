// How a container of one signature behaves, once the kubelet gets to it. An empty course is a healthy container that runs on.
export interface Course {
  /** the image cannot be had: ErrImagePull and its message */
  pull?: { reason: string; message: string /** e.g. FailedToRetrieveImagePullSecret */; secrets?: string[] }
  /** it never gets to start: the waiting reason, and the event that goes with it */
  stuck?: { reason: string; message?: string; event?: { reason: string; message: string } }
  /** the runtime refuses to start it: CrashLoopBackOff without a run */
  exit?: Exit
  /** it runs, but its liveness probe fails, and the kubelet kills it after `afterMs` */
  liveness?: { message: string; afterMs: number }
  /** it runs, but does not become ready */
  unready?: { message: string }
  /** until a healthy container is ready, beyond what its probes say */
  readyMs?: number
  /** until the image is there and the container starts */
  startMs?: number
  /** what it prints as it starts; absent: what an ordinary program prints */
  logs?: readonly string[]
  /** prints a heartbeat this often */
  beatMs?: number
  /** how long it takes to stop when asked */
  stopMs?: number
  /** it does not stop at all */
  stuckTerminating?: boolean
}

export interface Exit {
  afterMs: number
  code: number
  reason: string
  signal?: number
  /** the termination message */
  message?: string
}
