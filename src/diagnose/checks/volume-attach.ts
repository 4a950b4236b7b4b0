// Volumes that cannot be attached or mounted: held by another node, missing at the cloud, a driver that does not answer.
import type { ObjectRef } from '../../core/ref.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { eventsAbout, eventText, messageText } from '../look/events.ts'
import { byWorkload, isLive, isReady, refsOf } from '../look/pods.ts'
import { claimNamesOf, claimRef, usersOf } from '../look/volumes.ts'
import { evidence, oneLine, some } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

const ATTACH = ['FailedAttachVolume', 'FailedMount', 'FailedMapVolume']
// a missing ConfigMap or Secret fails the mount too, and is another check's trouble
const OTHERS = /configmap|secret|serviceaccount|token|object ".+" not registered|references non-existent/i
const INTERESTING =
  /Multi-Attach|AttachVolume|MountVolume\.(?:MountDevice|NewMounter|SetUp|WaitForAttach)|MapVolume|driver name .+ not found|already (?:exclusively )?attached|timed out waiting|hostPath type check|mount failed|wrong fs type|NFS|nfs|permission denied|No such file or directory/

export const volumeAttach: Check = {
  name: 'volume-attach',
  title: 'A volume cannot be attached or mounted',
  why: 'The pod stays in ContainerCreating until its volumes are there.',
  fix: 'Free the volume from the node or pod that holds it, mend the driver, or correct the path or server.',
  reads: ['Pod', 'Event', 'PersistentVolumeClaim', 'PersistentVolume', 'VolumeAttachment', 'Node'],
  run(snapshot) {
    const stuck = snapshot
      .list('Pod')
      .filter((pod) => pod.spec?.nodeName && isLive(pod) && !isReady(pod) && problem(snapshot, pod) !== undefined)
    return byWorkload(snapshot, stuck).flatMap((group) => draftOf(snapshot, group.workload, group.pods) ?? [])
  },
}

function problem(snapshot: Snapshot, pod: KubeObject): KubeObject | undefined {
  if (!/^(Pending|Unknown)$/.test(pod.status?.phase ?? 'Pending')) return undefined
  const events = eventsAbout(snapshot, pod, { reason: ATTACH }).filter(
    (event) => INTERESTING.test(messageText(event)) && !OTHERS.test(messageText(event)),
  )
  // what names the reason says more than the timeout that follows it
  return (
    events.find((event) => /Multi-Attach/.test(messageText(event))) ??
    events.find((event) => !/timed out waiting for the condition|unmounted volumes/.test(messageText(event))) ??
    events[0]
  )
}

function draftOf(snapshot: Snapshot, workload: KubeObject, pods: KubeObject[]): Draft | undefined {
  const pod = pods[0]
  const event = pod && problem(snapshot, pod)
  if (!pod || !event) return undefined
  const message = messageText(event)
  const claims = claimNamesOf(pod)
  const volumeName = /for volume "(?<name>[^"]{1,253})"/.exec(message)?.groups?.name
  const claim =
    claims
      .map((name) => snapshot.get('PersistentVolumeClaim', pod.metadata.namespace, name))
      .find((entry) => entry?.spec?.volumeName === volumeName) ??
    claims.flatMap((name) => snapshot.get('PersistentVolumeClaim', pod.metadata.namespace, name) ?? [])[0]
  const words = /Multi-Attach/.test(message)
    ? multiAttach(snapshot, pod, claim, message)
    : wordsFor(pod, message, volumeName)
  return {
    severity: 'critical',
    object: refOf(workload),
    depth: 'cause',
    summary: `${workload.kind} ${nameOf(workload)}: pod ${pod.metadata.name} waits for ${claim ? `volume of claim ${claim.metadata.name}` : `volume ${volumeName ?? ''}`}, which cannot be ${/Multi-Attach|AttachVolume/.test(message) ? 'attached' : 'mounted'}`,
    cause: words.cause,
    evidence: [evidence('event', pod, eventText(event)), ...words.evidence],
    remedy: words.remedy,
    pods: refsOf(pods),
    dueTo: [...words.dueTo, ...claims.map((name) => claimRef(pod.metadata.namespace, name))],
  }
}

interface Words {
  cause: string
  remedy: string
  evidence: Draft['evidence']
  dueTo: ObjectRef[]
}

