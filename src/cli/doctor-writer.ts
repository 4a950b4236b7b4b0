// What the writer account may do, tier by tier and namespace by namespace: asked of the API server, nothing is tried.
import type { Config } from '../config.ts'
import { messageOf } from '../core/errors.ts'
import { SYSTEM_NAMESPACES } from '../core/namespaces.ts'
import { type Clusters, loadClusters } from '../kube/clusters.ts'

interface Review {
  verb: string
  resource: string
  group?: string
}

/** One right stands for the set of deploy/rbac/writer.yaml that it is in. */
const TIERS: { name: string; needs: Review }[] = [
  { name: 'remediate', needs: { verb: 'patch', resource: 'deployments', group: 'apps' } },
  { name: 'restart', needs: { verb: 'delete', resource: 'pods' } },
  { name: 'destroy', needs: { verb: 'delete', resource: 'deployments', group: 'apps' } },
]
const NEVER: Review = { verb: 'get', resource: 'secrets' }
const MAX_NAMESPACES = 30

export interface WriterReport {
  area: string
  state: 'ok' | 'missing' | 'wrong'
  detail: string
}

export async function examineWriters(config: Config, readers: Clusters): Promise<WriterReport[]> {
  const own = config.WRITER_KUBECONFIG
  if (!own)
    return [
      {
        area: 'writer',
        state: 'missing',
        detail:
          'WRITER_KUBECONFIG is not set: approved changes are sent with the account that reads (deploy/rbac has one of its own)',
      },
    ]
  try {
    const writers = await loadClusters({ ...config, KUBECONFIG: own })
    return await Promise.all(readers.list().map((name) => examineWriter(name, readers, writers)))
  } catch (error) {
    return [{ area: 'writer', state: 'wrong', detail: messageOf(error) }]
  }
}

async function examineWriter(name: string, readers: Clusters, writers: Clusters): Promise<WriterReport> {
  try {
    const { reader: writer } = writers.get(name)
    const kind = (await readers.get(name).reader.kinds()).byKind('Namespace')
    const { items } = kind ? await readers.get(name).reader.list(kind, { limit: MAX_NAMESPACES }) : { items: [] }
    const namespaces = items.map(({ metadata }) => metadata.name).filter((one) => !SYSTEM_NAMESPACES.includes(one))
    const rights = await Promise.all(
      namespaces.map(async (namespace) => ({ namespace, tiers: await tiersIn(namespace, writer) })),
    )
    const open = rights
      .filter(({ tiers }) => tiers.length > 0)
      .map(({ namespace, tiers }) => `${namespace}: ${tiers.join(', ')}`)
    const secrets = (await writer.can(NEVER)).allowed
    const nodes = (await writer.can({ verb: 'patch', resource: 'nodes' })).allowed
      ? '; may cordon nodes'
      : '; may not cordon or drain nodes (opt-in-nodes.yaml)'
    if (secrets)
      return {
        area: 'writer',
        state: 'wrong',
        detail: `${name}: the writer account may read Secrets, which no change needs: take that right away`,
      }
    const detail =
      open.length > 0
        ? open.join(' · ')
        : 'may change nothing in any namespace: bind it where it should (deploy/rbac/opt-in.yaml)'
    return { area: 'writer', state: open.length > 0 ? 'ok' : 'missing', detail: `${name}: ${detail}${nodes}` }
  } catch (error) {
    return { area: 'writer', state: 'wrong', detail: `${name}: ${messageOf(error)}` }
  }
}

async function tiersIn(
  namespace: string,
  writer: { can(review: Review & { namespace: string }): Promise<{ allowed: boolean }> },
): Promise<string[]> {
  const answers = await Promise.all(TIERS.map(({ needs }) => writer.can({ ...needs, namespace })))
  return TIERS.filter((_, at) => answers[at]?.allowed).map(({ name }) => name)
}
