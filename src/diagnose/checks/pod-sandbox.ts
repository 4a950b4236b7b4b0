// Pods for which the node cannot make a network or sandbox: the CNI is broken, addresses have run out, the runtime hangs.
import { refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { type Sick, sickWith } from '../look/ailments.ts'
import { eventsAbout, messageText } from '../look/events.ts'
import { groupBy } from '../look/memo.ts'
import { refsOf } from '../look/pods.ts'
import { sinceOf } from '../look/sick.ts'
import { count, evidence, oneLine, restartText, some } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

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
    return [...groupBy(failed, ({ sick }) => String(sick.pod.spec?.nodeName))].flatMap(([node, entries]) =>
      draftOf(snapshot, node, entries),
    )
  },
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
    /no (?:available )?IP|IP addresses available|failed to assign an IP|exhausted|no addresses|range is full/i.test(
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

function draftOf(snapshot: Snapshot, node: string, entries: { sick: Sick; said: string }[]): Draft[] {
  const [first] = entries
  if (!first) return []
  const workloads = [...new Set(entries.map(({ sick }) => sick.workload))]
  const { cause, remedy } = why(first.said)
  const since = sinceOf(
    snapshot,
    entries.map(({ sick }) => sick),
  )
  const single = workloads.length === 1 ? workloads[0] : undefined
  return [
    {
      severity: 'critical',
      object: single ? refOf(single) : { apiVersion: 'v1', kind: 'Node', name: node },
      summary: `${count(entries.length, 'pod')} of ${some(workloads.map(nameOf))} cannot get a network on node ${node}${restartText(snapshot, since, 0)}`,
      cause: `${cause} on node ${node}: "${first.said}"`,
      evidence: entries
        .slice(0, 3)
        .map(({ sick, said }) => evidence('event', sick.pod, `FailedCreatePodSandBox: ${said}`)),
      remedy,
      ...(since ? { since } : {}),
      pods: refsOf(entries.map(({ sick }) => sick.pod)),
      dueTo: [{ apiVersion: 'v1', kind: 'Node', name: node }],
      explains: single ? [] : workloads.map(refOf),
    },
  ]
}
