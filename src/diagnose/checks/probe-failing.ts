// Liveness, readiness and startup probes that fail, where no line of a log explains it: is the probe wrong, or the application ill?
import { refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { inContainer, isExplained } from '../blame/troubles.ts'
import type { Check, Draft } from '../check.ts'
import { type SickGroup, sickGroups } from '../look/ailments.ts'
import { lastError, logText } from '../look/logs.ts'
import { deadServicesOf } from '../look/named-hosts.ts'
import { type Container, refsOf } from '../look/pods.ts'
import { PROBE_FIELD, type ProbeFault, probeFault, probeText, probeTimes } from '../look/probes.ts'
import { recentChange, rollbackOf } from '../look/revisions.ts'
import { podsOfGroup, restartsOf, severityOf, sinceOf } from '../look/sick.ts'
import { count, evidence, restartText, some } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

export const probeFailing: Check = {
  name: 'probe-failing',
  title: 'A liveness, readiness or startup probe fails',
  why: 'A failing liveness probe restarts a container that may be well; a failing readiness probe takes it out of its Services.',
  fix: 'Correct the port, path or scheme of the probe if the application answers elsewhere; otherwise mend what makes the application say no.',
  reads: ['Pod', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'ControllerRevision', 'Event'],
  run: (snapshot) =>
    [...sickGroups(snapshot, 'probe'), ...sickGroups(snapshot, 'unready')]
      .filter((group) => !isExplained(snapshot, group))
      .flatMap((group) => draftOf(snapshot, group)),
}

function draftOf(snapshot: Snapshot, group: SickGroup): Draft[] {
  const { workload, sick } = group
  const faults = sick.slice(0, 10).flatMap((entry) => {
    const fault = probeFault(snapshot, entry.pod, entry.container)
    return fault ? [{ ...entry, fault }] : []
  })
  const told = faults.find(({ fault }) => fault.certain) ?? faults[0]
  const [first] = sick
  if (!first) return []
  const { pod, container } = told ?? first
  const killed = first.ailment === 'probe'
  const change = recentChange(snapshot, workload, pod)
  const back = change && rollbackOf(workload, change)
  const since = sinceOf(snapshot, sick)
  const log = logText(snapshot, pod, container.name, false)
  const line = log === undefined ? undefined : lastError(log)
  const dead = line || told?.fault.certain ? [] : deadServicesOf(snapshot, pod, container.spec, since)
  const state = killed ? 'killed again and again by a probe' : 'not ready'
  return [
    {
      severity: severityOf(workload),
      object: refOf(workload),
      summary: `${podsOfGroup(snapshot, group)} ${state}${inContainer(workload, container)}${restartText(snapshot, since, restartsOf(sick))}`,
      cause: `${
        told?.fault.cause ??
        `container ${container.name} runs but is not ready, and no probe event of the last minutes tells why`
      }${line && !told?.fault.certain ? `; its log says: "${line}"` : ''}${dead.length > 0 ? `; Service ${some(dead.map(nameOf))}, which its variables name, has no ready pod` : ''}`,
      ...(change ? { changed: change.words } : {}),
      evidence: [
        ...faults
          .slice(0, 3)
          .map(({ pod: on, fault }) => evidence('event', on, `Unhealthy ×${fault.times}: ${fault.message}`)),
        ...(told && container.spec?.[PROBE_FIELD[told.fault.probe]]
          ? [evidence('spec', workload, probeLine(container, told.fault))]
          : []),
        ...(line ? [evidence('log', pod, line)] : []),
        evidence(
          'status',
          pod,
          `container ${container.name}: ${count(container.restarts, 'restart')}, ready ${container.ready}`,
        ),
        ...(change ? [evidence('spec', change.to.object, `Changed: ${change.words}`)] : []),
      ],
      remedy: `${told?.fault.remedy ?? `See in the log of ${container.name} what it waits for.`}${back && change ? ` Until then, roll back to revision ${change.from.number}, which was healthy.` : ''}`,
      ...(back ? { action: back } : {}),
      ...(since ? { since } : {}),
      pods: refsOf(group.pods),
      dueTo: refsOf(dead),
    },
  ]
}

function probeLine(container: Container, { probe }: ProbeFault): string {
  const spec = container.spec?.[PROBE_FIELD[probe]]
  return `${PROBE_FIELD[probe]}: ${probeText(spec)}, ${probeTimes(spec)}`
}
