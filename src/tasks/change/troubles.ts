// What the checks say about the objects of a plan: remembered when it is made, looked at again when it has run.
import { Action } from '../../core/action.ts'
import { canonicalJson } from '../../core/canonical.ts'
import type { Finding } from '../../core/finding.ts'
import type { Plan } from '../../core/plan.ts'
import { type ObjectRef, refKey, refText } from '../../core/ref.ts'
import { diagnose } from '../../diagnose/index.ts'
import type { Cluster } from '../../kube/clusters.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Approval } from '../../safety/approval.ts'
import { readChecked } from './checked.ts'

const MOST = 10
const MOST_ABOUT = 20
const MAX_NAMESPACES = 5

type Trouble = Approval['troubles'][number]

/** Rejects when the cluster cannot be read. Cluster-scoped plans have none: a whole cluster is not checked for one change. */
export async function troublesOf(
  plan: Plan,
  cluster: Cluster,
  signal: AbortSignal,
  /** keys of further objects to look at */
  beside: readonly string[] = [],
): Promise<Trouble[]> {
  const namespaces = [...new Set(plan.steps.flatMap(({ object }) => object.namespace ?? []))].slice(0, MAX_NAMESPACES)
  if (namespaces.length === 0) return []
  const snapshot = await readChecked(cluster, namespaces, signal)
  const own = new Set([...plan.steps.map(({ object }) => refKey(object)), ...beside])
  const wanted = plan.action && canonicalJson(Action.parse(plan.action))
  return diagnose(snapshot)
    .findings.filter(({ severity, root }) => severity !== 'info' && root)
    .map((finding) => ({
      finding,
      about: aboutOf(finding, snapshot),
      remedied: finding.action !== null && canonicalJson(Action.parse(finding.action)) === wanted,
    }))
    .filter(({ about, remedied }) => remedied || about.some((key) => own.has(key)))
    .slice(0, MOST)
    .map(({ finding, about, remedied }) => ({
      check: finding.check,
      object: refText(rootOwner(finding.object, snapshot)),
      summary: finding.summary.slice(0, 200),
      about: about.slice(0, MOST_ABOUT),
      remedied,
    }))
}

/** A finding speaks of its object, of what it explains, and of the workloads that own them. */
function aboutOf(finding: Finding, snapshot: Snapshot): string[] {
  const refs = [finding.object, ...finding.explains]
  return [...new Set(refs.flatMap((ref) => [refKey(rootOwner(ref, snapshot)), refKey(ref)]))]
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

/** Of what was wrong before, what still is, under whatever name; and what came with the change. */
export function stillWrong(before: Trouble[], now: Trouble[]): { still: Trouble[]; fresh: Trouble[] } {
  const known = new Set(before.map(nameOf))
  const suffered = new Set(before.filter(({ remedied }) => remedied).flatMap(({ about }) => about))
  const isOld = (one: Trouble) => known.has(nameOf(one)) || one.about.some((key) => suffered.has(key))
  return { still: now.filter(isOld), fresh: now.filter((one) => !isOld(one)) }
}

function nameOf({ check, object }: Trouble): string {
  return `${check} ${object}`
}
