// The clusters Firstmate knows, each by its name: from CLUSTERS, the kubeconfig's current context, the pod it runs in, or a plain address.
import { access, readFile } from 'node:fs/promises'
import type { Config } from '../config.ts'
import { SettingsError, UsageError } from '../core/errors.ts'
import { type Connection, connect, connectUrl } from './connection.ts'
import { type Kubeconfig, type KubeconfigUser, readKubeconfig } from './kubeconfig.ts'
import { nearest, quote } from './names.ts'
import { createReader } from './read.ts'
import type { Reader } from './reader.ts'
import { defaultKubeconfig, type InClusterSettings, inClusterSettings } from './settings.ts'

export interface Cluster {
  /** how people call it; in every card and log */
  name: string
  /** the kubeconfig context it came from; '' for an address or the own pod */
  context: string
  /** the namespace of its context, if it names one */
  namespace: string | undefined
  connection: Connection
  reader: Reader
}

export interface Clusters {
  list(): string[]
  /** without a name: the default. Throws a UsageError that names the nearest known one. */
  get(name?: string): Cluster
  default: Cluster
}

export interface ClusterOptions {
  /** only this one (`--context`): a name of CLUSTERS or a context of the kubeconfig */
  context?: string
  /** which settings of a pod to use; for tests */
  inCluster?: InClusterSettings | undefined
}

type ClusterConfig = Pick<Config, 'KUBECONFIG' | 'CLUSTERS'>

/** Reads kubeconfig and credentials; makes no request. Throws a SettingsError of one sentence when there is no cluster. */
export async function loadClusters(config: ClusterConfig, options: ClusterOptions = {}): Promise<Clusters> {
  const kubeconfig = await readKubeconfig(config.KUBECONFIG ?? defaultKubeconfig())
  const wanted = wantedContexts(config, kubeconfig, options.context)
  if (wanted.length > 0)
    return clustersOf(await Promise.all(wanted.map(({ name, context }) => openContext(kubeconfig, name, context))))
  const pod = 'inCluster' in options ? options.inCluster : inClusterSettings()
  if (pod && (await exists(pod.tokenFile))) return clustersOf([await openOwnCluster(pod)])
  throw new SettingsError(
    'No cluster is configured: set KUBECONFIG to a kubeconfig with a current context, set CLUSTERS=name=context, run inside a cluster, or try the practice cluster (chat --practice).',
  )
}

/** A cluster at a plain address: the practice cluster. */
export function clusterAt(name: string, url: string): Cluster {
  return clusterOf(name, '', undefined, connectUrl(url))
}

export function clustersOf(clusters: Cluster[]): Clusters {
  const [first] = clusters
  if (!first) throw new SettingsError('No cluster is configured.')
  const byName = new Map(clusters.map((cluster) => [cluster.name, cluster]))
  const names = [...byName.keys()]
  return {
    list: () => names,
    get(name) {
      if (name === undefined) return first
      const cluster = byName.get(name)
      if (cluster) return cluster
      const near = nearest(name, names)
      throw new UsageError(
        near
          ? `There is no cluster ${quote(name)}; did you mean ${near}?`
          : `There is no cluster ${quote(name)}; known: ${names.join(', ')}.`,
      )
    },
    default: first,
  }
}

function wantedContexts(
  config: ClusterConfig,
  kubeconfig: Kubeconfig,
  context: string | undefined,
): { name: string; context: string }[] {
  if (context === undefined) {
    if (config.CLUSTERS.length > 0) return config.CLUSTERS
    const current = kubeconfig.currentContext
    return current ? [{ name: shortName(current), context: current }] : []
  }
  const named = config.CLUSTERS.find((cluster) => cluster.name === context)
  if (named) return [named]
  if (kubeconfig.contexts.has(context)) return [{ name: shortName(context), context }]
  const known = [...new Set([...config.CLUSTERS.map((cluster) => cluster.name), ...kubeconfig.contexts.keys()])]
  const near = nearest(context, known)
  throw new UsageError(
    `There is no context ${quote(context)}${near ? `; did you mean ${near}?` : known.length > 0 ? `; known: ${known.slice(0, 20).join(', ')}.` : ': the kubeconfig names none.'}`,
  )
}

/** The last part of names such as `arn:aws:eks:eu-west-1:1234:cluster/prod`: what people call the cluster. */
function shortName(context: string): string {
  return context.split('/').findLast(Boolean) ?? context
}

async function openContext(kubeconfig: Kubeconfig, name: string, contextName: string): Promise<Cluster> {
  const context = kubeconfig.contexts.get(contextName)
  if (!context) {
    const near = nearest(contextName, [...kubeconfig.contexts.keys()])
    throw new SettingsError(
      `Cluster ${name} wants the context ${quote(contextName)}, which the kubeconfig does not have${near ? `; did you mean ${near}?` : '.'}`,
    )
  }
  const cluster = kubeconfig.clusters.get(context.cluster ?? '')
  if (!cluster)
    throw new SettingsError(`The context ${quote(contextName)} names a cluster that the kubeconfig does not have.`)
  const user = kubeconfig.users.get(context.user ?? '')
  if (context.user && !user)
    throw new SettingsError(`The context ${quote(contextName)} names a user that the kubeconfig does not have.`)
  return clusterOf(name, contextName, context.namespace || undefined, await connect({ cluster, user }))
}

async function openOwnCluster(pod: InClusterSettings): Promise<Cluster> {
  const namespace = await readFile(pod.namespaceFile, 'utf8').catch(() => '')
  const user: KubeconfigUser = { tokenFile: pod.tokenFile, exec: undefined, 'auth-provider': undefined }
  const connection = await connect({ cluster: { server: pod.server, 'certificate-authority': pod.caFile }, user })
  return clusterOf('in-cluster', '', namespace.trim() || undefined, connection)
}

function clusterOf(name: string, context: string, namespace: string | undefined, connection: Connection): Cluster {
  return { name, context, namespace, connection, reader: createReader(name, connection) }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
