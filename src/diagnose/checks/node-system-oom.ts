// Nodes that ran out of memory as a whole: the kernel killed processes, whatever their limits.
import { refOf } from '../../objects/object.ts'
import { formatBytes } from '../../objects/quantity.ts'
import { eventTime } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { eventsAbout, eventText, messageText } from '../look/events.ts'
import { isNodeReady, podsByNode, roomOf } from '../look/nodes.ts'
import { containersOf, refsOf } from '../look/pods.ts'
import { consumersOf, consumerText } from '../look/room.ts'
import { count, evidence, some } from '../look/words.ts'
import { nameOf, workloadOf } from '../look/workloads.ts'

export const nodeSystemOom: Check = {
  name: 'node-system-oom',
  title: 'A node ran out of memory and the kernel killed processes',
  why: 'Pods without limits, or limits far above requests, overcommit the node: the kernel picks a victim, often an innocent one.',
  fix: 'Set memory requests and limits to what the pods use, so that the scheduler stops overcommitting the node.',
  reads: ['Node', 'Pod', 'Event', 'PodMetrics'],
  run(snapshot) {
    return snapshot.list('Node').flatMap((node): Draft[] => {
      if (!isNodeReady(node)) return []
      const events = eventsAbout(snapshot, node, { reason: ['SystemOOM', 'OOMKilling'] })
      const [last] = events
      if (!last) return []
      const pods = podsByNode(snapshot).get(node.metadata.name) ?? []
      const from = eventTime(events.at(-1) ?? last) - 15 * 60_000
      const killed = pods.filter((pod) =>
        containersOf(pod).some((container) => {
          const ended = container.terminated ?? container.last
          return (
            ended !== undefined &&
            (ended.reason === 'OOMKilled' || ended.exitCode === 137) &&
            Date.parse(ended.finishedAt ?? '') >= from
          )
        }),
      )
      const victims = [...new Set(killed.map((pod) => workloadOf(snapshot, pod)))]
      const unlimited = pods.filter((pod) =>
        containersOf(pod).some((container) => container.kind === 'main' && !container.spec.resources?.limits?.memory),
      )
      const free = [...new Set(unlimited.map((pod) => workloadOf(snapshot, pod)))]
      const [top] = consumersOf(snapshot, 'memory', [node])
      const process =
        /victim process: (?<name>[^,]{1,80})/.exec(messageText(last))?.groups?.name ??
        /Killed process \d+ \((?<name>[^)]{1,80})\)/.exec(messageText(last))?.groups?.name
      const size = roomOf(snapshot).get(node.metadata.name)?.allocatable.get('memory')
      return [
        {
          // with nobody hurt any more it is history
          severity: killed.length > 0 ? 'critical' : 'info',
          object: refOf(node),
          depth: 'cause',
          summary: `Node ${node.metadata.name} ran out of memory (SystemOOM): the kernel killed ${process ? `process ${process}` : 'processes'}${victims.length > 0 ? ` of ${some(victims.map(nameOf))}` : ''}`,
          cause: `the node${size ? ` (${formatBytes(size)})` : ''} is overcommitted: ${free.length > 0 ? `${count(free.length, 'workload')} on it without a memory limit (${some(free.map(nameOf))})` : 'limits add up to more than it has'}${top ? `; ${consumerText(top, 'memory')}` : ''}`,
          evidence: [
            ...events.slice(0, 3).map((event) => evidence('event', node, eventText(event))),
            ...killed
              .slice(0, 3)
              .map((pod) => evidence('status', pod, 'killed: OOMKilled or exit code 137 though below its limit')),
          ],
          remedy: `Set memory requests and limits for ${free.length > 0 ? some(free.map(nameOf)) : 'the pods on the node'}, or move some of them to another node.`,
          explains: [...refsOf(victims), ...refsOf(killed)],
        },
      ]
    })
  },
}
