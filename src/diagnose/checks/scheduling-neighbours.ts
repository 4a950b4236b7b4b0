// Pods that rules about other pods keep off every node: affinity and anti-affinity.
import type { Check } from '../check.ts'
import { affinityText, antiAffinityText, refusingNeighbours } from '../look/neighbours.ts'
import { refsOf } from '../look/pods.ts'
import { unplacedBy } from '../look/scheduling.ts'
import { unplacedDraft } from '../look/unplaced.ts'
import { evidence, some } from '../look/words.ts'
import { nameOf, workloadOf } from '../look/workloads.ts'

export const schedulingNeighbours: Check = {
  name: 'scheduling-neighbours',
  title: 'Pods wait because of pod affinity or anti-affinity rules',
  why: 'Required rules about neighbours are absolute: one replica per node means no more replicas than nodes, and affinity to a pod that is not there means never.',
  fix: 'Run no more replicas than there are places, make the rule preferred instead of required, or add nodes.',
  reads: ['Pod', 'Node', 'Event'],
  run(snapshot) {
    const groups = unplacedBy(snapshot, ['anti-affinity', 'existing-anti-affinity', 'affinity'])
    return groups.flatMap((group) => {
      const [first] = group.unplaced
      if (!first) return []
      const name = nameOf(group.workload)
      if (first.decisive.reason === 'anti-affinity') {
        const text = antiAffinityText(snapshot, first.pod)
        return (
          unplacedDraft(snapshot, group, {
            cause: text,
            remedy: `Scale ${name} to the number of nodes, make its pod anti-affinity preferred instead of required, or add nodes.`,
            evidence: [evidence('spec', first.pod, text)],
          }) ?? []
        )
      }
      if (first.decisive.reason === 'affinity') {
        const { text, targets } = affinityText(snapshot, first.pod)
        return (
          unplacedDraft(snapshot, group, {
            cause: text,
            remedy: `Correct the pod affinity of ${name}, start the pods it follows, or make the rule preferred.`,
            evidence: [evidence('spec', first.pod, text)],
            dueTo: refsOf(targets.filter((target) => !target.spec?.nodeName)),
          }) ?? []
        )
      }
      const neighbours = refusingNeighbours(snapshot, first.pod)
      const owners = [...new Set(neighbours.map((pod) => workloadOf(snapshot, pod)))]
      return (
        unplacedDraft(snapshot, group, {
          cause: `pods that already run refuse it as a neighbour by their own required anti-affinity: ${some(owners.map((owner) => `${owner.kind} ${nameOf(owner)}`))}`,
          remedy: `Make the pod anti-affinity of ${some(owners.map(nameOf))} preferred or narrower, change the labels of ${name}, or add nodes.`,
          evidence: owners
            .slice(0, 3)
            .map((owner) => evidence('spec', owner, `required pod anti-affinity that matches the pods of ${name}`)),
        }) ?? []
      )
    })
  },
}
