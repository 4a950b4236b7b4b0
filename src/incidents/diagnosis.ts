// From owners in trouble to causes: one look at their namespace or node, all checks, and for each owner the root that explains it.
import { type Finding, headlineOf } from '../core/finding.ts'
import { type ObjectRef, refKey } from '../core/ref.ts'
import { CHECKS } from '../diagnose/checks/index.ts'
import { diagnose } from '../diagnose/index.ts'
import { kindsToRead } from '../diagnose/reads.ts'
import type { Reader } from '../kube/reader.ts'
import { readSnapshot } from '../kube/snapshot.ts'
import type { KubeObject } from '../objects/object.ts'
import { ownerOfEvent, ownerOfPod } from '../objects/owner.ts'
import { Snapshot } from '../objects/snapshot.ts'
import { endingOf, revisionOf } from './ending.ts'
import { type Cause, WORTH } from './incident.ts'

const MAX_PODS_OF_NODE = 500
const MAX_LOGS = 150
/** how long it lasted when it was looked at: stale a minute later, and the incident says since when */
const AGE = / for \d+ (s|min|h|d)\b/

export interface Look {
  findings: Finding[]
  partial: string[]
  /**
   * The finding that explains this owner's trouble best; undefined: none of them concerns it. A `known` cause that is a root still stays the
   * best one: what came to it later is another trouble.
   */
  explaining(owner: ObjectRef, known?: Cause): Finding | undefined
  /** a root beside this cause that shows in the owner's own pods */
  ownRoot(owner: ObjectRef, cause: Cause): Finding | undefined
  /** further roots that concern it */
  others(owner: ObjectRef): Finding[]
  /** the number of a workload's newest revision */
  revision(owner: ObjectRef): number | undefined
  /** it was looked for and is not there */
  isAbsent(object: ObjectRef): boolean
  /** what ended the trouble of this owner, if anything tells */
  ending(owner: ObjectRef, cause: Cause | undefined): string | undefined
}

/** One look serves every owner of a namespace. `place` is a namespace, or a node, or the whole cluster. */
export type Place = { namespace: string } | { node: string } | { cluster: true }

export function placeOf(owner: ObjectRef): Place {
  if (owner.namespace) return { namespace: owner.namespace }
  if (owner.kind === 'Namespace') return { namespace: owner.name }
  return owner.kind === 'Node' ? { node: owner.name } : { cluster: true }
}

/** Throws an UnavailableError when the cluster does not answer. */
export async function lookAt(reader: Reader, place: Place, signal: AbortSignal, owners = 1): Promise<Look> {
  const snapshot =
    'node' in place
      ? await nodeSnapshot(reader, place.node, signal)
      : await placeSnapshot(reader, place, owners, signal)
  const { findings, partial } = diagnose(snapshot, 'namespace' in place ? { namespace: place.namespace } : {})
  const bad = findings.filter((finding) => finding.severity !== 'info')
  const showsIn = (finding: Finding, owner: ObjectRef) =>
    finding.evidence.some(
      ({ source, object }) =>
        source !== 'spec' && object.kind === 'Pod' && refKey(ownerIn(snapshot, object)) === refKey(owner),
    )
  const isOwn = (finding: Finding, owner: ObjectRef) =>
    finding.root && isAbout(finding, owner) && showsIn(finding, owner)
  const concerning = (owner: ObjectRef) =>
    bad
      .filter((finding) => concerns(finding, owner, snapshot))
      .sort(
        (a, b) =>
          Number(b.root) - Number(a.root) ||
          // a root of its own is not explained by what also happens around it
          Number(isOwn(b, owner)) - Number(isOwn(a, owner)) ||
          WORTH[b.severity] - WORTH[a.severity] ||
          Number(isAbout(b, owner)) - Number(isAbout(a, owner)),
      )
  return {
    findings,
    partial,
    explaining(owner, known) {
      const found = concerning(owner)
      return found.find((one) => one.root && known && isSame(one, known)) ?? found[0]
    },
    ownRoot: (owner, cause) => concerning(owner).find((one) => one.root && !isSame(one, cause) && showsIn(one, owner)),
    others: (owner) =>
      concerning(owner)
        .slice(1)
        .filter((finding) => finding.root),
    revision: (owner) => revisionOf(snapshot, owner)?.number,
    isAbsent: (object) => snapshot.wasRead(object.kind) && !snapshot.find(object),
    ending: (owner, cause) => endingOf(snapshot, owner, cause),
  }
}

