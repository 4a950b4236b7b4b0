// Autoscalers whose target does not exist, or that two of them fight over.
import { refOf } from '../../objects/object.ts'
import type { Check, Draft } from '../check.ts'
import { targetNameOf, targetOf } from '../look/autoscaling.ts'
import { groupBy } from '../look/memo.ts'
import { nearest } from '../look/names.ts'
import { condition } from '../look/pods.ts'
import { evidence, oneLine, some } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

const KNOWN = ['Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController']

export const hpaTarget: Check = {
  name: 'hpa-target',
  title: 'A HorizontalPodAutoscaler scales something that does not exist',
  why: 'It does nothing, while everybody believes the workload scales.',
  fix: 'Correct scaleTargetRef (kind, name, apiVersion), or delete the autoscaler.',
  reads: ['HorizontalPodAutoscaler', 'Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController'],
  run(snapshot) {
    const all = snapshot.list('HorizontalPodAutoscaler')
    const missing = all.flatMap((hpa): Draft[] => {
      const { kind, name } = targetNameOf(hpa)
      const able = condition(hpa, 'AbleToScale')
      const failed = able?.status === 'False' && able.reason === 'FailedGetScale'
      const absent = KNOWN.includes(kind) && snapshot.wasRead(kind) && !targetOf(snapshot, hpa)
      if (!absent && !failed) return []
      const near = nearest(
        name,
        snapshot.list(kind, hpa.metadata.namespace ?? '').map((entry) => entry.metadata.name),
      )
      return [
        {
          severity: 'warning',
          object: refOf(hpa),
          depth: 'cause',
          summary: `HorizontalPodAutoscaler ${nameOf(hpa)} scales ${kind} ${name}, which ${absent ? 'does not exist' : 'it cannot read'}`,
          cause: absent
            ? `there is no ${kind} ${name} in namespace ${hpa.metadata.namespace}${near ? ` (nearest: ${near})` : ''}`
            : oneLine(able?.message),
          evidence: [
            evidence('spec', hpa, `scaleTargetRef: ${kind} ${name}`),
            ...(able
              ? [evidence('status', hpa, `AbleToScale=${able.status} (${able.reason}): ${able.message ?? ''}`)]
              : []),
          ],
          remedy: near ? `Set scaleTargetRef to ${kind} ${near}.` : `Correct scaleTargetRef, or delete the autoscaler.`,
          ...(near
            ? {
                action: {
                  verb: 'patch',
                  target: refOf(hpa),
                  type: 'merge',
                  patch: { spec: { scaleTargetRef: { ...hpa.spec?.scaleTargetRef, name: near } } },
                } as const,
              }
            : {}),
        },
      ]
    })
    const shared = groupBy(
      all,
      (hpa) => `${hpa.metadata.namespace}/${targetNameOf(hpa).kind}/${targetNameOf(hpa).name}`,
    )
    const fights = [...shared.values()].flatMap((hpas): Draft[] => {
      const [first] = hpas
      if (!first || hpas.length < 2) return []
      const names = some(hpas.map((hpa) => hpa.metadata.name))
      return [
        {
          severity: 'warning',
          object: refOf(first),
          depth: 'cause',
          summary: `${hpas.length} autoscalers (${names}) scale the same ${targetNameOf(first).kind} ${first.metadata.namespace}/${targetNameOf(first).name}`,
          cause: "each sets the replicas as it sees fit, so they undo each other's work",
          evidence: hpas
            .slice(0, 3)
            .map((hpa) => evidence('spec', hpa, `scaleTargetRef: ${targetNameOf(hpa).kind} ${targetNameOf(hpa).name}`)),
          remedy: `Keep one of ${names} with all the metrics.`,
        },
      ]
    })
    return [...missing, ...fights]
  },
}
