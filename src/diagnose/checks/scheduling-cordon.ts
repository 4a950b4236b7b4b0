// Pods that only cordoned nodes could take.
import { refOf } from '../../objects/object.ts'
import type { Check } from '../check.ts'
import { isCordoned } from '../look/nodes.ts'
import { unplacedBy } from '../look/scheduling.ts'
import { unplacedDraft } from '../look/unplaced.ts'
import { count, evidence, some } from '../look/words.ts'

export const schedulingCordon: Check = {
  name: 'scheduling-cordon',
  title: 'Pods wait because the nodes that could take them are cordoned',
  why: 'A cordoned node takes no new pods; when maintenance is over and nobody uncordons it, pods pile up.',
  fix: 'Uncordon the node when its maintenance is over, or add a node.',
  reads: ['Pod', 'Node', 'Event'],
  run(snapshot) {
    return unplacedBy(snapshot, ['cordon']).flatMap((group) => {
      const cordoned = snapshot.list('Node').filter(isCordoned)
      const names = some(cordoned.map((node) => node.metadata.name))
      return (
        unplacedDraft(snapshot, group, {
          cause:
            cordoned.length > 0
              ? `${count(cordoned.length, 'node')} (${names}) cordoned: marked unschedulable`
              : 'the nodes are cordoned: marked unschedulable',
          remedy: `Uncordon ${cordoned.length > 0 ? names : 'the nodes'} if the maintenance is over.`,
          evidence: cordoned.slice(0, 3).map((node) => evidence('spec', node, 'unschedulable: true')),
          dueTo: cordoned.map(refOf),
          depth: 'state',
          ...(cordoned.length === 1 && cordoned[0]
            ? { action: { verb: 'uncordon', node: cordoned[0].metadata.name } as const }
            : {}),
        }) ?? []
      )
    })
  },
}
