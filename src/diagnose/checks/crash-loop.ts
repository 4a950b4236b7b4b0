// Containers that end by themselves, again and again, where the log says nothing known: told by how they end and what they said last.
import { refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { inContainer, isExplained } from '../blame/troubles.ts'
import type { Check, Draft } from '../check.ts'
import { type SickGroup, sickGroups } from '../look/ailments.ts'
import { exitMeaning, READ_LOG } from '../look/exits.ts'
import { lastErrorLine, lastWords, logText } from '../look/logs.ts'
import { deadServicesOf } from '../look/named-hosts.ts'
import { refsOf } from '../look/pods.ts'
import { recentChange, rollbackOf } from '../look/revisions.ts'
import { podsOfGroup, restartsOf, severityOf, sinceOf } from '../look/sick.ts'
import { count, evidence, restartText, some } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

const NO_LOG = 'It wrote no log: let it say what it does when it starts, or start its image by hand.'

export const crashLoop: Check = {
  name: 'crash-loop',
  title: 'A container ends and is restarted again and again',
  why: 'The pod never serves for long; the back-off between restarts grows to five minutes.',
  fix: 'Read how it ends and what it says last; go back to the previous revision if that one was healthy.',
  reads: ['Pod', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'ControllerRevision', 'Event'],
  run: (snapshot) =>
    sickGroups(snapshot, 'crash')
      .filter((group) => !isExplained(snapshot, group))
      .flatMap((group) => draftOf(snapshot, group)),
}

function draftOf(snapshot: Snapshot, group: SickGroup): Draft[] {
  const { workload, sick } = group
  // the pod with a log tells more than the others
  const told = sick.find(({ pod, container }) => logText(snapshot, pod, container.name, true)) ?? sick[0]
  if (!told) return []
  const { pod, container } = told
  const log = logText(snapshot, pod, container.name, true)
  const line = log === undefined ? undefined : lastErrorLine(log)
  const exit = exitMeaning(container, container.terminated ?? container.last, line)
  // nobody can read what is not there
  const remedy = log === undefined && exit.remedy === READ_LOG ? NO_LOG : exit.remedy
  const change = recentChange(snapshot, workload, pod)
  const back = change && rollbackOf(workload, change)
  const since = sinceOf(snapshot, sick)
  const dead = line ? [] : deadServicesOf(snapshot, pod, container.spec, since)
  return [
    {
      severity: severityOf(workload),
      object: refOf(workload),
      summary: `${podsOfGroup(snapshot, group)} crash-looping${inContainer(workload, container)}${restartText(snapshot, since, restartsOf(sick))}`,
      cause: `${exit.words}; ${line ? `it said last: "${line}"` : 'it has no log to read'}${dead.length > 0 ? `, and Service ${some(dead.map(nameOf))}, which its variables name, has no ready pod` : ''}`,
      ...(change ? { changed: change.words } : {}),
      evidence: [
        evidence('status', pod, `container ${container.name}: ${exit.words}, ${count(container.restarts, 'restart')}`),
        ...(line ? [evidence('log', pod, line)] : []),
        ...lastWords(log ?? '').map((said) => evidence('log', pod, said)),
        ...(change ? [evidence('spec', change.to.object, `Changed: ${change.words}`)] : []),
      ],
      remedy: `${remedy}${back && change ? ` Until then, roll back to revision ${change.from.number}, which was healthy.` : ''}`,
      ...(back ? { action: back } : {}),
      ...(since ? { since } : {}),
      pods: refsOf(group.pods),
      dueTo: refsOf(dead),
    },
  ]
}
