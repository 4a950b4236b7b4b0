// A pod's status from its containers' states: phase and conditions, as the kubelet derives them.
import type { KubeObject } from '../../../objects/object.ts'
import { type Condition, conditionOf } from '../conditions.ts'

type Spec = KubeObject['spec']
type Status = KubeObject['status']

export function isSidecar(container: Spec): boolean {
  return container.restartPolicy === 'Always'
}

/** Whether an init container lets the next one start. */
export function isInitDone(container: Spec, status: Status): boolean {
  if (isSidecar(container)) return status?.started === true
  return status?.state?.terminated?.exitCode === 0
}

export function phaseOf(pod: KubeObject, init: Status[], main: Status[]): string {
  const specs: Spec[] = pod.spec?.initContainers ?? []
  const policy = pod.spec?.restartPolicy ?? 'Always'
  const undone = specs.filter((container, index) => !isInitDone(container, init[index]))
  const failed = init.some(
    (status, index) => !isSidecar(specs[index]) && (status?.state?.terminated?.exitCode ?? 0) !== 0,
  )
  const started = main.some(
    (status) => status?.state?.running || status?.state?.terminated || status?.lastState?.terminated,
  )
  if (failed && policy === 'Never') return 'Failed'
  if (undone.length > 0 && !started) return 'Pending'
  const isWaiting = (status: Status) =>
    !status?.state?.running && !status?.state?.terminated && !status?.lastState?.terminated
  if (main.some(isWaiting)) return 'Pending'
  if (main.some((status) => status.state.running)) return 'Running'
  if (policy === 'Always' || main.some((status) => !status.state.terminated)) return 'Running'
  if (main.every((status) => status.state.terminated.exitCode === 0)) return 'Succeeded'
  return policy === 'Never' ? 'Failed' : 'Running'
}

export function conditionsOf(pod: KubeObject, status: Status, now: string): Condition[] {
  const init: Status[] = status.initContainerStatuses ?? []
  const main: Status[] = status.containerStatuses ?? []
  const specs: Spec[] = pod.spec?.initContainers ?? []
  const phase: string = status.phase
  const ended = phase === 'Succeeded' || phase === 'Failed'
  const done = phase === 'Succeeded' ? 'PodCompleted' : phase === 'Failed' ? 'PodFailed' : undefined
  const undone = specs.filter((container, index) => !isInitDone(container, init[index])).map(({ name }) => name)
  const sidecars = specs.flatMap((container, index) => (isSidecar(container) ? [init[index]] : []))
  const unready = [...sidecars, ...main].filter((item) => item && !item.ready).map((item) => item.name)
  const containersReady = unready.length === 0 && phase === 'Running'
  const lacking = {
    status: 'False',
    reason: done ?? 'ContainersNotReady',
    message: done ? '' : `containers with unready status: [${unready.join(' ')}]`,
  }
  const gate = (pod.spec?.readinessGates ?? []).find(
    ({ conditionType }: Spec) => conditionOf(status.conditions, conditionType)?.status !== 'True',
  )
  const initialized =
    undone.length > 0 && !ended
      ? {
          status: 'False',
          reason: 'ContainersNotInitialized',
          message: `containers with incomplete status: [${undone.join(' ')}]`,
        }
      : { status: 'True', reason: phase === 'Succeeded' ? 'PodCompleted' : '', message: '' }
  const gated = gate && {
    status: 'False',
    reason: 'ReadinessGatesNotReady',
    message: `corresponding condition of pod readiness gate "${gate.conditionType}" does not exist.`,
  }
  const yes = { status: 'True', reason: '', message: '' }
  const no = { status: 'False', reason: '', message: '' }
  const own: [string, { status: string; reason: string; message: string }][] = [
    ['PodReadyToStartContainers', ended || !status.podIP ? no : yes],
    ['Initialized', initialized],
    ['Ready', containersReady ? (gated ?? yes) : lacking],
    ['ContainersReady', containersReady ? yes : lacking],
  ]
  const known: Condition[] = status.conditions ?? []
  const mine = own.map(([type, next]) => merged(pod, conditionOf(known, type), type, next, now))
  return [...mine, ...known.filter(({ type }) => !own.some(([name]) => name === type))]
}

/** What is already said stays untouched, to the letter. */
function merged(
  pod: KubeObject,
  known: Condition | undefined,
  type: string,
  next: { status: string; reason: string; message: string },
  now: string,
): Condition {
  if (
    known &&
    known.status === next.status &&
    (known.reason ?? '') === next.reason &&
    (known.message ?? '') === next.message
  ) {
    return known
  }
  const { status, reason, message } = next
  return {
    type,
    ...(pod.metadata.generation ? { observedGeneration: pod.metadata.generation } : {}),
    status,
    lastProbeTime: null,
    lastTransitionTime: (known?.status === status ? known.lastTransitionTime : undefined) ?? now,
    ...(reason ? { reason } : {}),
    ...(message ? { message } : {}),
  }
}
