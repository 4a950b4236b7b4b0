// Numbers for /metrics. One registry per process, made by `app`; nothing global, so tests and roles keep theirs apart.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export type Labels = Record<string, string | number>

/**
 * Names are without the prefix (`tasks_total` → `firstmate_tasks_total`); the first call of a name decides its help, labels and buckets.
 * Label values must come from small closed sets: no thread, person or object name is ever one.
 */
export interface Metrics {
  /** adds to a counter */
  count(name: string, help: string, labels?: Labels, by?: number): void
  /** sets a gauge */
  set(name: string, help: string, value: number, labels?: Labels): void
  /** a gauge that is asked when somebody looks; one that throws or rejects is left out of that look */
  watch(name: string, help: string, read: () => number | Promise<number>, labels?: Labels): void
  /** records a duration in seconds (or any size, with own buckets) */
  observe(name: string, help: string, value: number, labels?: Labels, buckets?: readonly number[]): void
  /** the exposition text and its content type */
  text(): Promise<string>
  readonly contentType: string
}

/** From a cached answer to a long investigation. */
const SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 180, 600]

export interface MetricsOptions {
  prefix?: string
  /** also memory, CPU and event loop of this process */
  process?: boolean
}

export function createMetrics({ prefix = 'firstmate_', process: own = false }: MetricsOptions = {}): Metrics {
  const registry = new Registry()
  if (own) collectDefaultMetrics({ register: registry })
  const watched = new Map<string, { labels: Labels; read: () => number | Promise<number> }[]>()

  function get<T extends Counter | Gauge | Histogram>(name: string, make: (name: string) => T): T {
    const full = prefix + name
    return (registry.getSingleMetric(full) as T | undefined) ?? make(full)
  }

  function gauge(name: string, help: string, labels: Labels): Gauge {
    return get(name, (full) => new Gauge({ name: full, help, labelNames: Object.keys(labels), registers: [registry] }))
  }

  async function readWatched(): Promise<void> {
    const reads = [...watched].flatMap(([name, rows]) => rows.map((row) => ({ name, ...row })))
    await Promise.all(
      reads.map(async ({ name, labels, read }) => {
        const target = registry.getSingleMetric(prefix + name) as Gauge
        try {
          target.set(labels, await read())
        } catch {
          target.remove(labels)
        }
      }),
    )
  }

  return {
    contentType: registry.contentType,
    count(name, help, labels = {}, by = 1) {
      get(
        name,
        (full) => new Counter({ name: full, help, labelNames: Object.keys(labels), registers: [registry] }),
      ).inc(labels, by)
    },
    set(name, help, value, labels = {}) {
      gauge(name, help, labels).set(labels, value)
    },
    watch(name, help, read, labels = {}) {
      gauge(name, help, labels)
      watched.set(name, [...(watched.get(name) ?? []), { labels, read }])
    },
    observe(name, help, value, labels = {}, buckets = SECONDS) {
      get(
        name,
        (full) =>
          new Histogram({
            name: full,
            help,
            labelNames: Object.keys(labels),
            buckets: [...buckets],
            registers: [registry],
          }),
      ).observe(labels, value)
    },
    async text() {
      await readWatched()
      return registry.metrics()
    },
  }
}
