// What the writer account may do, action by action and namespace by namespace: asked of the API server, nothing is tried.
import type { Config } from '../../config.ts'
import { messageOf } from '../../core/errors.ts'
import { SYSTEM_NAMESPACES } from '../../core/namespaces.ts'
import { type Clusters, loadClusters } from '../../kube/clusters.ts'
import type { Reader } from '../../kube/reader.ts'
import type { Report } from './report.ts'

/** A right and the actions that cannot run without it. */
interface Need {
  verb: string
  group: string
  resource: string
  for: string[]
}

const WORKLOAD =
  'scale set-resources set-image set-env restart rollback pause resume quarantine unquarantine label annotate'.split(
    ' ',
  )

/** Per namespace, as the sets of deploy/rbac/writer.yaml give them; Deployments stand for all workloads. */
const NEEDS: Need[] = [
  { verb: 'patch', group: 'apps', resource: 'deployments', for: WORKLOAD },
  { verb: 'create', group: 'autoscaling', resource: 'horizontalpodautoscalers', for: ['create-hpa'] },
  { verb: 'patch', group: 'autoscaling', resource: 'horizontalpodautoscalers', for: ['update-hpa'] },
  { verb: 'delete', group: 'autoscaling', resource: 'horizontalpodautoscalers', for: ['delete-hpa'] },
  { verb: 'create', group: 'batch', resource: 'jobs', for: ['create-job'] },
  { verb: 'patch', group: 'batch', resource: 'cronjobs', for: ['suspend', 'unsuspend'] },
  { verb: 'patch', group: '', resource: 'persistentvolumeclaims', for: ['grow-pvc'] },
  { verb: 'delete', group: '', resource: 'pods', for: ['delete-pod'] },
  { verb: 'create', group: '', resource: 'pods/eviction', for: ['evict'] },
  { verb: 'create', group: '', resource: 'configmaps', for: ['create', 'apply'] },
  { verb: 'delete', group: 'apps', resource: 'deployments', for: ['delete'] },
]

const NODE_NEEDS: Need[] = [
  { verb: 'patch', group: '', resource: 'nodes', for: ['cordon', 'uncordon', 'taint', 'drain'] },
  { verb: 'create', group: '', resource: 'pods/eviction', for: ['drain'] },
]

const MAX_NAMESPACES = 30

export async function examineWriters(config: Config, readers: Clusters): Promise<Report[]> {
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
    const found = await Promise.all(
      readers.list().map((name) => examineWriter(name, readers.get(name).reader, writers.get(name).reader)),
    )
    return found.flat()
  } catch (error) {
    return [{ area: 'writer', state: 'wrong', detail: messageOf(error) }]
  }
}

async function examineWriter(name: string, reader: Reader, writer: Reader): Promise<Report[]> {
  try {
    if ((await writer.can({ verb: 'get', resource: 'secrets' })).allowed)
      return [
        {
          area: 'writer',
          state: 'wrong',
          detail: `${name}: the writer account may read Secrets, which no change needs: take that right away`,
        },
      ]
    const kind = (await reader.kinds()).byKind('Namespace')
    const { items } = kind ? await reader.list(kind, { limit: MAX_NAMESPACES }) : { items: [] }
    const namespaces = items.map(({ metadata }) => metadata.name).filter((one) => !SYSTEM_NAMESPACES.includes(one))
    const [notEverywhere, ...missing] = await Promise.all([
      missingOf(NEEDS, writer),
      ...namespaces.map((namespace) => missingOf(NEEDS, writer, namespace)),
    ])
    const everywhere = NEEDS.length - notEverywhere.length
    const open = namespaces.flatMap((namespace, at) => {
      const lacks = missing[at] ?? []
      // what it may do everywhere says nothing about this one
      return NEEDS.length - lacks.length > everywhere ? [mayNot(`${name}/${namespace}`, lacks)] : []
    })
    return [
      ...(everywhere > 0 ? [may(`${name}, every namespace`, notEverywhere)] : []),
      ...open,
      ...(everywhere + open.length > 0 ? [] : [nothing(name)]),
      mayNot(`${name}, nodes`, await missingOf(NODE_NEEDS, writer), 'deploy/rbac/opt-in-nodes.yaml'),
    ]
  } catch (error) {
    return [{ area: 'writer', state: 'wrong', detail: `${name}: ${messageOf(error)}` }]
  }
}

async function missingOf(needs: Need[], writer: Reader, namespace?: string): Promise<Need[]> {
  const answers = await Promise.all(
    needs.map(({ verb, group, resource }) =>
      writer.can({ verb, resource, ...(group ? { group } : {}), ...(namespace ? { namespace } : {}) }),
    ),
  )
  return needs.filter((_, at) => !answers[at]?.allowed)
}

function nothing(name: string): Report {
  return {
    area: 'writer',
    state: 'missing',
    detail: `${name}: may change nothing in any namespace: bind it where it should (deploy/rbac/opt-in.yaml)`,
  }
}

function may(where: string, missing: Need[]): Report {
  const actions = NEEDS.filter((need) => !missing.includes(need)).flatMap((need) => need.for)
  return { area: 'writer', state: 'ok', detail: `${where}: may ${actions.join(', ')}` }
}

function mayNot(where: string, missing: Need[], hint?: string): Report {
  if (missing.length === 0) return { area: 'writer', state: 'ok', detail: `${where}: may do every action` }
  const lacks = missing.map(({ verb, resource, for: actions }) => `${actions.join(', ')} (${verb} ${resource})`)
  return { area: 'writer', state: 'ok', detail: `${where}: may not ${lacks.join(', ')}${hint ? `: ${hint}` : ''}` }
}
