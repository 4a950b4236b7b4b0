// Pods for which the node cannot make a network or sandbox: the CNI is broken, addresses have run out, the runtime hangs.
import type { ObjectRef } from '../../core/ref.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { type Sick, sickWith } from '../look/ailments.ts'
import { eventsAbout, messageText } from '../look/events.ts'
import { groupBy } from '../look/memo.ts'
import { isLive, isReady, refsOf } from '../look/pods.ts'
import { sinceOf } from '../look/sick.ts'
import { count, evidence, oneLine, restartText, some } from '../look/words.ts'
import { nameOf, workloadOf } from '../look/workloads.ts'

export const podSandbox: Check = {
  name: 'pod-sandbox',
  title: 'A node cannot give pods a network',
  why: 'New pods on that node hang in ContainerCreating, whatever workload they belong to.',
  fix: 'Look at the network plugin of the node; free addresses where they have run out.',
  reads: ['Pod', 'Event', 'Node', 'DaemonSet'],
  run: (snapshot) => {
    const failed = sickWith(snapshot, 'creating').flatMap((sick) => {
      const said = whatIsSaid(snapshot, sick)
      return said ? [{ sick, said }] : []
    })
    return [...groupBy(failed, (entry) => placeOf(failed, entry))].flatMap(([, entries]) => draftOf(snapshot, entries))
  },
}

/** A node that fails many workloads is one trouble; so is one workload that fails alike on many nodes. */
function placeOf(failed: readonly Stuck[], { sick, said }: Stuck): string {
  const node = String(sick.pod.spec?.nodeName)
  const alone = failed.every((other) => other.sick.pod.spec?.nodeName !== node || other.sick.workload === sick.workload)
  return alone ? `${nameOf(sick.workload)} ${why(said).cause}` : node
}

function whatIsSaid(snapshot: Snapshot, { pod }: Sick): string | undefined {
  const [event] = eventsAbout(snapshot, pod, {
    reason: ['FailedCreatePodSandBox', 'FailedCreatePodContainer', 'NetworkNotReady'],
    withinMs: 30 * 60_000,
  })
  return event && oneLine(messageText(event), 400)
}

function why(said: string): { cause: string; remedy: string } {
  if (
    /no (?:available )?IP|IP addresses available|failed to assign an IP|exhausted|no addresses|range is full|no more free affine blocks|Assigned 0 out of \d+ requested IP/i.test(
      said,
    )
  ) {
    return {
      cause: 'no pod addresses are left',
      remedy: 'Free addresses: fewer pods per node, a larger pod network, or more subnets.',
    }
  }
  if (/no runtime for|runtime handler/i.test(said)) {
    return {
      cause: 'the node does not have the container runtime that the RuntimeClass asks for',
      remedy: 'Use nodes with that runtime, or another runtimeClassName.',
    }
  }
  if (/cni|network plugin|networkPlugin|calico|cilium|flannel|weave|aws-node|NetworkNotReady/i.test(said)) {
    return {
      cause: 'its network plugin (CNI) does not work',
      remedy: 'Look at the network plugin pod of that node in kube-system.',
    }
  }
  return {
    cause: 'the container runtime cannot make the pod sandbox',
    remedy: 'Look at containerd and the kubelet of that node.',
  }
}

interface Stuck {
  sick: Sick
  said: string
}

function draftOf(snapshot: Snapshot, entries: Stuck[]): Draft[] {
  const [first] = entries
  if (!first) return []
  const workloads = [...new Set(entries.map(({ sick }) => sick.workload))]
  const nodes = [...new Set(entries.map(({ sick }) => String(sick.pod.spec?.nodeName)))]
  const { cause, remedy } = why(first.said)
  const since = sinceOf(
    snapshot,
    entries.map(({ sick }) => sick),
  )
  const single = workloads.length === 1 ? workloads[0] : undefined
  const refs = nodes.map((name): ObjectRef => ({ apiVersion: 'v1', kind: 'Node', name }))
  const where = `${nodes.length === 1 ? 'node' : 'nodes'} ${some(nodes)}`
  return [
    {
      severity: 'critical',
      object: single ? refOf(single) : (refs[0] ?? refOf(first.sick.pod)),
      summary: `${count(entries.length, 'pod')} of ${some(workloads.map(nameOf))} cannot get a network on ${where}${restartText(snapshot, since, 0)}`,
      cause: `${cause} on ${where}: "${first.said}"`,
      evidence: entries
        .slice(0, 3)
        .map(({ sick, said }) => evidence('event', sick.pod, `FailedCreatePodSandBox: ${said}`)),
      remedy,
      ...(since ? { since } : {}),
      pods: refsOf(entries.map(({ sick }) => sick.pod)),
      dueTo: [...refs, ...pluginsOn(snapshot, nodes).map(refOf)],
      explains: single ? [] : workloads.map(refOf),
    },
  ]
}

const PLUGIN = /cilium|calico|canal|flannel|aws-node|aws-cni|weave|antrea|kube-router|multus|ovn|kindnet|azure-cni|cni/i

/** The network plugins that do not run on these nodes. */
function pluginsOn(snapshot: Snapshot, nodes: readonly string[]): KubeObject[] {
  const found = snapshot
    .list('Pod')
    .filter((pod) => nodes.includes(String(pod.spec?.nodeName)) && isLive(pod) && !isReady(pod))
    .map((pod) => workloadOf(snapshot, pod))
    .filter((workload) => workload.kind === 'DaemonSet' && PLUGIN.test(workload.metadata.name))
  return [...new Set(found)]
}
