// Pods bound to a node that no longer exists, and pods of a node scaled away.
import type { Check, Draft } from '../check.ts'
import { podsByNode } from '../look/nodes.ts'
import { refsOf } from '../look/pods.ts'
import { count, evidence, some } from '../look/words.ts'
import { nameOf, workloadOf } from '../look/workloads.ts'

export const nodeGone: Check = {
  name: 'node-gone',
  title: 'Pods are bound to a node that no longer exists',
  why: 'Nobody reports about them any more: they look as they did when the node went, until the pod garbage collector removes them.',
  fix: 'Delete the pods by force when the machine is gone; check why the node was removed without a drain.',
  reads: ['Node', 'Pod', 'Event'],
  run(snapshot) {
    if (!snapshot.wasRead('Node') || snapshot.list('Node').length === 0) return []
    return [...podsByNode(snapshot)].flatMap(([name, pods]): Draft[] => {
      if (snapshot.get('Node', undefined, name)) return []
      const workloads = [...new Set(pods.map((pod) => workloadOf(snapshot, pod)))]
      const events = snapshot.eventsOf({ kind: 'Node', name }).slice(-2)
      return [
        {
          severity: 'warning',
          object: { apiVersion: 'v1', kind: 'Node', name },
          depth: 'cause',
          summary: `Node ${name} no longer exists, and ${count(pods.length, 'pod')} (${some(workloads.map(nameOf))}) ${pods.length === 1 ? 'is' : 'are'} still bound to it`,
          cause:
            events.length > 0
              ? String(events.at(-1)?.message ?? '')
              : 'the node was removed without its pods being evicted first',
          evidence: pods.slice(0, 4).map((pod) => evidence('spec', pod, `nodeName ${name}`)),
          remedy: `Make sure the machine is gone, then delete ${count(pods.length, 'pod')} by force; the workloads recreate them.`,
          explains: refsOf(pods),
        },
      ]
    })
  },
}
