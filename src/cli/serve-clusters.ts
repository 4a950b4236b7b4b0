// The clusters of a long-running process: configured ones, or the practice cluster with its story. A bot alone needs none.
import type { Config } from '../config.ts'
import { SettingsError, UsageError } from '../core/errors.ts'
import type { Clusters } from '../kube/clusters.ts'
import type { Io } from './io.ts'

export interface ServeClusters {
  clusters: Clusters
  /** the same as the writer account sees them, where it is another one */
  writers?: Clusters
  close(): Promise<void>
}

export async function openServeClusters(
  config: Config,
  practice: boolean,
  files: string[],
  io: Io,
): Promise<ServeClusters> {
  const { clusterAt, clustersOf, loadClusters } = await import('../kube/clusters.ts')
  if (!practice) {
    if (files.length > 0) throw new UsageError('--load fills the practice cluster: add --practice.')
    const clusters = await loadClusters(config)
    // the writer's own kubeconfig names the same clusters
    const writers = config.WRITER_KUBECONFIG
      ? await loadClusters({ ...config, KUBECONFIG: config.WRITER_KUBECONFIG })
      : undefined
    return { clusters, ...(writers ? { writers } : {}), close: async () => undefined }
  }
  const [{ startHarbor }, { practiceFiles }] = await Promise.all([
    import('../harbor/index.ts'),
    import('./practice.ts'),
  ])
  const harbor = await startHarbor({ load: await practiceFiles(files, io.stdin), name: 'practice' })
  return { clusters: clustersOf([clusterAt('practice', harbor.url)]), close: () => harbor.close() }
}

/** For roles that never look at a cluster: nothing of `kube/` is loaded. */
export function noClusters(): ServeClusters {
  const none = () => {
    throw new SettingsError('This process has no cluster: its roles do not need one.')
  }
  const clusters = {
    list: () => [],
    get: none,
    get default(): never {
      return none()
    },
  }
  return { clusters, close: async () => undefined }
}
