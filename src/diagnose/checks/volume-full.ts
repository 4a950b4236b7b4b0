// Volumes that are full: what writes to them fails with "no space left on device".
import { type KubeObject, refOf } from '../../objects/object.ts'
import { formatBytes, parseQuantity } from '../../objects/quantity.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { logReason } from '../look/logs.ts'
import { mountAt, mountsOf } from '../look/mounts.ts'
import { containersOf, isFinished, refsOf } from '../look/pods.ts'
import { classNameOf } from '../look/volumes.ts'
import { evidence } from '../look/words.ts'
import { nameOf, workloadOf } from '../look/workloads.ts'

const FULL =
  /no space left|ENOSPC|disk(?: is)? ?full|disk quota exceeded|out of disk|watermark|no more free space|volume is full|insufficient disk|not enough (?:disk|free) space/i

export const volumeFull: Check = {
  name: 'volume-full',
  title: 'A volume is full',
  why: 'A database or queue that cannot write stops; restarting it changes nothing.',
  fix: 'Grow the claim if its class allows it, or free space; then let the pod start.',
  reads: ['Pod', 'PersistentVolumeClaim', 'StorageClass'],
  run(snapshot) {
    const found = new Map<KubeObject, { pods: Set<KubeObject>; lines: { pod: KubeObject; line: string }[] }>()
    for (const pod of snapshot.list('Pod')) {
      if (isFinished(pod) || snapshot.logsOf(pod).length === 0) continue
      for (const container of containersOf(pod)) {
        for (const log of snapshot.logsOf(pod, container.name)) {
          if (!FULL.test(log.text.slice(-100_000))) continue
          const reason = logReason(log.text)
          const line = reason?.kind === 'disk-full' ? reason.line : fullLine(log.text)
          if (!line || (reason?.resolved && reason.kind === 'disk-full')) continue
          const claim = claimOf(snapshot, pod, container, line)
          if (!claim) continue
          const entry = found.get(claim) ?? { pods: new Set(), lines: [] }
          entry.pods.add(pod)
          entry.lines.push({ pod, line })
          found.set(claim, entry)
        }
      }
    }
    return [...found].map(([claim, { pods, lines }]) => draftOf(snapshot, claim, [...pods], lines))
  },
}

function fullLine(text: string): string | undefined {
  return text
    .slice(-100_000)
    .split('\n')
    .findLast((line) => FULL.test(line.slice(0, 1000)))
    ?.slice(0, 500)
}

/** The claim at the path the line names; else the only claim of the container. */
function claimOf(
  snapshot: Snapshot,
  pod: KubeObject,
  container: ReturnType<typeof containersOf>[number],
  line: string,
): KubeObject | undefined {
  const paths = line.match(/\/[\w.@+-]+(?:\/[\w.@+-]+)*/g)?.slice(0, 10) ?? []
  for (const path of paths) {
    const mount = mountAt(pod, container, path)
    // a path on an emptyDir or on the container's own layer is the node's disk, not a claim's
    if (mount && mount.source !== 'PersistentVolumeClaim') return undefined
    if (mount?.ref) return snapshot.get('PersistentVolumeClaim', pod.metadata.namespace, mount.ref.name)
  }
  const claims = mountsOf(pod, container).filter((mount) => mount.source === 'PersistentVolumeClaim' && !mount.readOnly)
  const [only] = claims
  return claims.length === 1 && only?.ref
    ? snapshot.get('PersistentVolumeClaim', pod.metadata.namespace, only.ref.name)
    : undefined
}

function draftOf(
  snapshot: Snapshot,
  claim: KubeObject,
  pods: KubeObject[],
  lines: { pod: KubeObject; line: string }[],
): Draft {
  const size = claim.status?.capacity?.storage ?? claim.spec?.resources?.requests?.storage
  const bytes = parseQuantity(size)
  const className = classNameOf(claim)
  const storageClass = className ? snapshot.get('StorageClass', undefined, className) : undefined
  const growable = storageClass?.allowVolumeExpansion === true
  const workloads = [...new Set(pods.map((pod) => workloadOf(snapshot, pod)))]
  const larger = bytes === undefined ? undefined : formatBytes(bytes * 2)
  return {
    severity: 'critical',
    object: refOf(claim),
    depth: 'cause',
    summary: `PersistentVolumeClaim ${nameOf(claim)} (${size ?? 'size unknown'}) is full: ${workloads.map((workload) => `${workload.kind} ${workload.metadata.name}`).join(', ')} cannot write, no space left on device`,
    cause: `the volume of ${size ?? 'unknown size'} has no space left, so every write to it fails, after a restart as before`,
    evidence: [
      ...lines.slice(0, 4).map(({ pod, line }) => evidence('log', pod, line)),
      evidence(
        'spec',
        claim,
        `capacity ${size ?? '?'}, class ${className ?? '?'}${storageClass ? `, allowVolumeExpansion ${storageClass.allowVolumeExpansion === true}` : ''}`,
      ),
    ],
    remedy: growable
      ? `Grow the claim to ${larger ?? 'a larger size'} (its class allows expansion), or delete data that is not needed; a restart does not help.`
      : `Free space on the volume, or move the data to a larger claim${storageClass ? ` (class ${className} does not allow expansion)` : ''}; a restart does not help.`,
    ...(growable && larger ? { action: { verb: 'grow-pvc', target: refOf(claim), size: larger } as const } : {}),
    explains: [...refsOf(workloads), ...refsOf(pods)],
  }
}
