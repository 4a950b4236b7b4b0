// preStop and postStart hooks that fail: pods end without what they should do first, or never start.
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { eventsAbout, eventText, messageText } from '../look/events.ts'
import { byWorkload } from '../look/pods.ts'
import { count, evidence, oneLine } from '../look/words.ts'

export const lifecycleHook: Check = {
  name: 'lifecycle-hook',
  title: 'A preStop or postStart hook fails',
  why: 'A failing preStop hook ends connections instead of draining them; a failing postStart hook kills the container.',
  fix: 'Correct the command or path of the hook; the image must contain what it runs.',
  reads: ['Pod', 'Event', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet'],
  run: (snapshot) =>
    byWorkload(snapshot, failingPods(snapshot)).map(({ workload, pods }) => draftOf(snapshot, workload, pods)),
}

function failingPods(snapshot: Snapshot): KubeObject[] {
  return snapshot.list('Pod').filter((pod) => hookEvent(snapshot, pod) !== undefined)
}

function hookEvent(snapshot: Snapshot, pod: KubeObject): KubeObject | undefined {
  return eventsAbout(snapshot, pod, { reason: ['FailedPreStopHook', 'FailedPostStartHook'] })[0]
}

function draftOf(snapshot: Snapshot, workload: KubeObject, pods: KubeObject[]): Draft {
  const events = pods.flatMap((pod) => hookEvent(snapshot, pod) ?? [])
  const hook = events[0]?.reason === 'FailedPostStartHook' ? 'postStart' : 'preStop'
  const said = events[0] ? oneLine(messageText(events[0]), 300) : ''
  return {
    // a pod that ends ends anyway; one whose postStart fails does not start
    severity: hook === 'postStart' ? 'critical' : 'warning',
    object: refOf(workload),
    summary: `the ${hook} hook of ${count(pods.length, 'pod')} fails`,
    cause: `the kubelet cannot run lifecycle.${hook}: "${said}"`,
    evidence: events.slice(0, 3).map((event, index) => evidence('event', pods[index] ?? workload, eventText(event))),
    remedy: `Correct lifecycle.${hook} in ${workload.kind} ${workload.metadata.name}.`,
  }
}
