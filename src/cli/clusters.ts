// The clusters a command speaks with: configured ones, or a frozen practice cluster made of snapshot files.
import type { Config } from '../config.ts'
import { loadConfig } from '../config.ts'
import { UsageError } from '../core/errors.ts'
import { type Clusters, clusterAt, clustersOf, loadClusters } from '../kube/clusters.ts'

export interface Opened {
  config: Config
  clusters: Clusters
  now(): Date
  close(): Promise<void>
}

export interface OpenOptions {
  context?: string | undefined
  files: string[]
  now?: string | undefined
  stdin: AsyncIterable<Buffer | string>
}

export async function openClusters(options: OpenOptions): Promise<Opened> {
  const config = loadConfig()
  if (options.files.length === 0) {
    const clusters = await loadClusters(config, options.context ? { context: options.context } : {})
    return { config, clusters, now: () => new Date(), close: async () => undefined }
  }
  const [{ loadFiles }, { startHarbor }, { newestTime }] = await Promise.all([
    import('../objects/files.ts'),
    import('../harbor/index.ts'),
    import('../objects/snapshot.ts'),
  ])
  const load = await loadFiles(options.files, options.stdin)
  const now = options.now ? readTime(options.now) : (newestTime(load.objects) ?? new Date())
  // nothing moves in a file: no controllers, and time stands still
  const harbor = await startHarbor({ load, controllers: false, now })
  const name = options.context ?? 'snapshot'
  return { config, clusters: clustersOf([clusterAt(name, harbor.url)]), now: () => now, close: () => harbor.close() }
}

export function readTime(text: string): Date {
  const at = new Date(text)
  if (Number.isNaN(at.getTime()))
    throw new UsageError(`--now is "${text}"; allowed is a time such as 2026-10-14T09:42:17Z.`)
  return at
}
