// Fault injection that is under way: Chaos Mesh experiments and Litmus engines, and who suffers from them.
import { type KubeObject, refOf } from '../../objects/object.ts'
import { matchesMap } from '../../objects/selector.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { complaintsAbout } from '../look/complaints.ts'
import { condition, isLive, isReady, refsOf } from '../look/pods.ts'
import { count, duration, evidence, some } from '../look/words.ts'
import { nameOf, workloadOf } from '../look/workloads.ts'

const KINDS = [
  'AWSChaos',
  'AzureChaos',
  'BlockChaos',
  'ChaosEngine',
  'DNSChaos',
  'GCPChaos',
  'HTTPChaos',
  'IOChaos',
  'JVMChaos',
  'KernelChaos',
  'NetworkChaos',
  'PodChaos',
  'StressChaos',
  'TimeChaos',
]
const GROUP = /^(?:chaos-mesh\.org|litmuschaos\.io)\//

export const chaosExperiment: Check = {
  name: 'chaos-experiment',
  title: 'A chaos experiment is under way',
  why: 'It injects faults on purpose: whatever it selects is slow, cut off or killed until it ends, and looks like any other trouble.',
  fix: 'Pause or delete the experiment, or let it run out; then see whether anything is still wrong.',
  reads: ['Pod', ...KINDS],
  run: (snapshot) =>
    KINDS.flatMap((kind) => snapshot.list(kind))
      .filter((object) => GROUP.test(object.apiVersion) && isRunning(object))
      .map((object) => draftOf(snapshot, object)),
}

/** Injected and not yet recovered or paused; a Litmus engine says it by its state. */
function isRunning(object: KubeObject): boolean {
  if (object.kind === 'ChaosEngine')
    return object.spec?.engineState === 'active' && object.status?.engineStatus !== 'completed'
  if (object.metadata.annotations?.['experiment.chaos-mesh.org/pause'] === 'true') return false
  if (condition(object, 'Paused')?.status === 'True' || condition(object, 'AllRecovered')?.status === 'True')
    return false
  return condition(object, 'AllInjected')?.status === 'True' || object.status?.experiment?.desiredPhase === 'Run'
}

function draftOf(snapshot: Snapshot, object: KubeObject): Draft {
  const pods = podsHit(snapshot, object)
  const workloads = [...new Set(pods.map((pod) => workloadOf(snapshot, pod)))]
  const services = snapshot
    .list('Service')
    .filter((service) =>
      pods.some(
        (pod) =>
          pod.metadata.namespace === service.metadata.namespace &&
          matchesMap(service.spec?.selector, pod.metadata.labels),
      ),
    )
  const complaining = services.flatMap((service) => complaintsAbout(snapshot, service))
  const hurts = pods.some((pod) => !isReady(pod)) || complaining.length > 0
  const age = snapshot.ageMs(object.metadata.creationTimestamp)
  const { action, duration: lasts } = object.spec ?? {}
  const whom = workloads.length > 0 ? some(workloads.map(nameOf)) : 'what it selects'
  return {
    // an experiment that nothing suffers from is somebody's work, not a trouble
    severity: hurts ? 'critical' : 'info',
    object: refOf(object),
    depth: 'cause',
    summary: `${object.kind} ${nameOf(object)} injects ${action ? `${action} ` : ''}faults into ${whom}${age === undefined ? '' : ` for ${duration(age)}`}`,
    cause: `a chaos experiment is under way on purpose: ${object.kind}${action ? ` with action ${action}` : ''}${detail(object)} on ${count(pods.length, 'pod')} of ${whom}${lasts ? `, for ${lasts}` : ', without an end'}`,
    evidence: [
      evidence(
        'spec',
        object,
        `${object.kind}${action ? ` action ${action}` : ''}${detail(object)}, duration ${lasts ?? 'not set'}`,
      ),
      ...pods.slice(0, 3).map((pod) => evidence('status', pod, `selected; ${isReady(pod) ? 'ready' : 'not ready'}`)),
      ...complaining.slice(0, 3).map((complaint) => evidence('log', complaint.pod, complaint.line)),
    ],
    remedy: `Ask whoever runs the experiment; pause or delete ${object.kind} ${object.metadata.name} when it is not meant to run now.`,
    ...(object.metadata.creationTimestamp ? { since: object.metadata.creationTimestamp } : {}),
    explains: [...refsOf(pods), ...refsOf(workloads), ...refsOf(services)],
  }
}

function detail(object: KubeObject): string {
  const { spec } = object
  const told = [
    spec?.delay?.latency && `latency ${spec.delay.latency}`,
    spec?.loss?.loss && `loss ${spec.loss.loss}%`,
    spec?.stressors?.cpu && 'CPU stress',
    spec?.stressors?.memory && `memory stress ${spec.stressors.memory.size ?? ''}`.trim(),
    spec?.direction && `direction ${spec.direction}`,
    spec?.timeOffset && `time offset ${spec.timeOffset}`,
    Array.isArray(spec?.experiments) && some(spec.experiments.map((entry: { name?: string }) => String(entry?.name))),
  ].filter(Boolean)
  return told.length > 0 ? ` (${told.join(', ')})` : ''
}

/** Chaos Mesh: a selector of namespaces and labels, or pods by name; Litmus: `appinfo`. */
function podsHit(snapshot: Snapshot, object: KubeObject): KubeObject[] {
  const { spec } = object
  const selector = spec?.selector ?? {}
  const labels: Record<string, string> | undefined = selector.labelSelectors ?? labelOf(spec?.appinfo?.applabel)
  const own = object.metadata.namespace ?? ''
  const namespaces: string[] =
    Array.isArray(selector.namespaces) && selector.namespaces.length > 0
      ? selector.namespaces
      : [String(spec?.appinfo?.appns ?? own)]
  const named = new Set(
    Object.entries(selector.pods ?? {}).flatMap(([namespace, names]) =>
      (Array.isArray(names) ? names : []).map((name) => `${namespace}/${name}`),
    ),
  )
  return snapshot.list('Pod').filter((pod) => {
    if (!isLive(pod)) return false
    const namespace = pod.metadata.namespace ?? ''
    if (named.size > 0) return named.has(`${namespace}/${pod.metadata.name}`)
    return namespaces.includes(namespace) && (!labels || matchesMap(labels, pod.metadata.labels))
  })
}

function labelOf(text: unknown): Record<string, string> | undefined {
  const found = typeof text === 'string' ? /^([\w./-]{1,200})=([\w.-]{0,63})$/.exec(text) : undefined
  return found?.[1] ? { [found[1]]: found[2] ?? '' } : undefined
}
