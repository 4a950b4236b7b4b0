// What the checks say about the objects of a plan: remembered when it is made, looked at again when it has run.
import type { Finding } from '../../core/finding.ts'
import type { Plan } from '../../core/plan.ts'
import { type ObjectRef, refKey, refText } from '../../core/ref.ts'
import { CHECKS } from '../../diagnose/checks/index.ts'
import { diagnose } from '../../diagnose/index.ts'
import { kindsToRead } from '../../diagnose/reads.ts'
import type { Cluster } from '../../kube/clusters.ts'
import { readSnapshot } from '../../kube/snapshot.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Approval } from '../../safety/approval.ts'

const MOST = 10
const MAX_NAMESPACES = 5

type Trouble = Approval['troubles'][number]

/** Rejects when the cluster cannot be read. Cluster-scoped plans have none: a whole cluster is not checked for one change. */
export async function troublesOf(plan: Plan, cluster: Cluster, signal: AbortSignal): Promise<Trouble[]> {
  const namespaces = [...new Set(plan.steps.flatMap(({ object }) => object.namespace ?? []))].slice(0, MAX_NAMESPACES)
  if (namespaces.length === 0) return []
  const snapshot = await readSnapshot(cluster.reader, {
    namespaces,
    kinds: kindsToRead(CHECKS),
    logs: 'failing',
    signal,
    now: new Date(),
  })
  const own = new Set(plan.steps.map(({ object }) => refKey(object)))
  return diagnose(snapshot)
    .findings.filter(({ severity, root }) => severity !== 'info' && root)
    .filter((finding) => concerns(finding, own, snapshot))
    .slice(0, MOST)
    .map(({ check, object, summary }) => ({
      check,
      object: refText(rootOwner(object, snapshot)),
      summary: summary.slice(0, 200),
    }))
}

/** A finding speaks of an object when it is about it, about something it owns, or explains a finding that is. */
function concerns(finding: Finding, own: ReadonlySet<string>, snapshot: Snapshot): boolean {
  return [finding.object, ...finding.explains].some(
    (ref) => own.has(refKey(ref)) || own.has(refKey(rootOwner(ref, snapshot))),
  )
}

function rootOwner(ref: ObjectRef, snapshot: Snapshot): ObjectRef {
  let current = ref
  for (let depth = 0; depth < 5; depth++) {
    const owner = snapshot
      .find(current)
      ?.metadata.ownerReferences?.find(({ controller }: { controller?: boolean }) => controller === true)
    if (!owner) return current
    current = { kind: owner.kind, name: owner.name, ...(current.namespace ? { namespace: current.namespace } : {}) }
  }
  return current
}

/** Of what was wrong before, what still is; and what came with the change. */
export function stillWrong(before: Trouble[], now: Trouble[]): { still: Trouble[]; fresh: Trouble[] } {
  const known = new Set(before.map(nameOf))
  return { still: now.filter((one) => known.has(nameOf(one))), fresh: now.filter((one) => !known.has(nameOf(one))) }
}

function nameOf({ check, object }: Trouble): string {
  return `${check} ${object}`
}
