// Pods whose volumes keep them from being placed: unbound or missing claims, volumes tied to another zone.
import type { ObjectRef } from '../../core/ref.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check } from '../check.ts'
import { nearest } from '../look/names.ts'
import { isCordoned, isNodeReady } from '../look/nodes.ts'
import { unplacedBy } from '../look/scheduling.ts'
import { type UnplacedWords, unplacedDraft } from '../look/unplaced.ts'
import { claimNamesOf, claimRef, nodesOfVolume, usersOf, volumeOf, volumePlace } from '../look/volumes.ts'
import { count, evidence, some } from '../look/words.ts'
import { nameOf, workloadOf } from '../look/workloads.ts'

export const schedulingVolumes: Check = {
  name: 'scheduling-volumes',
  title: 'Pods wait because of their volumes',
  why: 'A pod is placed only where all its volumes can be reached: an unbound claim, or a disk in a zone without a free node, blocks it.',
  fix: 'Mend the claim (class, size, access mode), or give the zone of the volume a node that can take the pod.',
  reads: ['Pod', 'Node', 'Event', 'PersistentVolumeClaim', 'PersistentVolume', 'StorageClass'],
  run(snapshot) {
    const groups = unplacedBy(snapshot, [
      'volume-unbound',
      'volume-missing',
      'volume-node',
      'volume-none',
      'volume-busy',
    ])
    return groups.flatMap((group) => {
      const [first] = group.unplaced
      if (!first) return []
      return unplacedDraft(snapshot, group, wordsFor(snapshot, first.pod, first.decisive.reason, first.message)) ?? []
    })
  },
}

function wordsFor(snapshot: Snapshot, pod: KubeObject, reason: string, message: string): UnplacedWords {
  if (reason === 'volume-missing') return missingClaim(snapshot, pod, message)
  if (reason === 'volume-node') return elsewhere(snapshot, pod)
  const names = claimNamesOf(pod)
  const claims = names.flatMap((name) => snapshot.get('PersistentVolumeClaim', pod.metadata.namespace, name) ?? [])
  if (reason === 'volume-busy') {
    const holders = claims
      .flatMap((claim) => usersOf(snapshot, claim))
      .filter((other) => other !== pod && other.spec?.nodeName)
    return {
      cause: `the volume may be used by one pod at a time (ReadWriteOncePod) and ${some(holders.map(nameOf))} holds it`,
      remedy: 'Stop the pod that holds the volume, or use a claim of its own for each replica.',
      dueTo: holders.map(refOf),
    }
  }
  const open = claims.filter((claim) => claim.status?.phase !== 'Bound')
  const waiting = open.length > 0 ? open : claims
  return {
    cause:
      waiting.length > 0
        ? `${count(waiting.length, 'PersistentVolumeClaim')} not bound: ${some(waiting.map((claim) => `${claim.metadata.name} is ${claim.status?.phase ?? 'unknown'}${claim.spec?.storageClassName ? ` (class ${claim.spec.storageClassName})` : ''}`))}`
        : `the PersistentVolumeClaims of the pod (${some(names)}) are not bound`,
    remedy: `Find out why the claim is not bound: kubectl describe pvc ${waiting[0]?.metadata.name ?? names[0] ?? ''} -n ${pod.metadata.namespace ?? ''}.`,
    evidence: waiting.map((claim) => evidence('status', claim, `phase ${claim.status?.phase ?? 'unknown'}`)),
    dueTo: [
      ...names.map((name) => claimRef(pod.metadata.namespace, name)),
      ...claims.flatMap((claim) => classRef(claim) ?? []),
    ],
    depth: 'state',
  }
}

function classRef(claim: KubeObject): ObjectRef | undefined {
  const name = claim.spec?.storageClassName
  return name ? { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', name } : undefined
}

function missingClaim(snapshot: Snapshot, pod: KubeObject, message: string): UnplacedWords {
  const name = /persistentvolumeclaim "([^"]{1,253})"/.exec(message)?.[1] ?? claimNamesOf(pod)[0] ?? ''
  const near = nearest(
    name,
    snapshot.list('PersistentVolumeClaim', pod.metadata.namespace ?? '').map((claim) => claim.metadata.name),
  )
  const gone = /being deleted/.test(message)
  const lost = /non-existent/.test(message)
  const what = lost
    ? 'is bound to a PersistentVolume that no longer exists'
    : gone
      ? 'is being deleted'
      : 'does not exist'
  const workload = workloadOf(snapshot, pod)
  return {
    cause: `PersistentVolumeClaim ${name} ${what}${near && !lost && !gone ? ` (nearest: ${near})` : ''}`,
    remedy: lost
      ? `Restore the PersistentVolume of ${name} or recreate the claim from a backup.`
      : gone
        ? `Let the deletion of ${name} finish and create the claim anew, or point ${nameOf(workload)} to another claim.`
        : `Create PersistentVolumeClaim ${name}${near ? `, or point ${nameOf(workload)} to ${near}` : ''}.`,
    evidence: [evidence('spec', pod, `volume from claim ${name}`)],
    dueTo: [claimRef(pod.metadata.namespace, name)],
  }
}

function elsewhere(snapshot: Snapshot, pod: KubeObject): UnplacedWords {
  const told: string[] = []
  const dueTo: ObjectRef[] = []
  const shown = []
  for (const name of claimNamesOf(pod)) {
    const claim = snapshot.get('PersistentVolumeClaim', pod.metadata.namespace, name)
    const volume = claim && volumeOf(snapshot, claim)
    const nodes = volume && nodesOfVolume(snapshot, volume)
    if (!volume || !nodes) continue
    const usable = nodes.filter((node) => isNodeReady(node) && !isCordoned(node))
    const there =
      nodes.length === 0
        ? 'no node is there'
        : usable.length === 0
          ? `${some(nodes.map((node) => node.metadata.name))} there cannot take pods (not ready or cordoned)`
          : `only ${some(usable.map((node) => node.metadata.name))} there`
    told.push(
      `volume ${volume.metadata.name} of claim ${name} can be reached only from nodes with ${volumePlace(volume)} (volume node affinity, zone), and ${there}`,
    )
    dueTo.push(...nodes.filter((node) => !usable.includes(node)).map(refOf))
    shown.push(evidence('spec', volume, `node affinity ${volumePlace(volume)}`))
  }
  return {
    cause: told.join('; ') || 'a volume of the pod is tied to nodes or a zone where the pod may not run',
    remedy:
      'Add or free a node in the zone of the volume, loosen the node selector of the pod, or restore the data into a volume of the other zone.',
    evidence: shown,
    dueTo,
  }
}
