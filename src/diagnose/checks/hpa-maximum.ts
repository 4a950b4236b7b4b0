// Autoscalers at their maximum that would scale further.
import { refOf } from '../../objects/object.ts'
import type { Check, Draft } from '../check.ts'
import { targetNameOf, targetOf } from '../look/autoscaling.ts'
import { condition } from '../look/pods.ts'
import { duration, evidence } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

const PATIENCE_MS = 10 * 60_000

interface Current {
  type?: string
  resource?: { name?: string; current?: { averageUtilization?: number; averageValue?: string } }
}

export const hpaMaximum: Check = {
  name: 'hpa-maximum',
  title: 'A HorizontalPodAutoscaler is at its maximum and wants more',
  why: 'The load exceeds what the replicas can take, and nothing more is added.',
  fix: 'Raise maxReplicas if the nodes have room, or make each pod faster or larger.',
  reads: ['HorizontalPodAutoscaler', 'Deployment', 'StatefulSet'],
  run(snapshot) {
    return snapshot.list('HorizontalPodAutoscaler').flatMap((hpa): Draft[] => {
      const max = Number(hpa.spec?.maxReplicas)
      const limited = condition(hpa, 'ScalingLimited')
      const current = Number(hpa.status?.currentReplicas ?? 0)
      if (limited?.status !== 'True' || limited.reason !== 'TooManyReplicas' || current < max) return []
      const over = overTarget(hpa.spec?.metrics, hpa.status?.currentMetrics)
      // at the ceiling by choice (minimum = maximum), or the load fits
      if (Number(hpa.spec?.minReplicas ?? 1) === max || over === undefined) return []
      const age = snapshot.ageMs(limited.lastTransitionTime) ?? PATIENCE_MS
      const target = targetOf(snapshot, hpa)
      return [
        {
          severity: age < PATIENCE_MS ? 'info' : 'warning',
          object: refOf(hpa),
          depth: 'cause',
          summary: `HorizontalPodAutoscaler ${nameOf(hpa)} is at its maximum of ${max} replicas${age < PATIENCE_MS ? '' : ` for ${duration(age)}`} and wants more: ${over}`,
          cause: `maxReplicas ${max} of ${targetNameOf(hpa).kind} ${targetNameOf(hpa).name} is reached while the load is still above target (${over})`,
          evidence: [
            evidence('status', hpa, `ScalingLimited=True (${limited.reason}): ${limited.message ?? ''}`),
            evidence('metric', hpa, over),
          ],
          remedy: `Raise maxReplicas above ${max} if the nodes and what it depends on can take it, or find out why the load has grown.`,
          action: { verb: 'update-hpa', target: refOf(hpa), max: Math.max(max + 1, Math.ceil(max * 1.5)) },
          ...(limited.lastTransitionTime ? { since: limited.lastTransitionTime } : {}),
          explains: target ? [refOf(target)] : [],
        },
      ]
    })
  },
}

/** "cpu at 94 % of a target of 70 %", when a metric is above its target by more than the controller's tolerance of 10 %. */
function overTarget(specs: unknown, currents: unknown): string | undefined {
  if (!Array.isArray(specs) || !Array.isArray(currents)) return undefined
  for (const spec of specs as { resource?: { name?: string; target?: { averageUtilization?: number } } }[]) {
    const wanted = spec.resource?.target?.averageUtilization
    const found = (currents as Current[]).find((entry) => entry.resource?.name === spec.resource?.name)?.resource
      ?.current?.averageUtilization
    if (wanted !== undefined && found !== undefined && found > wanted * 1.1)
      return `${spec.resource?.name} at ${found} % of requests, target ${wanted} %`
  }
  // metrics without a percentage: the controller's word that it is limited is all there is
  return specs.some((spec: { type?: string }) => spec.type !== 'Resource') ? 'its metric is above target' : undefined
}
