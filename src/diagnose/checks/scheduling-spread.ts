// Pods that topology spread constraints keep off every node.
import type { Check } from '../check.ts'
import { spreadText } from '../look/neighbours.ts'
import { unplacedBy } from '../look/scheduling.ts'
import { unplacedDraft } from '../look/unplaced.ts'
import { evidence } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

export const schedulingSpread: Check = {
  name: 'scheduling-spread',
  title: 'Pods wait because of topology spread constraints',
  why: 'With DoNotSchedule the scheduler would rather place nothing than go over maxSkew: one full or missing zone blocks all others.',
  fix: 'Give the lagging zone room, raise maxSkew, or use ScheduleAnyway.',
  reads: ['Pod', 'Node', 'Event'],
  run(snapshot) {
    return unplacedBy(snapshot, ['spread']).flatMap((group) => {
      const pod = group.pods[0]
      if (!pod) return []
      const text = spreadText(snapshot, pod)
      return (
        unplacedDraft(snapshot, group, {
          cause: text,
          remedy: `Give the zone with the fewest pods of ${nameOf(group.workload)} room (nodes, taints, cordons), raise maxSkew, or set whenUnsatisfiable to ScheduleAnyway.`,
          evidence: [evidence('spec', pod, text)],
        }) ?? []
      )
    })
  },
}
