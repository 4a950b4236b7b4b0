// PodDisruptionBudgets that protect nothing, and pods under two budgets, which no eviction can satisfy.
import { refOf } from '../../objects/object.ts'
import { matchesSelector, selectorText } from '../../objects/selector.ts'
import type { Check, Draft } from '../check.ts'
import { isFinished } from '../look/pods.ts'
import { templatesIn } from '../look/services.ts'
import { evidence, some } from '../look/words.ts'
import { nameOf, templateOf } from '../look/workloads.ts'

export const disruptionBudgetSelector: Check = {
  name: 'disruption-budget-selector',
  title: 'A PodDisruptionBudget selects no pod, or overlaps another',
  why: 'A budget that selects nothing protects nothing; a pod under two budgets cannot be evicted at all.',
  fix: 'Make its selector match the labels of the pods it is for, and of no others.',
  reads: ['PodDisruptionBudget', 'Pod', 'Deployment', 'StatefulSet'],
  run(snapshot) {
    const budgets = snapshot.list('PodDisruptionBudget')
    return budgets.flatMap((budget): Draft[] => {
      const namespace = budget.metadata.namespace ?? ''
      const selector = budget.spec?.selector
      const pods = snapshot.podsMatching(namespace, selector).filter((pod) => !isFinished(pod))
      const text = selectorText(selector)
      if (pods.length === 0) {
        if (
          !snapshot.wasRead('Pod') ||
          templatesIn(snapshot, namespace).some((workload) =>
            matchesSelector(selector, templateOf(workload)?.metadata?.labels),
          )
        )
          return []
        return [
          {
            severity: 'info',
            object: refOf(budget),
            depth: 'cause',
            summary: `PodDisruptionBudget ${nameOf(budget)} selects no pod (${text})`,
            cause: `no pod in ${namespace} carries ${text}`,
            evidence: [evidence('spec', budget, `selector ${text}`)],
            remedy: `Correct the selector of ${budget.metadata.name}, or delete it.`,
          },
        ]
      }
      const others = budgets.filter(
        (other) =>
          other !== budget &&
          other.metadata.namespace === namespace &&
          other.metadata.name > budget.metadata.name &&
          pods.some((pod) => matchesSelector(other.spec?.selector, pod.metadata.labels)),
      )
      if (others.length === 0) return []
      const names = some([budget, ...others].map((entry) => entry.metadata.name))
      return [
        {
          severity: 'info',
          object: refOf(budget),
          depth: 'cause',
          summary: `${others.length + 1} PodDisruptionBudgets (${names}) select the same pods in ${namespace}`,
          cause: 'the eviction API refuses a pod that has more than one budget',
          evidence: [budget, ...others]
            .slice(0, 3)
            .map((entry) => evidence('spec', entry, `selector ${selectorText(entry.spec?.selector)}`)),
          remedy: `Keep one of ${names} for these pods.`,
        },
      ]
    })
  },
}
