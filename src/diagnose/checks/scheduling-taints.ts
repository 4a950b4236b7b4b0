// Pods that every suitable node keeps away with a taint they do not tolerate.
import type { Check } from '../check.ts'
import { taintText } from '../look/nodes.ts'
import { taintsAgainst, taintWords } from '../look/placement.ts'
import { unplacedBy } from '../look/scheduling.ts'
import { unplacedDraft } from '../look/unplaced.ts'
import { evidence } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

export const schedulingTaints: Check = {
  name: 'scheduling-taints',
  title: 'Pods wait because they do not tolerate the taints of the nodes',
  why: 'A NoSchedule or NoExecute taint keeps every pod away that does not say it tolerates exactly that key, value and effect.',
  fix: 'Add the toleration if the pods belong there, remove the taint if it is stale, or add nodes without it.',
  reads: ['Pod', 'Node', 'Event'],
  run(snapshot) {
    return unplacedBy(snapshot, ['taint']).flatMap((group) => {
      const pod = group.pods[0]
      if (!pod) return []
      const words = taintWords(snapshot, pod)
      const { custom, state } = taintsAgainst(snapshot, pod)
      return (
        unplacedDraft(snapshot, group, {
          cause: words.text,
          remedy: words.hint
            ? `For ${nameOf(group.workload)}: ${words.hint}.`
            : 'Bring the tainted nodes back to health, or add a node that takes ordinary pods.',
          evidence: [...custom, ...state].flatMap(({ taint, nodes }) =>
            nodes.slice(0, 3).map((node) => evidence('spec', node, `taint ${taintText(taint)}`)),
          ),
          dueTo: words.dueTo,
        }) ?? []
      )
    })
  },
}
