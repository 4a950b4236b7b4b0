// PodDisruptionBudgets that allow no eviction while a drain waits, and budgets that can never allow one.
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { eventsAbout, eventText } from '../look/events.ts'
import { isCordoned, isNodeReady, taintsOf } from '../look/nodes.ts'
import { isFinished, isReady, refsOf } from '../look/pods.ts'
import { count, duration, evidence, some } from '../look/words.ts'
import { desiredReplicas, nameOf, workloadOf } from '../look/workloads.ts'

// cluster-autoscaler, Karpenter and drain controllers mark the nodes they empty
const LEAVING =
  /^(ToBeDeletedByClusterAutoscaler|DeletionCandidateOfClusterAutoscaler|karpenter\.sh\/(disrupted|disruption)|node\.kubernetes\.io\/unschedulable|aws-node-termination-handler\/.*)$/
const SETTLE_MS = 10 * 60_000
const BLOCKED = /disruption budget|\bPDB\b|pdb .* prevents/i

export const disruptionBudget: Check = {
  name: 'disruption-budget',
  title: 'A PodDisruptionBudget allows no eviction, so a drain cannot finish',
  why: 'With minAvailable equal to the replicas (or maxUnavailable 0) no pod may ever be evicted: drains, upgrades and scale-downs hang.',
  fix: 'Allow one disruption (maxUnavailable 1), or add a replica.',
  reads: ['PodDisruptionBudget', 'Pod', 'Node', 'Event', 'Deployment', 'StatefulSet'],
  run(snapshot) {
    return snapshot.list('PodDisruptionBudget').flatMap((budget) => draftOf(snapshot, budget) ?? [])
  },
}

function draftOf(snapshot: Snapshot, budget: KubeObject): Draft | undefined {
  if (budget.metadata.deletionTimestamp || (budget.status?.disruptionsAllowed ?? 0) > 0) return undefined
  const pods = snapshot.podsMatching(budget.metadata.namespace, budget.spec?.selector).filter((pod) => !isFinished(pod))
  if (pods.length === 0) return undefined
  const leaving = pods.filter((pod) => {
    const node = pod.spec?.nodeName ? snapshot.get('Node', undefined, pod.spec.nodeName) : undefined
    return (
      node !== undefined &&
      isNodeReady(node) &&
      (isCordoned(node) || taintsOf(node).some((taint) => LEAVING.test(taint.key)))
    )
  })
  const events = [
    ...pods.flatMap((pod) => eventsAbout(snapshot, pod, { message: BLOCKED }).map((event) => ({ about: pod, event }))),
    ...snapshot.list('Node').flatMap((node) =>
      eventsAbout(snapshot, node, { message: BLOCKED })
        .filter((event) => String(event.message).includes(budget.metadata.name))
        .map((event) => ({ about: node, event })),
    ),
  ]
  const workloads = [...new Set(pods.map((pod) => workloadOf(snapshot, pod)))]
  const wanted = workloads.reduce((sum, workload) => sum + Math.max(0, desiredReplicas(workload)), 0)
  const healthy = Number(budget.status?.currentHealthy ?? pods.filter(isReady).length)
  const needed = Number(budget.status?.desiredHealthy ?? Number.NaN)
  const rule =
    budget.spec?.minAvailable !== undefined
      ? `minAvailable ${budget.spec.minAvailable}`
      : `maxUnavailable ${budget.spec?.maxUnavailable ?? 1}`
  // by its own rule, even when every replica is well
  const never = needed >= Math.max(wanted, Number(budget.status?.expectedPods ?? wanted))
  const hurts = leaving.length > 0 || events.length > 0
  if (!hurts && !never) return undefined
  const nodes = [...new Set(leaving.map((pod) => String(pod.spec?.nodeName)))]
  const [node] = nodes
  const since = node === undefined ? undefined : cordonedSince(snapshot.get('Node', undefined, node))
  // while evicted pods start anew elsewhere no other may go: that is how a drain proceeds
  const settling =
    !never &&
    pods.every((pod) => isReady(pod) || (snapshot.ageMs(pod.metadata.creationTimestamp) ?? SETTLE_MS) < SETTLE_MS)
  if (settling) return undefined
  const sick = workloads.filter((workload) =>
    snapshot.podsOf(workload).some((pod) => !isReady(pod) && !isFinished(pod)),
  )
  return {
    severity: hurts ? 'warning' : 'info',
    object: refOf(budget),
    depth: never ? 'cause' : 'symptom',
    summary: hurts
      ? `PodDisruptionBudget ${nameOf(budget)} (${rule}) allows no eviction, so ${nodes.length > 0 ? `the drain of ${some(nodes)} cannot finish${since ? ` since ${duration(snapshot.ageMs(since) ?? 0)}` : ''}` : 'an eviction is refused'}`
      : `PodDisruptionBudget ${nameOf(budget)} (${rule}) will never allow an eviction: drains of its nodes will hang`,
    cause: never
      ? `${rule} with ${count(Math.max(wanted, pods.length), 'replica')} of ${some(workloads.map((workload) => `${workload.kind} ${workload.metadata.name}`))} leaves 0 disruptions allowed${leaving.length > 0 ? `: pod ${some(leaving.map((pod) => pod.metadata.name))} cannot be evicted` : ''}`
      : `${healthy} pods are healthy and ${Number.isNaN(needed) ? '?' : needed} must be, so 0 disruptions are allowed until the others are well`,
    evidence: [
      evidence(
        'status',
        budget,
        `disruptionsAllowed 0, currentHealthy ${healthy}, desiredHealthy ${Number.isNaN(needed) ? '?' : needed}, expectedPods ${budget.status?.expectedPods ?? '?'}`,
      ),
      ...nodes.slice(0, 2).flatMap((name) => {
        const found = snapshot.get('Node', undefined, name)
        return found ? [evidence('spec', found, `cordoned${since ? ` since ${since}` : ''}`)] : []
      }),
      ...events.slice(0, 3).map(({ about, event }) => evidence('event', about, eventText(event))),
    ],
    remedy: never
      ? `Set maxUnavailable: 1 (or minAvailable ${Math.max(0, wanted - 1)}) in ${budget.metadata.name}, or run one replica more; then the eviction goes through.`
      : `Mend the unhealthy pods of ${some(sick.map(nameOf))} first; the budget allows evictions again then.`,
    ...(since ? { since } : {}),
    dueTo: never ? [] : refsOf(sick),
    explains: nodes.map((name) => ({ apiVersion: 'v1', kind: 'Node', name })),
  }
}

function cordonedSince(node: KubeObject | undefined): string | undefined {
  return node ? taintsOf(node).find((taint) => taint.key === 'node.kubernetes.io/unschedulable')?.timeAdded : undefined
}
