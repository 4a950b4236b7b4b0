// get_pods and get_container_statuses: how pods are, and how each of their containers is.
import { z } from 'zod'
import { type Container, condition, containersOf, isReady } from '../diagnose/look/pods.ts'
import { controllerOf, type KubeObject } from '../objects/object.ts'
import { ageOf, ListParameters, listKind, rowsOf } from './lists.ts'
import { defineTool } from './tool.ts'

export const getPods = defineTool({
  name: 'get_pods',
  description: 'Pods with phase, readiness, restarts, node, owner and the reason when one is not well.',
  effect: 'read',
  parameters: ListParameters,
  result: rowsOf({
    namespace: z.string(),
    name: z.string(),
    phase: z.string(),
    ready: z.string(),
    restarts: z.number(),
    reason: z.string(),
    node: z.string(),
    owner: z.string(),
    age: z.string(),
  }),
  async run(args, context) {
    const { items, notes } = await listKind('Pod', args, context)
    return {
      items: items.map((pod) => {
        const containers = containersOf(pod)
        const owner = controllerOf(pod)
        return {
          namespace: pod.metadata.namespace ?? '',
          name: pod.metadata.name,
          phase: pod.metadata.deletionTimestamp ? 'Terminating' : String(pod.status?.phase ?? 'Unknown'),
          ready: isReady(pod) ? 'yes' : 'no',
          restarts: containers.reduce((sum, { restarts }) => sum + restarts, 0),
          reason: reasonOf(pod),
          node: String(pod.spec?.nodeName ?? ''),
          owner: owner ? `${owner.kind}/${owner.name}` : '',
          age: ageOf(pod, context.now()),
        }
      }),
      notes,
    }
  },
})

function reasonOf(pod: KubeObject): string {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]
  const waiting = statuses
    .map((one) => one.state?.waiting?.reason ?? one.state?.terminated?.reason)
    .find((one) => one && one !== 'Completed')
  const unscheduled = condition(pod, 'PodScheduled')
  return String(
    waiting ?? pod.status?.reason ?? (unscheduled?.status === 'False' ? unscheduled.reason : undefined) ?? '',
  )
}

export const getContainerStatuses = defineTool({
  name: 'get_container_statuses',
  description: 'Each container of pods: image, state now, last end with exit code, restarts, requests and limits.',
  effect: 'read',
  parameters: ListParameters,
  result: rowsOf({
    pod: z.string(),
    container: z.string(),
    image: z.string(),
    ready: z.string(),
    state: z.string(),
    last: z.string(),
    restarts: z.number(),
    requests: z.string(),
    limits: z.string(),
  }),
  async run(args, context) {
    const { items, notes } = await listKind('Pod', args, context)
    return { items: items.flatMap((pod) => containersOf(pod).map((container) => rowOf(pod, container))), notes }
  },
})

function rowOf(pod: KubeObject, { name }: Container) {
  const specs = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])]
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]
  const spec = specs.find((one) => one.name === name)
  const status = statuses.find((one) => one.name === name)
  const amounts = (map: Record<string, unknown> | undefined) =>
    Object.entries(map ?? {})
      .map(([key, value]) => `${key} ${String(value)}`)
      .join(' ')
  return {
    pod: `${pod.metadata.namespace}/${pod.metadata.name}`,
    container: name,
    image: String(spec?.image ?? ''),
    ready: status?.ready ? 'yes' : 'no',
    state: stateText(status?.state),
    last: stateText(status?.lastState),
    restarts: Number(status?.restartCount ?? 0),
    requests: amounts(spec?.resources?.requests),
    limits: amounts(spec?.resources?.limits),
  }
}

interface State {
  running?: { startedAt?: string }
  waiting?: { reason?: string; message?: string }
  terminated?: { reason?: string; exitCode?: number; message?: string; finishedAt?: string }
}

function stateText(state: State | undefined): string {
  if (state?.running) return `running since ${state.running.startedAt ?? '?'}`
  if (state?.waiting)
    return `waiting: ${state.waiting.reason ?? '?'}${state.waiting.message ? ` (${state.waiting.message.slice(0, 200)})` : ''}`
  const end = state?.terminated
  if (!end) return ''
  return `ended ${end.finishedAt ?? ''}: ${end.reason ?? '?'}, exit ${end.exitCode}${end.message ? ` (${end.message.slice(0, 200)})` : ''}`
}
