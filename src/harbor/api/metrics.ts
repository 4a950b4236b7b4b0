// metrics.k8s.io: the usage figures of pods and nodes, as a metrics server would have measured them.
import type { KubeObject } from '../../objects/object.ts'
import { StatusError } from '../status.ts'
import type { Usage } from '../usage.ts'
import type { Context } from './context.ts'
import { methodNotAllowed } from './refusals.ts'
import { flag, type ResourcePath } from './request.ts'
import type { Answer } from './respond.ts'
import { selectionOf } from './selectors.ts'

const API = 'metrics.k8s.io/v1beta1'
const WINDOW = '10.016s'
// how old a measurement is when it is served
const DELAY_MS = 1000

/** undefined: the path is none of metrics. */
export function handleMetrics(context: Context, path: ResourcePath): Answer | undefined {
  const { realm, request } = context
  if (path.group !== 'metrics.k8s.io' || path.version !== 'v1beta1') return undefined
  const isPods = path.plural === 'pods'
  if (!isPods && path.plural !== 'nodes') return undefined
  if (request.method !== 'GET' || flag(request.query, 'watch')) throw methodNotAllowed()
  const measure = isPods ? podMetrics : nodeMetrics
  if (path.name !== undefined) {
    const object = realm.world.find(isPods ? 'Pod' : 'Node', path.namespace, path.name)
    const metrics = object && measure(context, object)
    // the metrics server names nodes in the singular
    if (!metrics) throw missing(isPods ? 'pods' : 'node', path.name)
    const kind = isPods ? 'PodMetrics' : 'NodeMetrics'
    return { code: 200, body: { kind, apiVersion: API, ...metrics } }
  }
  const resource = realm.registry.byKind(isPods ? 'Pod' : 'Node')
  if (!resource) return undefined
  const selection = selectionOf(request.query, resource)
  const items = realm.store
    .list(resource.id, path.namespace)
    .filter(selection.matches)
    .flatMap((object) => measure(context, object) ?? [])
  const kind = isPods ? 'PodMetricsList' : 'NodeMetricsList'
  return { code: 200, body: { kind, apiVersion: API, metadata: {}, items } }
}

function missing(plural: string, name: string): StatusError {
  return new StatusError(404, 'NotFound', `${plural} "${name}" not found`, { name, kind: plural })
}

function head({ realm }: Context, { metadata }: KubeObject): object {
  const { clock } = realm.world
  const { name, namespace, labels } = metadata
  return {
    metadata: {
      name,
      ...(namespace ? { namespace } : {}),
      creationTimestamp: clock.iso(),
      ...(labels ? { labels } : {}),
    },
    timestamp: clock.iso(clock.now() - DELAY_MS),
    window: WINDOW,
  }
}

function podMetrics(context: Context, pod: KubeObject): object | undefined {
  const { namespace = '', name } = pod.metadata
  const usage = context.realm.world.usage.pod(namespace, name)
  if (!usage || pod.status?.phase !== 'Running') return undefined
  const containers = Object.entries(usage).map(([container, figures]) => ({ name: container, usage: amounts(figures) }))
  return containers.length > 0 ? { ...head(context, pod), containers } : undefined
}

function nodeMetrics(context: Context, node: KubeObject): object | undefined {
  const { world } = context.realm
  const own = world.usage.node(node.metadata.name)
  const usage = own ?? sumOfPods(context, node.metadata.name)
  return { ...head(context, node), usage: amounts(usage) }
}

// without a figure of its own a node uses what its pods do, and something for itself
function sumOfPods({ realm }: Context, node: string): Usage {
  const total = { cpu: 0.12, memory: 900 * 2 ** 20 }
  for (const pod of realm.world.list('Pod')) {
    if (pod.spec?.nodeName !== node) continue
    const usage = realm.world.usage.pod(pod.metadata.namespace ?? '', pod.metadata.name) ?? {}
    for (const { cpu, memory } of Object.values(usage)) {
      total.cpu += cpu
      total.memory += memory
    }
  }
  return total
}

function amounts({ cpu, memory }: Usage): { cpu: string; memory: string } {
  const milli = Math.round(cpu * 1000)
  const exact = Math.abs(cpu * 1000 - milli) < 1e-6
  return {
    cpu: exact ? `${milli}m` : `${Math.round(cpu * 1e9)}n`,
    memory: memory % 2 ** 20 === 0 ? `${memory / 2 ** 20}Mi` : `${Math.round(memory / 1024)}Ki`,
  }
}
