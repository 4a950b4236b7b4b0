// Pods whose node selector or required node affinity no node meets, with the nearest label there is.
import type { Check } from '../check.ts'
import { nodeLabelsWords, nodeTermsOf, requirementText } from '../look/placement.ts'
import { unplacedBy } from '../look/scheduling.ts'
import { unplacedDraft } from '../look/unplaced.ts'
import { evidence } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

export const schedulingNodeLabels: Check = {
  name: 'scheduling-node-labels',
  title: 'Pods wait because no node carries the labels they ask for',
  why: 'nodeSelector and required node affinity are absolute: without a matching node the pod waits for ever.',
  fix: 'Correct the selector of the workload, or label the nodes that are meant.',
  reads: ['Pod', 'Node', 'Event'],
  run(snapshot) {
    return unplacedBy(snapshot, ['node-labels', 'node-name']).flatMap((group) => {
      const pod = group.pods[0]
      if (!pod) return []
      const words = nodeLabelsWords(snapshot, pod)
      const asked = nodeTermsOf(pod).map((term) =>
        [...term.requirements, ...term.fields].map(requirementText).join(' and '),
      )
      return (
        unplacedDraft(snapshot, group, {
          cause: `node selector or affinity: ${words.text}`,
          remedy: `Correct the node selector of ${nameOf(group.workload)}${words.hint ? ` (${words.hint})` : ''}, or label the nodes it is meant for.`,
          evidence: asked.length > 0 ? [evidence('spec', pod, `asks for nodes with ${asked.join(', or ')}`)] : [],
          dueTo: words.dueTo,
        }) ?? []
      )
    })
  },
}
