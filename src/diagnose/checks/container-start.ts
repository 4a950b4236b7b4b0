// Containers that the runtime cannot start: bad command, missing file, mount onto a file, unknown user, refused security settings.
import type { ObjectRef } from '../../core/ref.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { inContainer } from '../blame/troubles.ts'
import type { Check, Draft } from '../check.ts'
import { type Sick, type SickGroup, sickGroups } from '../look/ailments.ts'
import { keysOf } from '../look/env.ts'
import { eventsAbout, messageText } from '../look/events.ts'
import { mountsOf } from '../look/mounts.ts'
import { nearest } from '../look/names.ts'
import { type Container, refsOf } from '../look/pods.ts'
import { missingRefs } from '../look/references.ts'
import { recentChange, rollbackOf } from '../look/revisions.ts'
import { podsOfGroup, restartsOf, severityOf, sinceOf } from '../look/sick.ts'
import { startFault } from '../look/start-faults.ts'
import { evidence, oneLine, restartText, some } from '../look/words.ts'

export const containerStart: Check = {
  name: 'container-start',
  title: 'The container runtime cannot start a container',
  why: 'The image is there, but its command, a mount or a security setting does not fit it; nothing of the application runs.',
  fix: 'Correct what the runtime names: the command, the mounted path, the user, or the security context.',
  reads: [
    'Pod',
    'ReplicaSet',
    'Deployment',
    'StatefulSet',
    'DaemonSet',
    'ControllerRevision',
    'ConfigMap',
    'Secret',
    'Node',
    'Event',
  ],
  run: (snapshot) =>
    [...sickGroups(snapshot, 'start'), ...sickGroups(snapshot, 'config')].flatMap((group) => draftOf(snapshot, group)),
}

function draftOf(snapshot: Snapshot, group: SickGroup): Draft[] {
  const { workload, sick } = group
  const [first] = sick
  if (!first) return []
  const { pod, container, ailment } = first
  const said = whatIsSaid(snapshot, first)
  // a missing object is told by the check for those
  if (ailment === 'config' && missingRefs(snapshot, pod, said).length > 0) return []
  if (TRANSIENT.test(said)) return []
  const fault = startFault(said, pod, container)
  const stray = /mount|not a directory|subpath/i.test(said) ? straySubPath(snapshot, pod, container) : undefined
  const change = recentChange(snapshot, workload, pod)
  const back = change && rollbackOf(workload, change)
  const since = sinceOf(snapshot, sick)
  return [
    {
      severity: severityOf(workload),
      object: refOf(workload),
      summary: `${podsOfGroup(snapshot, group)} cannot start${inContainer(workload, container)}${restartText(snapshot, since, restartsOf(sick))}`,
      cause: `${fault.cause}${stray ? `; ${stray.text}` : ''}`,
      ...(change ? { changed: change.words } : {}),
      evidence: [
        evidence('status', pod, `${container.waiting?.reason ?? container.last?.reason ?? 'ended'}: ${said}`),
        ...(stray ? [evidence('spec', stray.ref, stray.text)] : []),
        ...(change ? [evidence('spec', change.to.object, `Changed: ${change.words}`)] : []),
      ],
      remedy: `${fault.remedy}${back && change ? ` Until then, roll back to revision ${change.from.number}, which was healthy.` : ''}`,
      ...(back ? { action: back } : {}),
      ...(since ? { since } : {}),
      pods: refsOf(group.pods),
    },
  ]
}

/** A subPath that is no key of what it is mounted from: the kubelet makes an empty folder of that name. */
function straySubPath(
  snapshot: Snapshot,
  pod: KubeObject,
  container: Container,
): { text: string; ref: ObjectRef } | undefined {
  for (const { subPath, source, ref, path } of mountsOf(pod, container)) {
    if (!subPath || !ref || (source !== 'ConfigMap' && source !== 'Secret')) continue
    const holder = snapshot.find(ref)
    const keys = Object.keys(keysOf(holder))
    if (!holder || keys.includes(subPath)) continue
    const near = nearest(subPath, keys)
    return {
      text: `subPath ${subPath}, mounted at ${path}, is no key of ${source} ${ref.name}${near ? ` (nearest: ${near})` : `, which has ${some(keys, 5) || 'none'}`}`,
      ref,
    }
  }
  return undefined
}

// what the kubelet says while it catches up with the API server, and mends by itself
const TRANSIENT = /failed to sync (?:secret|configmap) cache|services have not yet been read|not registered/i

function whatIsSaid(snapshot: Snapshot, { pod, container }: Sick): string {
  const own = container.waiting?.reason === 'CrashLoopBackOff' ? undefined : container.waiting?.message
  const ended = (container.terminated ?? container.last)?.message
  if (own || ended) return oneLine(own || ended, 400)
  const [event] = eventsAbout(snapshot, pod, {
    type: 'Warning',
    reason: ['Failed', 'FailedPostStartHook', 'InspectFailed'],
  })
  return event ? oneLine(messageText(event), 400) : ''
}
