// Reading what the scheduler says about a pod it cannot place: each reason with its number of nodes, and the one that decides.
import type { KubeObject } from '../../objects/object.ts'
import { eventTime, type Snapshot } from '../../objects/snapshot.ts'
import { eventsAbout, messageText } from './events.ts'
import { perSnapshot } from './memo.ts'
import { byWorkload, condition, isLive, type PodGroup } from './pods.ts'

export type Reason =
  | 'resources'
  | 'too-many-pods'
  | 'node-labels'
  | 'node-name'
  | 'taint'
  | 'cordon'
  | 'anti-affinity'
  | 'existing-anti-affinity'
  | 'affinity'
  | 'spread'
  | 'ports'
  | 'volume-unbound'
  | 'volume-missing'
  | 'volume-node'
  | 'volume-none'
  | 'volume-limit'
  | 'volume-busy'
  | 'claims'
  | 'no-nodes'
  | 'other'

export interface Refusal {
  reason: Reason
  /** nodes refused for it; undefined where the scheduler gave up before looking at nodes */
  nodes: number | undefined
  /** the scheduler's words */
  text: string
  /** the resource of `resources`: cpu, nvidia.com/gpu */
  resource?: string
}

export interface Unplaced {
  pod: KubeObject
  message: string
  refusals: Refusal[]
  decisive: Refusal
  since: string | undefined
}

// by the wording of kube-scheduler's plugins 1.20 to 1.36, and by the order in which filters run: what is refused later has passed what comes earlier
const WORDINGS: [Reason, RegExp][] = [
  ['cordon', /^node\(s\) were unschedulable/],
  ['node-name', /^node\(s\) didn't match the requested node name/],
  ['taint', /^node\(s\) had (untolerated )?taint/],
  ['node-labels', /^node\(s\) didn't match (Pod's node (affinity|selector)|node selector|scheduler-enforced)/i],
  ['ports', /^node\(s\) didn't have free ports/],
  ['too-many-pods', /^Too many pods/],
  ['resources', /^Insufficient (\S+)/],
  ['volume-busy', /^node(\(s\))? (has pod using|had no available disk)|ReadWriteOncePod/],
  ['volume-limit', /^node\(s\) exceed max volume count/],
  ['volume-unbound', /unbound immediate PersistentVolumeClaims|waiting for ephemeral volume controller/],
  [
    'volume-missing',
    /persistentvolumeclaim "[^"]*" (not found|is being deleted|bound to non-existent)|bound to non-existent pv/i,
  ],
  [
    'volume-node',
    /volume node affinity conflict|didn't match PersistentVolume's node affinity|no available volume zone/i,
  ],
  ['volume-none', /didn't find available persistent volumes to bind|not have enough free storage/i],
  ['spread', /pod topology spread constraints/],
  ['existing-anti-affinity', /existing pods anti-affinity rules/],
  ['anti-affinity', /pod anti-affinity rules/],
  ['affinity', /pod affinity rules/],
  ['claims', /resource ?claim|cannot allocate all claims/i],
  ['no-nodes', /^no nodes available/],
]
const ORDER = new Map(WORDINGS.map(([reason], index) => [reason, index]))

/** Parses `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable. preemption: …`. */
export function parseRefusals(message: string): Refusal[] {
  const text = message.slice(0, 4096)
  const available = /^\d+\/\d+ nodes are available: /.exec(text)
  const rest = available ? text.slice(available[0].length) : text
  const body = cutAt(cutAt(cutAt(rest, ' preemption: '), '. no new claims'), '. not found').replace(/[.,\s]+$/, '')
  const refusals: Refusal[] = []
  // a reason may hold commas of its own ("{key: a, b}"): a new one begins with a number
  for (const part of body.split(/, (?=\d+ )/)) {
    const counted = available ? /^(\d+) (.+)$/s.exec(part) : null
    const words = (counted ? (counted[2] ?? '') : part).trim()
    if (words === '') continue
    const found = WORDINGS.find(([, wording]) => wording.test(words))
    const resource = /^Insufficient (\S+)/.exec(words)?.[1]
    refusals.push({
      reason: found ? found[0] : 'other',
      nodes: counted ? Number(counted[1]) : undefined,
      text: words,
      ...(resource ? { resource } : {}),
    })
  }
  return refusals
}

function cutAt(text: string, mark: string): string {
  const at = text.indexOf(mark)
  return at < 0 ? text : text.slice(0, at)
}

/** What was refused before any node was looked at; otherwise what the nodes refused that came nearest to taking the pod. */
function decide(refusals: readonly Refusal[]): Refusal | undefined {
  const whole = refusals.find((refusal) => refusal.nodes === undefined && refusal.reason !== 'other')
  if (whole) return whole
  const known = refusals.filter((refusal) => refusal.reason !== 'other')
  const depth = (refusal: Refusal) => ORDER.get(refusal.reason) ?? -1
  return [...known].sort((a, b) => depth(b) - depth(a) || (b.nodes ?? 0) - (a.nodes ?? 0))[0] ?? refusals[0]
}

/** Pods that wait for a node and were refused, by what the scheduler last said; pods younger than half a minute are given time. */
export const unplacedPods = perSnapshot((snapshot: Snapshot): Unplaced[] => {
  return snapshot.list('Pod').flatMap((pod): Unplaced[] => {
    if (pod.spec?.nodeName || !isLive(pod) || (snapshot.ageMs(pod.metadata.creationTimestamp) ?? 60_000) < 30_000)
      return []
    const scheduled = condition(pod, 'PodScheduled')
    if (scheduled?.status === 'True' || scheduled?.reason === 'SchedulingGated') return []
    const message = lastMessage(snapshot, pod, scheduled?.message)
    const refusals = message ? parseRefusals(message) : []
    const decisive = decide(refusals)
    if (!message || !decisive) return []
    return [
      { pod, message, refusals, decisive, since: scheduled?.lastTransitionTime ?? pod.metadata.creationTimestamp },
    ]
  })
})

/** The newest word of the scheduler: its event, or the condition when events have expired. A lost race while binding says nothing. */
function lastMessage(snapshot: Snapshot, pod: KubeObject, fallback: string | undefined): string | undefined {
  const events = eventsAbout(snapshot, pod, { reason: 'FailedScheduling' }).sort((a, b) => eventTime(b) - eventTime(a))
  const said = [...events.map(messageText), fallback ?? '']
  return said.find((text) => text !== '' && !/the object has been modified/.test(text))
}

export interface UnplacedGroup extends PodGroup {
  unplaced: Unplaced[]
}

/** Refused pods whose decisive reason is one of these, by workload. */
export function unplacedBy(snapshot: Snapshot, reasons: readonly Reason[]): UnplacedGroup[] {
  const mine = new Map(
    unplacedPods(snapshot)
      .filter((unplaced) => reasons.includes(unplaced.decisive.reason))
      .map((unplaced) => [unplaced.pod, unplaced]),
  )
  return byWorkload(snapshot, mine.keys()).map((group) => ({
    ...group,
    unplaced: group.pods.flatMap((pod) => mine.get(pod) ?? []),
  }))
}
