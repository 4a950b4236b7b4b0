// Usage figures of pods that run: what annotations say, else a steady share of what was requested.
import type { KubeObject } from '../../../objects/object.ts'
import { parseQuantity } from '../../../objects/quantity.ts'
import type { Usage } from '../../usage.ts'
import type { World } from '../../world.ts'
import { hintOf } from '../illness/hints.ts'

type Spec = KubeObject['spec']

const MIB = 1024 * 1024

/** Sets or removes the pod's figures as its containers run or not. Figures that are there (loaded) stay. */
export function noteUsage(world: World, pod: KubeObject): void {
  const { namespace = '', name } = pod.metadata
  const running = new Set<string>(
    (pod.status?.containerStatuses ?? [])
      .filter(({ state }: Spec) => state?.running)
      .map((status: Spec) => status.name),
  )
  const known = world.usage.pod(namespace, name)
  if (running.size === 0) {
    if (known) world.usage.removePod(namespace, name)
    return
  }
  const containers: Spec[] = (pod.spec?.containers ?? []).filter(({ name: container }: Spec) => running.has(container))
  const isSame =
    known &&
    Object.keys(known).length === containers.length &&
    containers.every((item) => Object.hasOwn(known, item.name))
  if (isSame) return
  const figures = containers.map((container) => [container.name, known?.[container.name] ?? usageOf(pod, container)])
  world.usage.setPod(namespace, name, Object.fromEntries(figures))
}

function usageOf(pod: KubeObject, container: Spec): Usage {
  const share = fraction(`${pod.metadata.uid}/${container.name}`)
  const { requests, limits } = container.resources ?? {}
  const cpu = parseQuantity(requests?.cpu)
  const memory = parseQuantity(requests?.memory) ?? (parseQuantity(limits?.memory) ?? 0) / 2
  return {
    cpu: parseQuantity(hintOf(pod, 'cpu', container.name)) ?? (cpu ? cpu * (0.2 + 0.3 * share) : 0.003 + 0.02 * share),
    memory: Math.round(
      parseQuantity(hintOf(pod, 'memory', container.name)) ??
        (memory ? memory * (0.4 + 0.3 * share) : (20 + 60 * share) * MIB),
    ),
  }
}

/** The same number in [0, 1) for the same text. */
function fraction(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0
  return hash / 2 ** 32
}
