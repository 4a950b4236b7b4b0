// Blame for an application that runs out of its own heap: which setting bounds the heap, and how far the container's limit is from it.
import { envOf } from '../look/env.ts'
import { evidence } from '../look/words.ts'
import type { Blame, Suspect } from './blame.ts'

// the JVM's, Node's, Go's, PHP's and .NET's ways to bound their memory
const HEAP =
  /-Xmx\d{1,9}[kmgKMG]?|-XX:MaxRAMPercentage=[\d.]{1,6}|--max[-_]old[-_]space[-_]size=\d{1,9}|memory_limit=\w{1,12}|GCHeapHardLimit\w{0,8}/

export function blameHeap({ snapshot, workload, pod, container, reason }: Suspect): Blame {
  const said = `"${reason.line}"`
  const setting = heapSetting()
  const limit = container.spec?.resources?.limits?.memory
  const beside = limit === undefined ? 'no memory limit' : `a memory limit of ${limit}`
  if (!setting) {
    return {
      cause: `the application ran out of the memory it allows itself: ${said}; the container has ${beside}`,
      remedy: 'Raise the heap of the application together with the container limit, or find what fills it.',
    }
  }
  return {
    cause: `the application ran out of the memory it allows itself, ${setting.value} by ${setting.where}, while the container has ${beside}: ${said}`,
    remedy: `Raise ${setting.value} in ${setting.where} of ${workload.kind} ${workload.metadata.name} (below the container's limit, which must grow with it), or find what fills the heap.`,
    evidence: [evidence('spec', pod, `${setting.where}: ${setting.value}`)],
  }

  function heapSetting(): { value: string; where: string } | undefined {
    for (const entry of envOf(snapshot, pod.metadata.namespace, container.spec).values()) {
      const found = HEAP.exec(entry.value?.slice(0, 2000) ?? '')
      const whole = entry.name === 'GOMEMLIMIT' ? entry.value : undefined
      const value = found?.[0] ?? whole
      if (value) {
        const from = entry.from ? ` (${entry.from.kind} ${entry.from.name})` : ''
        return { value, where: `env ${entry.name}${from}` }
      }
    }
    const words = [container.spec?.command, container.spec?.args].flat().filter((word) => typeof word === 'string')
    const found = HEAP.exec(words.join(' ').slice(0, 4000))
    return found ? { value: found[0], where: 'the container args' } : undefined
  }
}
