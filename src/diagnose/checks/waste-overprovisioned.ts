// Workloads that request much more than they use, with a request that would do.
import type { Action } from '../../core/action.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import { formatBytes, formatCpu, parseQuantity } from '../../objects/quantity.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { byWorkload, isFinished, isReady } from '../look/pods.ts'
import { savingEvidence } from '../look/saving.ts'
import { count, duration, evidence } from '../look/words.ts'
import { nameOf, templateOf } from '../look/workloads.ts'

/** used less than this share of what it requests */
const LOW = 0.3
/** a suggested request keeps this much room above the highest use seen */
const HEADROOM = 1.5
/** below these a saving is not worth anybody's time */
const MIN_CPU = 0.1
const MIN_MEMORY = 128 * 2 ** 20
/** a pod that has just started shows nothing yet */
const SETTLED_MS = 10 * 60_000

export const wasteOverprovisioned: Check = {
  name: 'waste-overprovisioned',
  title: 'A workload requests much more than it uses',
  why: 'Requests are what nodes are bought for: what is requested and not used is paid for and blocks other pods.',
  fix: 'Lower the request to what it uses plus headroom; watch a busy day before going to the limit.',
  reads: ['Pod', 'PodMetrics', 'Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'],
  run(snapshot) {
    const measured = snapshot
      .list('Pod')
      .filter(
        (pod) =>
          !isFinished(pod) &&
          isReady(pod) &&
          snapshot.get('PodMetrics', pod.metadata.namespace, pod.metadata.name) !== undefined &&
          (snapshot.ageMs(pod.status?.startTime) ?? SETTLED_MS) >= SETTLED_MS,
      )
    return byWorkload(snapshot, measured).flatMap(({ workload, pods }) =>
      ['Job', 'CronJob', 'Pod'].includes(workload.kind) ? [] : (draftOf(snapshot, workload, pods) ?? []),
    )
  },
}

interface Use {
  container: string
  resource: 'cpu' | 'memory'
  requested: number
  /** the most that one replica uses */
  peak: number
  suggested: number
}

function draftOf(snapshot: Snapshot, workload: KubeObject, pods: KubeObject[]): Draft | undefined {
  const containers: { name?: string; resources?: { requests?: Record<string, string> } }[] =
    templateOf(workload)?.spec?.containers ?? []
  const uses = containers.flatMap((container) =>
    (['cpu', 'memory'] as const).flatMap(
      (resource) =>
        useOf(snapshot, pods, String(container.name), resource, container.resources?.requests?.[resource]) ?? [],
    ),
  )
  const replicas = pods.length
  const cpu = sum(uses, 'cpu') * replicas
  const memory = sum(uses, 'memory') * replicas
  if (uses.length === 0 || (cpu < MIN_CPU && memory < MIN_MEMORY)) return undefined
  const told = uses.map(
    (use) =>
      `${use.container} requests ${amount(use.resource, use.requested)} ${use.resource} and uses at most ${amount(use.resource, use.peak)} (${Math.round((100 * use.peak) / use.requested)} %)`,
  )
  const suggest = uses.map((use) => `${use.resource} ${amount(use.resource, use.suggested)} for ${use.container}`)
  const window = windowOf(snapshot, pods)
  const names = new Set(uses.map((use) => use.container))
  const action: Action | undefined =
    names.size === 1
      ? {
          verb: 'set-resources',
          target: refOf(workload),
          container: [...names][0],
          requests: Object.fromEntries(uses.map((use) => [use.resource, amount(use.resource, use.suggested)])),
        }
      : undefined
  const saves = [
    ...(cpu > 0 ? [`${formatCpu(cpu)} CPU`] : []),
    ...(memory > 0 ? [`${formatBytes(memory)} memory`] : []),
  ].join(' and ')
  return {
    severity: 'info',
    object: refOf(workload),
    depth: 'cause',
    summary: `${workload.kind} ${nameOf(workload)} requests much more than it uses: ${saves} could be given back by ${count(replicas, 'pod')}`,
    cause: `${told.join('; ')}, measured over ${window}`,
    evidence: [
      savingEvidence(refOf(workload), { cpu, memory }),
      ...told.map((text) => evidence('metric', workload, text)),
    ],
    remedy: `Suggested requests: ${suggest.join(', ')} (the highest use seen plus half). The window is short: look at a busy day before lowering.`,
    ...(action ? { action } : {}),
  }
}

function useOf(
  snapshot: Snapshot,
  pods: KubeObject[],
  container: string,
  resource: 'cpu' | 'memory',
  request: string | undefined,
): Use | undefined {
  const requested = parseQuantity(request)
  if (!requested) return undefined
  const used = pods.flatMap((pod) => {
    const metrics = snapshot.get('PodMetrics', pod.metadata.namespace, pod.metadata.name)
    const found = (metrics?.containers ?? []).find((entry: { name?: string }) => entry.name === container)
    return parseQuantity(found?.usage?.[resource]) ?? []
  })
  if (used.length === 0) return undefined
  const peak = Math.max(...used)
  const suggested =
    resource === 'cpu'
      ? Math.max(0.01, Math.ceil(Number((peak * HEADROOM * 100).toFixed(6))) / 100)
      : Math.max(16 * 2 ** 20, Math.ceil((peak * HEADROOM) / 2 ** 24) * 2 ** 24)
  return peak / requested < LOW && suggested < requested
    ? { container, resource, requested, peak, suggested }
    : undefined
}

function sum(uses: readonly Use[], resource: 'cpu' | 'memory'): number {
  return uses
    .filter((use) => use.resource === resource)
    .reduce((total, use) => total + use.requested - use.suggested, 0)
}

function amount(resource: 'cpu' | 'memory', value: number): string {
  return resource === 'cpu' ? formatCpu(value) : formatBytes(value)
}

/** The metrics API measures over seconds; saying so is part of the finding. */
function windowOf(snapshot: Snapshot, pods: KubeObject[]): string {
  const window = snapshot.get('PodMetrics', pods[0]?.metadata.namespace, pods[0]?.metadata.name ?? '')?.window
  const seconds = /^(?:(\d+)m)?(\d+(?:\.\d+)?)s$/.exec(String(window ?? ''))
  return seconds ? duration(1000 * (60 * Number(seconds[1] ?? 0) + Number(seconds[2]))) : 'the last scrape'
}
