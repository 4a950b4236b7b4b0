// In-place resizes that the kubelet has not done: more than the node has, more than is free there, or refused by the runtime.
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { byWorkload, type Condition, condition, isLive, refsOf } from '../look/pods.ts'
import { count, duration, evidence, oneLine } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

// others may end soon, and make room
const PATIENCE_MS = 10 * 60_000

export const podResize: Check = {
  name: 'pod-resize',
  title: 'A pod was asked to be resized in place and is not',
  why: 'Its spec shows the new requests and limits while the container still runs with the old ones.',
  fix: 'Ask for no more than the node has, or let the pod be made anew on a larger node.',
  reads: ['Pod', 'Node'],
  run(snapshot) {
    const waiting = snapshot.list('Pod').filter((pod) => isLive(pod) && pendingOf(snapshot, pod) !== undefined)
    return byWorkload(snapshot, waiting).flatMap(({ workload, pods }) => draftOf(snapshot, workload, pods) ?? [])
  },
}

/** The condition that says so, when it has said so for long enough. Before 1.33 it was the field `status.resize`. */
function pendingOf(snapshot: Snapshot, pod: KubeObject): Condition | undefined {
  const pending = condition(pod, 'PodResizePending')
  const doing = condition(pod, 'PodResizeInProgress')
  const old = pod.status?.resize
  const said =
    pending?.status === 'True'
      ? pending
      : doing?.status === 'True' && doing.reason === 'Error'
        ? doing
        : old === 'Infeasible' || old === 'Deferred'
          ? { type: 'resize', status: 'True', reason: String(old) }
          : undefined
  if (!said) return undefined
  const age = snapshot.ageMs(said.lastTransitionTime) ?? PATIENCE_MS
  return said.reason === 'Infeasible' || age >= PATIENCE_MS ? said : undefined
}

function draftOf(snapshot: Snapshot, workload: KubeObject, pods: KubeObject[]): Draft | undefined {
  const [pod] = pods
  const said = pod && pendingOf(snapshot, pod)
  if (!pod || !said) return undefined
  const node = String(pod.spec?.nodeName ?? 'its node')
  const age = snapshot.ageMs(said.lastTransitionTime)
  const message = oneLine(said.message ?? '', 300)
  const told = message ? `: ${message}` : ''
  const { cause, remedy } = whyNot(said.reason ?? '', node)
  return {
    severity: 'warning',
    object: refOf(workload),
    depth: 'cause',
    summary: `${nameOf(workload)}: the in-place resize of ${count(pods.length, 'pod')} is not done (${said.reason ?? 'pending'})${age === undefined ? '' : ` for ${duration(age)}`}`,
    cause: `${cause}${told}`,
    evidence: [evidence('status', pod, `${said.type} ${said.reason ?? ''}${told}`)],
    remedy,
    ...(said.lastTransitionTime ? { since: said.lastTransitionTime } : {}),
    pods: refsOf(pods),
  }
}

function whyNot(reason: string, node: string): { cause: string; remedy: string } {
  if (reason === 'Infeasible') {
    return {
      cause: `node ${node} can never give the pod what it is asked to have`,
      remedy: 'Lower the requests below what the node has, or let the pod be made anew on a larger node.',
    }
  }
  if (reason === 'Deferred') {
    return {
      cause: `node ${node} has no room for it now; the kubelet does it when others have ended there`,
      remedy: `Free room on ${node}, lower the requests, or let the pod be made anew where there is room.`,
    }
  }
  return {
    cause: `the kubelet of node ${node} cannot apply it`,
    remedy: 'Look at what the message names; letting the pod be made anew applies the new resources, too.',
  }
}
