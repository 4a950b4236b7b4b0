// ConfigMaps, Secrets and keys that a pod refers to and that do not exist, with the nearest name that does.
import { type ObjectRef, refKey } from '../../core/ref.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { type Sick, sickWith } from '../look/ailments.ts'
import { keysOf } from '../look/env.ts'
import { eventsAbout, messageText } from '../look/events.ts'
import { nearest } from '../look/names.ts'
import { refsOf } from '../look/pods.ts'
import { type MissingRef, missingRefs } from '../look/references.ts'
import { recentChange, rollbackOf } from '../look/revisions.ts'
import { podsOfGroup, severityOf, sinceOf } from '../look/sick.ts'
import { evidence, oneLine, restartText, some } from '../look/words.ts'

export const configMissing: Check = {
  name: 'config-missing',
  title: 'A ConfigMap, a Secret or a key of one does not exist',
  why: 'The kubelet does not start the container until the object and the key are there.',
  fix: 'Create the object or the key, or correct the name that the pod template refers to.',
  reads: [
    'Pod',
    'ReplicaSet',
    'Deployment',
    'StatefulSet',
    'DaemonSet',
    'ControllerRevision',
    'ConfigMap',
    'Secret',
    'Event',
  ],
  run: (snapshot) => [...missingByObject(snapshot).values()].flatMap((entry) => draftOf(snapshot, entry)),
}

interface Missing {
  ref: MissingRef
  sick: Sick[]
  said: string
}

/** All pods that wait for the same thing are one trouble, whatever workloads they belong to. */
function missingByObject(snapshot: Snapshot): Map<string, Missing> {
  const found = new Map<string, Missing>()
  for (const sick of [...sickWith(snapshot, 'config'), ...sickWith(snapshot, 'creating')]) {
    const said = whatIsSaid(snapshot, sick)
    for (const ref of missingRefs(snapshot, sick.pod, said)) {
      const key = `${refKey(ref.object)} ${ref.key ?? ''}`
      const entry = found.get(key)
      if (entry) entry.sick.push(sick)
      else found.set(key, { ref, sick: [sick], said })
    }
  }
  return found
}

function whatIsSaid(snapshot: Snapshot, { pod, container }: Sick): string {
  if (container.waiting?.reason === 'CreateContainerConfigError' && container.waiting.message)
    return oneLine(container.waiting.message, 400)
  const [event] = eventsAbout(snapshot, pod, { type: 'Warning', reason: ['FailedMount', 'Failed'] })
  return event ? oneLine(messageText(event), 400) : ''
}

function draftOf(snapshot: Snapshot, { ref, sick, said }: Missing): Draft[] {
  const [first] = sick
  if (!first) return []
  const { object, key } = ref
  const workloads = [...new Set(sick.map(({ workload }) => workload))]
  const pods = [...new Set(sick.map(({ pod }) => pod))]
  const own = pods.filter((pod) => sick.some((entry) => entry.pod === pod && entry.workload === first.workload))
  const since = sinceOf(snapshot, sick)
  const change = recentChange(snapshot, first.workload, first.pod)
  const changed = change?.changes.some(
    ({ words }) => words.includes(object.name) || (key !== undefined && words.includes(key)),
  )
    ? change
    : undefined
  const back = changed && rollbackOf(first.workload, changed)
  const who =
    workloads.length === 1
      ? `${podsOfGroup(snapshot, { workload: first.workload, pods: own })} of ${first.workload.metadata.name}`
      : `pods of ${some(workloads.map(({ metadata }) => metadata.name))}`
  const what =
    key === undefined
      ? `${object.kind} ${object.name} does not exist in namespace ${object.namespace}`
      : `${object.kind} ${object.name} has no key ${key}`
  const near = key === undefined ? nearestObject(snapshot, object) : nearestKey(snapshot, object, key)
  const user = `${first.workload.kind} ${first.workload.metadata.name}`
  return [
    {
      severity: workloads.some((workload) => severityOf(workload) === 'critical') ? 'critical' : 'warning',
      depth: 'cause',
      object,
      summary: `${key === undefined ? 'does not exist' : `has no key ${key}`}, and ${who} cannot start without it${restartText(snapshot, since, 0)}`,
      cause: `${what}, but ${user} refers to it${ref.by ? ` in ${ref.by}` : ''}${near ? `; ${near.words}` : ''}`,
      ...(changed ? { changed: changed.words } : {}),
      evidence: [
        ...(said ? [evidence('status', first.pod, said)] : []),
        evidence(
          'spec',
          first.workload,
          `${ref.by || 'its pod template'} refers to ${object.kind} ${object.name}${key === undefined ? '' : `, key ${key}`}`,
        ),
        ...(near ? [evidence('spec', near.object, near.words)] : []),
        ...(changed ? [evidence('spec', changed.to.object, `Changed: ${changed.words}`)] : []),
      ],
      remedy: remedyFor(object, key, near?.name, user),
      ...(back ? { action: back } : {}),
      ...(since ? { since } : {}),
      explains: [...workloads.map(refOf), ...refsOf(pods)],
    },
  ]
}

function remedyFor(object: ObjectRef, key: string | undefined, near: string | undefined, user: string): string {
  if (key === undefined) {
    return near
      ? `Refer to ${near} in ${user} if that is the one meant, or create ${object.kind} ${object.name}.`
      : `Create ${object.kind} ${object.name} in ${object.namespace}, or correct the name in ${user}.`
  }
  return near
    ? `Refer to key ${near} in ${user} if that is the one meant, or add key ${key} to ${object.kind} ${object.name}.`
    : `Add key ${key} to ${object.kind} ${object.name}, or correct the key in ${user}.`
}

interface Near {
  name: string
  words: string
  object: KubeObject
}

function nearestObject(snapshot: Snapshot, ref: ObjectRef): Near | undefined {
  const here = snapshot.list(ref.kind, ref.namespace ?? '')
  const name = nearest(
    ref.name,
    here.map(({ metadata }) => metadata.name),
  )
  const object = name === undefined ? undefined : snapshot.get(ref.kind, ref.namespace, name)
  if (name !== undefined && object) return { name, words: `there is a ${ref.kind} ${name}`, object }
  const other = snapshot.list(ref.kind).find(({ metadata }) => metadata.name === ref.name)
  if (other)
    return {
      name: ref.name,
      words: `there is one of this name in namespace ${other.metadata.namespace}, which pods of another namespace cannot use`,
      object: other,
    }
  const twin = snapshot.get(ref.kind === 'Secret' ? 'ConfigMap' : 'Secret', ref.namespace, ref.name)
  return twin ? { name: ref.name, words: `there is a ${twin.kind} of this name`, object: twin } : undefined
}

function nearestKey(snapshot: Snapshot, ref: ObjectRef, key: string): Near | undefined {
  const object = snapshot.find(ref)
  if (!object) return undefined
  const keys = Object.keys(keysOf(object))
  const name =
    nearest(key, keys) ??
    keys.find(
      (other) => other.toLowerCase().includes(key.toLowerCase()) || key.toLowerCase().includes(other.toLowerCase()),
    )
  if (name !== undefined) return { name, words: `it has a key ${name}`, object }
  return { name: '', words: keys.length > 0 ? `its keys are ${some(keys, 6)}` : 'it has no keys at all', object }
}
