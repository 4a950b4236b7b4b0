// Containers killed at their own memory limit, with the limit, what they use, and a larger one to propose.
import type { Action } from '../../core/action.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import { formatBytes, parseQuantity } from '../../objects/quantity.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { inContainer } from '../blame/troubles.ts'
import type { Check, Draft } from '../check.ts'
import { type SickGroup, sickGroups } from '../look/ailments.ts'
import { heapText, limitRangeOf } from '../look/memory.ts'
import { type Container, refsOf } from '../look/pods.ts'
import { recentChange } from '../look/revisions.ts'
import { podsOfGroup, restartsOf, severityOf, sinceOf } from '../look/sick.ts'
import { count, evidence, restartText } from '../look/words.ts'
import { templateOf } from '../look/workloads.ts'

export const oomLimit: Check = {
  name: 'oom-limit',
  title: 'A container is killed at its memory limit',
  why: 'The kernel kills it at once (OOMKilled, exit 137): work in progress is lost, and the next request may do it again.',
  fix: 'Raise the limit to what it needs, make its heap fit the limit, or find the leak.',
  reads: [
    'Pod',
    'ReplicaSet',
    'Deployment',
    'StatefulSet',
    'DaemonSet',
    'ControllerRevision',
    'PodMetrics',
    'LimitRange',
  ],
  run: (snapshot) => sickGroups(snapshot, 'oom').flatMap((group) => draftOf(snapshot, group)),
}

function draftOf(snapshot: Snapshot, group: SickGroup): Draft[] {
  const { workload, sick } = group
  const limited = sick.find(({ container }) => container.spec?.resources?.limits?.memory)
  if (!limited) return []
  const { pod, container } = limited
  const limit = String(container.spec.resources.limits.memory)
  const change = recentChange(snapshot, workload, pod)
  const changed = change?.changes.some(
    ({ path }) => path === 'resources' || path === 'image' || path === 'env' || path === 'command',
  )
    ? change
    : undefined
  const range = declaresLimit(workload, container) ? undefined : limitRangeOf(snapshot, pod.metadata.namespace, limit)
  const heap = heapText(container)
  const since = sinceOf(snapshot, sick)
  const proposed = largerLimit(limit, changed?.from.template, container.name)
  return [
    {
      severity: severityOf(workload),
      object: refOf(workload),
      depth: 'cause',
      summary: `${podsOfGroup(snapshot, group)} OOMKilled${inContainer(workload, container)}${restartText(snapshot, since, restartsOf(sick))}`,
      cause: `container ${container.name} needs more than its memory limit of ${limit}${range ? `, which is the default of LimitRange ${range.metadata.name}` : ''}${heap ? `; ${heap}` : ''}`,
      ...(changed ? { changed: changed.words } : {}),
      evidence: [
        evidence(
          'status',
          pod,
          `container ${container.name}: OOMKilled, exit 137, ${count(container.restarts, 'restart')}, memory limit ${limit}`,
        ),
        ...(range ? [evidence('spec', range, `default memory limit ${limit}`)] : []),
        ...(changed ? [evidence('spec', changed.to.object, `Changed: ${changed.words}`)] : []),
      ],
      remedy: `Raise the memory limit of ${container.name}${proposed ? ` to ${proposed}` : ''} and watch what it really uses; if that grows without end, it leaks.`,
      ...(proposed ? { action: raise(workload, container, proposed) } : {}),
      ...(since ? { since } : {}),
      pods: refsOf(group.pods),
    },
  ]
}

function declaresLimit(workload: KubeObject, container: Container): boolean {
  const all = [...(templateOf(workload)?.spec?.containers ?? []), ...(templateOf(workload)?.spec?.initContainers ?? [])]
  return all.some((spec) => spec?.name === container.name && spec?.resources?.limits?.memory)
}

/** The limit of the revision before if that was larger; else twice the limit. */
function largerLimit(limit: string, before: KubeObject | undefined, name: string): string | undefined {
  const bytes = parseQuantity(limit)
  if (bytes === undefined) return undefined
  const spec = (before?.spec?.containers ?? []).find((entry: { name?: string }) => entry?.name === name)
  const old = String(spec?.resources?.limits?.memory ?? '')
  if ((parseQuantity(old) ?? 0) > bytes) return old
  return formatBytes(bytes * 2)
}

function raise(workload: KubeObject, container: Container, memory: string): Action | undefined {
  if (!['Deployment', 'StatefulSet', 'DaemonSet'].includes(workload.kind)) return undefined
  return { verb: 'set-resources', target: refOf(workload), container: container.name, limits: { memory } }
}
