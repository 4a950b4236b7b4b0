// What `judge` knows of a cluster: nothing, snapshot files, or a look at a live one through the reader, which can change nothing.
import type { loadConfig } from '../config.ts'
import { UsageError } from '../core/errors.ts'
import { loadFiles } from '../objects/files.ts'
import { Snapshot } from '../objects/snapshot.ts'
import type { Io } from './io.ts'

/** The kinds that tiers depend on; Secrets are never read. */
const KINDS =
  'Pod Deployment ReplicaSet StatefulSet DaemonSet Job CronJob HorizontalPodAutoscaler PersistentVolumeClaim Node Namespace CustomResourceDefinition Service ConfigMap ServiceAccount PodDisruptionBudget StorageClass ControllerRevision Ingress NetworkPolicy RoleBinding ClusterRoleBinding'.split(
    ' ',
  )

export interface Wanted {
  from: string[]
  context: string | undefined
  /** the one command, where there is one: the custom kinds it names are read too */
  line: string | undefined
}

/** Undefined when no state is asked for: then every state counts as the worse. */
export async function stateOf(
  { from, context, line }: Wanted,
  config: ReturnType<typeof loadConfig>,
  io: Io,
): Promise<Snapshot | undefined> {
  if (context !== undefined && from.length > 0) throw new UsageError('give either --from or --context, not both')
  if (from.length > 0) return new Snapshot(await loadFiles(from, io.stdin))
  return context === undefined ? undefined : stateOfCluster(context, line, config, io)
}

// the client of a cluster is large, and a judge of files needs none of it
async function stateOfCluster(
  context: string,
  line: string | undefined,
  config: ReturnType<typeof loadConfig>,
  io: Io,
): Promise<Snapshot> {
  const [{ loadClusters }, { readSnapshot }] = await Promise.all([
    import('../kube/clusters.ts'),
    import('../kube/snapshot.ts'),
  ])
  const { reader } = (await loadClusters(config, { context })).default
  const served = await reader.kinds()
  const words = (line ?? '').slice(0, 4000).split(/[\s,/'"=]+/)
  const named = words.flatMap((word) => served.byName(word)?.kind ?? []).filter((kind) => kind !== 'Secret')
  const kinds = [...new Set([...named, ...KINDS])].filter((kind) => served.byKind(kind))
  const snapshot = await readSnapshot(reader, { kinds, logs: 'none', budget: { requests: 60, timeoutMs: 20_000 } })
  if (snapshot.partial.length > 0)
    io.err(`not everything could be read, and what is not known counts as the worse: ${snapshot.partial.join('; ')}\n`)
  return snapshot
}