function placeSnapshot(
  reader: Reader,
  place: Exclude<Place, { node: string }>,
  owners: number,
  signal: AbortSignal,
): Promise<Snapshot> {
  // every workload in trouble may say something of its own
  const logs = Math.min(24 + 3 * owners, MAX_LOGS)
  return readSnapshot(reader, {
    kinds: kindsToRead(CHECKS),
    logs: 'failing',
    signal,
    budget: { requests: 60 + logs, logs, timeoutMs: 12_000 },
    ...('namespace' in place ? { namespaces: [place.namespace] } : {}),
  })
}

/** A node, its own events and lease, and the pods on it: not the whole cluster. */
async function nodeSnapshot(reader: Reader, node: string, signal: AbortSignal): Promise<Snapshot> {
  const kinds = await reader.kinds()
  const objects: KubeObject[] = []
  const partial: string[] = []
  const lists: { kind: string; fieldSelector?: string; namespace?: string; limit?: number }[] = [
    { kind: 'Node' },
    { kind: 'Pod', fieldSelector: `spec.nodeName=${node}`, limit: MAX_PODS_OF_NODE },
    { kind: 'Event', fieldSelector: `involvedObject.kind=Node,involvedObject.name=${node}`, limit: 200 },
    { kind: 'Lease', namespace: 'kube-node-lease' },
  ]
  await Promise.all(
    lists.map(async ({ kind, ...scope }) => {
      const served = kinds.byKind(kind)
      if (!served) return
      try {
        objects.push(...(await reader.list(served, { ...scope, signal })).items)
      } catch (error) {
        // without the node itself there is nothing to say
        if (kind === 'Node') throw error
        partial.push(`not available: list ${served.plural}`)
      }
    }),
  )
  return new Snapshot({ cluster: reader.cluster, now: new Date(), objects, partial })
}

function isAbout(finding: Finding, owner: ObjectRef): boolean {
  return refKey(finding.object) === refKey(owner)
}

/** The same check on the same object, whatever it says now. */
export function isSame(finding: Finding, { check, object }: Cause): boolean {
  return finding.check === check && isAbout(finding, object)
}

function concerns(finding: Finding, owner: ObjectRef, snapshot: Snapshot): boolean {
  const key = refKey(owner)
  return [finding.object, ...finding.explains].some(
    (ref) => refKey(ref) === key || refKey(ownerIn(snapshot, ref)) === key,
  )
}

/** The owner of any object of the snapshot, named the same way as for signs. */
export function ownerIn(snapshot: Snapshot, ref: ObjectRef): ObjectRef {
  const object = ref.kind === 'Pod' ? snapshot.find(ref) : undefined
  return object ? ownerOfPod(object) : ownerOfEvent(ref, () => undefined)
}

export function causeOf(finding: Finding, owner: ObjectRef, look: Look): Cause {
  const revision = look.revision(owner)
  return {
    check: finding.check,
    object: finding.object,
    summary: finding.summary.replace(AGE, ''),
    cause: finding.cause,
    ...(finding.changed ? { changed: finding.changed } : {}),
    evidence: finding.evidence.slice(0, 4).map((one) => ({ ...one, text: one.text.slice(0, 500) })),
    remedy: finding.remedy,
    action: finding.action,
    ...(revision === undefined ? {} : { revision }),
    ...(look.isAbsent(finding.object) ? { absent: true } : {}),
    others: look
      .others(owner)
      .slice(0, 5)
      .map((one) => headlineOf(one).slice(0, 200)),
    partial: look.partial.slice(0, 4).map((one) => one.slice(0, 200)),
  }
}
