// What a pod asks of a node: resources, ports, and whether it has to be there at all.
import type { KubeObject } from '../../../objects/object.ts'
import { parseQuantity } from '../../../objects/quantity.ts'

export type Amounts = Record<string, number>

/** Requests as the scheduler sums them: containers and sidecars together, or one init container if that is more, plus overhead. */
export function requestsOf(pod: KubeObject): Amounts {
  const total: Amounts = {}
  let sidecars: Amounts = {}
  let initial: Amounts = {}
  for (const container of pod.spec?.initContainers ?? []) {
    const own = amountsOf(container.resources?.requests)
    if (container.restartPolicy === 'Always') sidecars = sum(sidecars, own)
    initial = most(initial, container.restartPolicy === 'Always' ? sidecars : sum(sidecars, own))
  }
  for (const container of pod.spec?.containers ?? []) addTo(total, amountsOf(container.resources?.requests))
  addTo(total, sidecars)
  const needed = most(total, initial)
  addTo(needed, amountsOf(pod.spec?.overhead))
  return needed
}

export function amountsOf(quantities: Record<string, string> | undefined): Amounts {
  const entries = Object.entries(quantities ?? {}).map(([name, text]) => [name, parseQuantity(text) ?? 0] as const)
  return Object.fromEntries(entries)
}

export function addTo(into: Amounts, more: Amounts, sign = 1): void {
  for (const [name, amount] of Object.entries(more)) into[name] = (into[name] ?? 0) + sign * amount
}

function sum(a: Amounts, b: Amounts): Amounts {
  const result = { ...a }
  addTo(result, b)
  return result
}

function most(a: Amounts, b: Amounts): Amounts {
  const result = { ...a }
  for (const [name, amount] of Object.entries(b)) result[name] = Math.max(result[name] ?? 0, amount)
  return result
}

/** "TCP/0.0.0.0/8080" of every host port. */
export function hostPortsOf(pod: KubeObject): string[] {
  const containers: KubeObject['spec'][] = pod.spec?.containers ?? []
  return containers.flatMap((container) =>
    (container.ports ?? []).flatMap((port: KubeObject['spec']) => {
      const hostPort = port.hostPort ?? (pod.spec?.hostNetwork ? port.containerPort : undefined)
      return hostPort ? [`${port.protocol ?? 'TCP'}/${port.hostIP ?? '0.0.0.0'}/${hostPort}`] : []
    }),
  )
}
