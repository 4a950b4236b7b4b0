// Time in a practice cluster: it ticks like a real clock from any starting instant, and tests may push it forward.
export interface Clock {
  /** milliseconds since 1970 */
  now(): number
  /** RFC 3339 with seconds, as metav1.Time prints: "2026-01-02T03:04:05Z" */
  iso(atMs?: number): string
  /** RFC 3339 with microseconds, as metav1.MicroTime prints */
  isoMicro(atMs?: number): string
  /** Calls `run` once after `ms` of this clock's time; the returned function cancels. Never calls it synchronously. */
  after(ms: number, run: () => void): () => void
  /** Moves time forward and runs everything that falls due, in order of its time. */
  advance(ms: number): void
  /** Stops all timers for good. */
  stop(): void
}

interface Timer {
  at: number
  order: number
  run: () => void
}

export interface ClockOptions {
  /** the instant the clock starts at, in ms; default: the machine's time */
  start?: number
  /** false: time moves only by `advance` */
  ticking?: boolean
  /** told when a timer's work throws; default: it is thrown out of the timer */
  onError?: (error: unknown) => void
}

export function createClock(options: ClockOptions = {}): Clock {
  const origin = performance.now()
  const ticking = options.ticking ?? true
  const timers = new Set<Timer>()
  let base = options.start ?? Date.now()
  let order = 0
  let stopped = false
  let wake: NodeJS.Timeout | undefined
  let wakeAt = 0

  const now = () => Math.floor(base + (ticking ? performance.now() - origin : 0))

  function earliest(): Timer | undefined {
    let first: Timer | undefined
    for (const timer of timers) {
      if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer
    }
    return first
  }

  function fire(timer: Timer): void {
    timers.delete(timer)
    try {
      timer.run()
    } catch (error) {
      if (!options.onError) throw error
      options.onError(error)
    }
  }

  function schedule(): void {
    if (wake) clearTimeout(wake)
    wake = undefined
    if (!ticking || stopped) return
    const next = earliest()
    if (!next) return
    wakeAt = next.at
    wake = setTimeout(runDue, Math.min(Math.max(0, next.at - now()), 2 ** 31 - 1))
    wake.unref()
  }

  function runDue(): void {
    const until = now()
    try {
      for (let next = earliest(); next && next.at <= until && !stopped; next = earliest()) fire(next)
    } finally {
      schedule()
    }
  }

  return {
    now,
    iso: (atMs = now()) => `${new Date(atMs).toISOString().slice(0, 19)}Z`,
    isoMicro: (atMs = now()) => `${new Date(atMs).toISOString().slice(0, 23)}000Z`,
    after(ms, run) {
      const timer: Timer = { at: now() + Math.max(0, ms), order: order++, run }
      if (stopped) return () => undefined
      timers.add(timer)
      // looking for the earliest of many is only worth it when this one may be it
      if (!wake || timer.at < wakeAt) schedule()
      return () => void timers.delete(timer)
    },
    advance(ms) {
      const target = now() + ms
      for (let next = earliest(); next && next.at <= target && !stopped; next = earliest()) {
        if (next.at > now()) base += next.at - now()
        fire(next)
      }
      if (target > now()) base += target - now()
      schedule()
    },
    stop() {
      stopped = true
      timers.clear()
      if (wake) clearTimeout(wake)
    },
  }
}
