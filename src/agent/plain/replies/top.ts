// "who uses most memory": from the metrics API, beside what was requested.
import { NotFoundError, NotPermittedError, UnavailableError } from '../../../core/errors.ts'
import { type Kind, kindOf } from '../../../objects/kinds.ts'
import type { KubeObject } from '../../../objects/object.ts'
import { formatBytes, formatCpu, parseQuantity } from '../../../objects/quantity.ts'
import type { Place } from '../place.ts'
import { table } from '../print.ts'
import { podsOf } from './pods.ts'
import { about, type Reply, whatText } from './reply.ts'

interface Usage {
  name: string
  namespace: string | undefined
  cpu: number
  memory: number
}

export const topReply: Reply<'top'> = async ({ ask, place, context }) => {
  const base = about(place)
  const usage = await readUsage(ask.of === 'nodes' ? 'NodeMetrics' : 'PodMetrics', place, context.signal)
  if (typeof usage === 'string') return { ...base, tone: 'ask', text: usage }
  const rows = ask.of === 'namespaces' ? byNamespace(usage) : usage
  const wanted = ask.of === 'pods' && place.objects.length > 0 ? await onlyNamed(rows, place, context.signal) : rows
  const sorted = wanted.sort((a, b) => b[ask.by] - a[ask.by]).slice(0, ask.count)
  const [first] = sorted
  const where = ask.of === 'nodes' ? place.cluster.name : whatText(place)
  if (!first) return { ...base, text: `There are no usage figures in ${where} yet.` }
  const share = (item: Usage) => (ask.by === 'memory' ? formatBytes(item.memory) : `${formatCpu(item.cpu)} cores`)
  const text = `${label(first)} uses most ${ask.by}: ${share(first)}.`
  const printed = table([
    ['NAME', 'CPU', 'MEMORY'],
    ...sorted.map((item) => [label(item), formatCpu(item.cpu), formatBytes(item.memory)]),
  ])
  return {
    ...base,
    text: `${text}\n${printed}`,
    blocks: [
      { kind: 'text', text },
      { kind: 'code', text: printed },
    ],
  }
}

function label(item: Usage): string {
  return item.namespace ? `${item.namespace}/${item.name}` : item.name
}

async function readUsage(
  kind: 'PodMetrics' | 'NodeMetrics',
  place: Place,
  signal: AbortSignal,
): Promise<Usage[] | string> {
  try {
    const scope = kind === 'PodMetrics' && place.namespace ? { namespace: place.namespace } : {}
    const { items } = await place.cluster.reader.list(kindOf(kind) as Kind, { ...scope, signal })
    return items.map(usageOf)
  } catch (error) {
    if (error instanceof NotFoundError)
      return `${place.cluster.name} has no metrics API (metrics.k8s.io), so nobody can say who uses how much; metrics-server provides it.`
    if (error instanceof NotPermittedError) return `I am ${error.message}, so I cannot tell.`
    if (error instanceof UnavailableError) return `The metrics API does not answer: ${error.message}`
    throw error
  }
}

function usageOf(metrics: KubeObject): Usage {
  const parts: { usage?: Record<string, string> }[] = metrics.containers ?? [metrics]
  const sum = (resource: string) =>
    parts.reduce((total, part) => total + (parseQuantity(part.usage?.[resource]) ?? 0), 0)
  return { name: metrics.metadata.name, namespace: metrics.metadata.namespace, cpu: sum('cpu'), memory: sum('memory') }
}

function byNamespace(usage: Usage[]): Usage[] {
  const sums = new Map<string, Usage>()
  for (const item of usage) {
    const key = item.namespace ?? ''
    const sum = sums.get(key) ?? { name: key, namespace: undefined, cpu: 0, memory: 0 }
    sums.set(key, { ...sum, cpu: sum.cpu + item.cpu, memory: sum.memory + item.memory })
  }
  return [...sums.values()]
}

async function onlyNamed(usage: Usage[], place: Place, signal: AbortSignal): Promise<Usage[]> {
  const pods = new Set((await podsOf(place, signal)).map((pod) => `${pod.metadata.namespace}/${pod.metadata.name}`))
  return usage.filter((item) => pods.has(`${item.namespace}/${item.name}`))
}