function multiAttach(snapshot: Snapshot, pod: KubeObject, claim: KubeObject | undefined, message: string): Words {
  const holders = claim
    ? usersOf(snapshot, claim).filter(
        (other) => other !== pod && other.spec?.nodeName && other.spec.nodeName !== pod.spec?.nodeName,
      )
    : []
  const attachment = snapshot
    .list('VolumeAttachment')
    .find(
      (entry) =>
        entry.spec?.source?.persistentVolumeName === claim?.spec?.volumeName &&
        entry.spec?.nodeName !== pod.spec?.nodeName,
    )
  const node = holders[0]?.spec?.nodeName ?? attachment?.spec?.nodeName
  const named = /used by pod\(s\) (?<pods>[^"]{1,500})$/.exec(message)?.groups?.pods
  const holder = holders.length > 0 ? some(holders.map((other) => other.metadata.name)) : named
  const modes = some(claim?.spec?.accessModes ?? ['ReadWriteOnce'])
  const deleting = holders.filter((other) => other.metadata.deletionTimestamp)
  return {
    cause: `Multi-Attach: the volume (${modes}) can be attached to one node at a time and is still attached to ${node ? `node ${node}` : 'another node'}${holder ? ` by pod ${holder}` : ''}${deleting.length > 0 ? ', which is stuck in deletion there' : ''}`,
    remedy:
      deleting.length > 0
        ? `If node ${node} is really dead, force the deletion of pod ${some(deleting.map((other) => other.metadata.name))}; the volume is detached then.`
        : 'Let the old pod end first: use strategy Recreate (or a StatefulSet) for a ReadWriteOnce volume, or a class that offers ReadWriteMany.',
    evidence: [
      ...holders
        .slice(0, 2)
        .map((other) =>
          evidence(
            'status',
            other,
            `runs on ${other.spec.nodeName}${other.metadata.deletionTimestamp ? ', being deleted' : ''}`,
          ),
        ),
      ...(attachment ? [evidence('status', attachment, `attached to ${attachment.spec?.nodeName}`)] : []),
      ...(claim ? [evidence('spec', claim, `accessModes ${modes}`)] : []),
    ],
    dueTo: [...(node ? [{ apiVersion: 'v1', kind: 'Node', name: String(node) }] : []), ...deleting.map(refOf)],
  }
}

function wordsFor(pod: KubeObject, message: string, volume: string | undefined): Words {
  const text = oneLine(message, 300)
  const base = { evidence: [], dueTo: [] }
  const driver = /driver name (?<driver>[\w.-]{1,100}) not found/.exec(message)?.groups?.driver
  if (driver) {
    return {
      ...base,
      cause: `the CSI driver ${driver} is not registered on node ${pod.spec?.nodeName}: ${text}`,
      remedy: `Check that the node DaemonSet of ${driver} runs on ${pod.spec?.nodeName}.`,
    }
  }
  if (/hostPath type check failed/.test(message)) {
    return {
      ...base,
      cause: `the hostPath is not there, or not of the type asked for, on node ${pod.spec?.nodeName}: ${text}`,
      remedy: 'Create the path on the node, or use type DirectoryOrCreate.',
    }
  }
  if (/nfs|NFS/.test(message)) {
    return {
      ...base,
      cause: `the NFS server or its export cannot be mounted: ${text}`,
      remedy: 'Check server name, export path and its permissions, and that nodes have an NFS client.',
    }
  }
  if (/already (?:exclusively )?attached|VolumeInUse/i.test(message)) {
    return {
      ...base,
      cause: `the volume is attached elsewhere: ${text}`,
      remedy: 'Detach it from the node that holds it, or let the pod that uses it end.',
    }
  }
  const denied =
    /(?:is not authorized to perform: (?<action>[\w:*]{3,60})|UnauthorizedOperation|AccessDenied|AuthorizationFailed|PERMISSION_DENIED|does not have [\w.]{3,60} access|Required '(?<permission>[\w.]{3,60})' permission)/.exec(
      message,
    )
  if (denied) {
    const what = denied.groups?.action ?? denied.groups?.permission
    return {
      ...base,
      cause: `the cloud provider does not allow its CSI driver to attach it (${what ?? denied[0]}): ${text}`,
      remedy: `Grant the role of the CSI driver ${what ?? 'what the message names'}.`,
    }
  }
  if (/not found|does not exist|InvalidVolume/i.test(message)) {
    return {
      ...base,
      cause: `the disk behind volume ${volume ?? ''} does not exist at the provider: ${text}`,
      remedy: 'Restore the disk from a snapshot, or recreate the claim from a backup.',
    }
  }
  return {
    ...base,
    cause: `attaching or mounting volume ${volume ?? ''} fails on node ${pod.spec?.nodeName ?? '?'}: ${text}`,
    remedy: 'Look at the CSI driver on that node and at what the message names.',
  }
}
