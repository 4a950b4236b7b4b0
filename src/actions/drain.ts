// Empties a node: cordon, then one eviction per pod that is on it now, each by uid.
import { ConflictError } from '../core/errors.ts'
import { refText } from '../core/ref.ts'
import { controllerOf, type KubeObject, refOf } from '../objects/object.ts'
import type { ActionMember } from './action.ts'
import { goneExpectation } from './expect.ts'
import { findTarget, preconditionOf } from './objects.ts'
import { evictStep, patchStep } from './requests.ts'

const SECONDS = 600
const MAX_PODS = 200

export const drain: ActionMember<'drain'> = {
  verb: 'drain',
  summary: 'cordon a node and evict the pods on it',
  async compile({ node }, { lookup, leaveAlone }) {
    const found = await findTarget({ apiVersion: 'v1', kind: 'Node', name: node }, lookup)
    const pods = (await lookup.list('Pod')).filter((pod) => pod.spec?.nodeName === node && !isMirror(pod))
    const movable = pods.filter(
      (pod) => controllerOf(pod)?.kind !== 'DaemonSet' && !leaveAlone.has(pod.metadata.namespace ?? ''),
    )
    const lost = movable.filter((pod) => !controllerOf(pod) && !isFinished(pod))
    if (lost.length > 0) {
      const names = lost
        .slice(0, 5)
        .map((pod) => refText(refOf(pod)))
        .join(', ')
      throw new ConflictError(
        `${refText(found.ref)} runs ${counted(lost.length)} that nothing would replace (${names}); delete them first if they may go`,
      )
    }
    const evicted = movable.filter((pod) => !isFinished(pod))
    if (evicted.length > MAX_PODS)
      throw new ConflictError(
        `${refText(found.ref)} runs ${evicted.length} pods, more than the ${MAX_PODS} of one plan`,
      )
    const isCordoned = found.live.spec?.unschedulable === true
    const cordon = isCordoned
      ? []
      : [
          patchStep(
            found,
            [{ path: ['spec', 'unschedulable'], value: true }],
            `Cordon ${refText(found.ref)}`,
            `kubectl cordon ${node}`,
          ),
        ]
    const evictions = await Promise.all(
      evicted.map(async (pod) => {
        const target = await findTarget({ ...refOf(pod), apiVersion: 'v1' }, lookup)
        return evictStep(target, `Evict ${refText(target.ref)} from ${node}`)
      }),
    )
    const steps = [...cordon, ...evictions]
    if (steps.length === 0)
      throw new ConflictError(`${refText(found.ref)} is cordoned and holds no pod that could be evicted`)
    return {
      steps,
      // pods come and go: each eviction carries its own uid
      preconditions: [preconditionOf(found.live)],
      executionSeconds: SECONDS,
      notes: notesOf(pods, movable, leaveAlone),
    }
  },
  undo: ({ node }) => ({ verb: 'uncordon', node }),
  expect: (_, steps) => goneExpectation(steps, SECONDS),
}

function notesOf(pods: KubeObject[], movable: KubeObject[], leaveAlone: ReadonlySet<string>): string[] {
  const daemons = pods.filter((pod) => controllerOf(pod)?.kind === 'DaemonSet').length
  const kept = pods.filter(
    (pod) => leaveAlone.has(pod.metadata.namespace ?? '') && controllerOf(pod)?.kind !== 'DaemonSet',
  )
  const scratch = movable.filter((pod) =>
    (pod.spec?.volumes ?? []).some((volume: { emptyDir?: unknown }) => volume.emptyDir),
  )
  return [
    ...(daemons > 0 ? [`${counted(daemons)} of DaemonSets ${daemons === 1 ? 'stays' : 'stay'}`] : []),
    ...(kept.length > 0
      ? [
          `left alone in protected namespaces: ${kept
            .slice(0, 3)
            .map((pod) => refText(refOf(pod)))
            .join(', ')}`,
        ]
      : []),
    ...(scratch.length > 0
      ? [`${counted(scratch.length)} ${scratch.length === 1 ? 'loses' : 'lose'} the data in emptyDir volumes`]
      : []),
  ]
}

function counted(pods: number): string {
  return pods === 1 ? '1 pod' : `${pods} pods`
}

/** Static pods are the kubelet's own; the API only mirrors them. */
function isMirror(pod: KubeObject): boolean {
  return pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined
}

function isFinished(pod: KubeObject): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
}
