// Containers that are OOMKilled though they have no memory limit of their own: the node, or a limit of the pod, ended them.
import type { ObjectRef } from '../../core/ref.ts'
import { refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { inContainer } from '../blame/troubles.ts'
import type { Check, Draft } from '../check.ts'
import { type SickGroup, sickGroups } from '../look/ailments.ts'
import { refsOf } from '../look/pods.ts'
import { podsOfGroup, restartsOf, severityOf, sinceOf } from '../look/sick.ts'
import { count, evidence, restartText, some } from '../look/words.ts'

export const oomUnlimited: Check = {
  name: 'oom-unlimited',
  title: 'A container without a memory limit is OOMKilled',
  why: 'It takes what it gets until its node, or the limit of the whole pod, is used up; neighbours may be killed as well.',
  fix: 'Give it a memory request and limit that fit what it needs, and find what makes it grow.',
  reads: ['Pod', 'Node', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet'],
  run: (snapshot) => sickGroups(snapshot, 'oom').flatMap((group) => draftOf(snapshot, group)),
}

function draftOf(snapshot: Snapshot, group: SickGroup): Draft[] {
  const { workload, sick } = group
  const [first] = sick
  if (!first || sick.some(({ container }) => container.spec?.resources?.limits?.memory)) return []
  const { pod, container } = first
  const whole = pod.spec?.resources?.limits?.memory
  const nodes = [...new Set(sick.map(({ pod: on }) => String(on.spec?.nodeName)))]
  const since = sinceOf(snapshot, sick)
  return [
    {
      severity: severityOf(workload),
      object: refOf(workload),
      depth: 'cause',
      summary: `${podsOfGroup(snapshot, group)} OOMKilled${inContainer(workload, container)}${restartText(snapshot, since, restartsOf(sick))}`,
      cause: whole
        ? `its containers together need more than the memory limit of ${whole} of the pod`
        : `container ${container.name} has no memory limit, so it grew until node ${some(nodes)} had none left (OOM by the node)`,
      evidence: [
        evidence(
          'status',
          pod,
          `container ${container.name}: OOMKilled, exit 137, ${count(container.restarts, 'restart')}, no memory limit`,
        ),
      ],
      remedy: `Set a memory request and limit on ${container.name} that fit what it needs; if it grows without end, it leaks.`,
      ...(since ? { since } : {}),
      pods: refsOf(group.pods),
      dueTo: whole ? [] : nodes.map((name): ObjectRef => ({ apiVersion: 'v1', kind: 'Node', name })),
    },
  ]
}
