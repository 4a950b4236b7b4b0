// Pods and what runs them.
import { ageText } from '../../../objects/age.ts'
import { controllerOf, type KubeObject } from '../../../objects/object.ts'
import { selectorText } from '../../../objects/selector.ts'
import { cell } from '../print.ts'
import { imagesOf, revisionsOf, statusOf } from '../rollout.ts'
import type { Describer, Description, Fact } from './describer.ts'
import { listOf, optional, section } from './lines.ts'
import { containerSections, placementFacts } from './pod-spec.ts'

export const pod: Describer = ({ metadata, spec, status }, { now }) => ({
  facts: [
    ['Node', spec?.nodeName ? `${cell(spec.nodeName)}${status?.hostIP ? `/${cell(status.hostIP)}` : ''}` : '<none>'],
    [
      'Status',
      metadata.deletionTimestamp
        ? `Terminating since ${ageText(metadata.deletionTimestamp, now)}`
        : cell(status?.phase),
    ],
    ['Reason', optional(status?.reason)],
    ['Message', optional(status?.message)],
    ['IP', optional(status?.podIP)],
    ['QoS Class', optional(status?.qosClass)],
    ['Started', status?.startTime ? `${ageText(status.startTime, now)} ago` : undefined],
    ['Restart Policy', optional(spec?.restartPolicy)],
    [
      'Readiness Gates',
      listOf(spec?.readinessGates)
        .map((gate) => cell(gate.conditionType))
        .join(', '),
    ],
    [
      'Scheduling Gates',
      listOf(spec?.schedulingGates)
        .map((gate) => cell(gate.name))
        .join(', '),
    ],
    ...placementFacts(spec),
  ],
  sections: containerSections(spec, status, now),
})

export const deployment: Describer = async (object, context) => {
  const { spec, status, metadata } = object
  const rolling = spec?.strategy?.rollingUpdate
  const revisions = await revisionsOf(context, { ...object, kind: 'Deployment' }).catch(() => [])
  const rows = revisions
    .slice(-5)
    .map(({ number, object: set, template }) => [
      String(number),
      set.metadata.name,
      `${set.status?.readyReplicas ?? 0}/${set.spec?.replicas ?? 0}`,
      ageText(set.metadata.creationTimestamp, context.now),
      imagesOf(template),
    ])
  return {
    facts: [
      ['Selector', selectorText(spec?.selector)],
      [
        'Replicas',
        `${spec?.replicas ?? 1} desired, ${status?.updatedReplicas ?? 0} updated, ${status?.replicas ?? 0} total, ${status?.availableReplicas ?? 0} available, ${status?.unavailableReplicas ?? 0} unavailable`,
      ],
      [
        'Strategy',
        `${cell(spec?.strategy?.type ?? 'RollingUpdate')}${rolling ? ` (max unavailable ${cell(rolling.maxUnavailable)}, max surge ${cell(rolling.maxSurge)})` : ''}`,
      ],
      ['Min Ready', spec?.minReadySeconds ? `${spec.minReadySeconds}s` : undefined],
      ['Paused', spec?.paused ? 'true' : undefined],
      ['Revision', optional(metadata.annotations?.['deployment.kubernetes.io/revision'])],
      ['Rollout', statusOf({ ...object, kind: 'Deployment' })],
      ...placementFacts(spec?.template?.spec),
    ],
    sections: [
      ...containerSections(spec?.template?.spec, undefined, context.now),
      section(
        'Revisions (newest last)',
        rows.length > 0 ? [['Revision', 'ReplicaSet', 'Ready', 'Age', 'Images'], ...rows] : [],
      ),
    ],
  }
}

export const replicaSet: Describer = ({ spec, status }, { now }) => ({
  facts: [
    ['Selector', selectorText(spec?.selector)],
    [
      'Replicas',
      `${status?.replicas ?? 0} current, ${spec?.replicas ?? 1} desired, ${status?.readyReplicas ?? 0} ready`,
    ],
    ...placementFacts(spec?.template?.spec),
  ],
  sections: containerSections(spec?.template?.spec, undefined, now),
})

export const replicationController: Describer = (object, context) =>
  replicaSet({ ...object, spec: { ...object.spec, selector: { matchLabels: object.spec?.selector } } }, context)

export const statefulSet: Describer = (object, { now }) => {
  const { spec, status } = object
  return {
    facts: [
      ['Selector', selectorText(spec?.selector)],
      [
        'Replicas',
        `${spec?.replicas ?? 1} desired, ${status?.replicas ?? 0} total, ${status?.readyReplicas ?? 0} ready, ${status?.updatedReplicas ?? 0} updated`,
      ],
      ['Service', optional(spec?.serviceName)],
      [
        'Update Strategy',
        `${cell(spec?.updateStrategy?.type ?? 'RollingUpdate')}${spec?.updateStrategy?.rollingUpdate?.partition ? ` (partition ${spec.updateStrategy.rollingUpdate.partition})` : ''}`,
      ],
      ['Pod Management', optional(spec?.podManagementPolicy)],
      ['Rollout', statusOf({ ...object, kind: 'StatefulSet' })],
      [
        'Volume Claims',
        listOf(spec?.volumeClaimTemplates).map(
          (claim) =>
            `${cell(claim.metadata?.name)}: ${cell(claim.spec?.resources?.requests?.storage)} of class ${cell(claim.spec?.storageClassName ?? '<default>')}`,
        ),
      ],
      ...placementFacts(spec?.template?.spec),
    ],
    sections: containerSections(spec?.template?.spec, undefined, now),
  }
}

export const daemonSet: Describer = (object, { now }) => {
  const { spec, status } = object
  return {
    facts: [
      ['Selector', selectorText(spec?.selector)],
      [
        'Nodes',
        `${status?.desiredNumberScheduled ?? 0} desired, ${status?.currentNumberScheduled ?? 0} current, ${status?.updatedNumberScheduled ?? 0} up to date, ${status?.numberAvailable ?? 0} available, ${status?.numberMisscheduled ?? 0} misscheduled`,
      ],
      ['Update Strategy', optional(spec?.updateStrategy?.type)],
      ['Rollout', statusOf({ ...object, kind: 'DaemonSet' })],
      ...placementFacts(spec?.template?.spec),
    ],
    sections: containerSections(spec?.template?.spec, undefined, now),
  }
}

export const job: Describer = ({ spec, status }, { now }) => ({
  facts: [
    ['Selector', selectorText(spec?.selector)],
    ['Parallelism', optional(spec?.parallelism)],
    ['Completions', optional(spec?.completions)],
    ['Back-off Limit', optional(spec?.backoffLimit)],
    ['Deadline', spec?.activeDeadlineSeconds ? `${spec.activeDeadlineSeconds}s` : undefined],
    ['Suspended', spec?.suspend ? 'true' : undefined],
    ['Pods', `${status?.active ?? 0} active, ${status?.succeeded ?? 0} succeeded, ${status?.failed ?? 0} failed`],
    ['Started', status?.startTime ? `${ageText(status.startTime, now)} ago` : undefined],
    ['Completed', status?.completionTime ? `${ageText(status.completionTime, now)} ago` : undefined],
    ...placementFacts(spec?.template?.spec),
  ],
  sections: containerSections(spec?.template?.spec, undefined, now),
})

export const cronJob: Describer = ({ spec, status }, { now }) => {
  const template = spec?.jobTemplate?.spec
  return {
    facts: [
      ['Schedule', `${cell(spec?.schedule)}${spec?.timeZone ? ` (${cell(spec.timeZone)})` : ''}`],
      ['Suspended', optional(spec?.suspend)],
      ['Concurrency', optional(spec?.concurrencyPolicy)],
      [
        'Starting Deadline',
        spec?.startingDeadlineSeconds === undefined ? undefined : `${cell(spec.startingDeadlineSeconds)}s`,
      ],
      ['Last Schedule', status?.lastScheduleTime ? `${ageText(status.lastScheduleTime, now)} ago` : '<never>'],
      ['Last Success', status?.lastSuccessfulTime ? `${ageText(status.lastSuccessfulTime, now)} ago` : '<never>'],
      [
        'Active Jobs',
        listOf(status?.active)
          .map((ref) => cell(ref.name))
          .join(', ') || '<none>',
      ],
      ...placementFacts(template?.template?.spec),
    ],
    sections: containerSections(template?.template?.spec, undefined, now),
  }
}

export const horizontalPodAutoscaler: Describer = ({ spec, status }) => ({
  facts: [
    ['Target', `${cell(spec?.scaleTargetRef?.kind)}/${cell(spec?.scaleTargetRef?.name)}`],
    [
      'Replicas',
      `${status?.currentReplicas ?? 0} current, ${status?.desiredReplicas ?? 0} desired, between ${spec?.minReplicas ?? 1} and ${cell(spec?.maxReplicas)}`,
    ],
    ['Metrics', metricLines(spec?.metrics, status?.currentMetrics, spec?.targetCPUUtilizationPercentage)],
  ],
})

function metricLines(metrics: unknown, current: unknown, oldTarget: unknown): string[] {
  if (oldTarget !== undefined) return [`cpu: target ${cell(oldTarget)}%`]
  return listOf(metrics).map((metric, index) => {
    const part = metric.resource ?? metric.containerResource ?? metric.pods ?? metric.object ?? metric.external
    const now = listOf(current)[index]
    const value = now?.resource ?? now?.containerResource ?? now?.pods ?? now?.object ?? now?.external
    return `${cell(part?.name ?? part?.metric?.name)}: ${valueText(value?.current)} of target ${valueText(part?.target)}`
  })
}

function valueText(value: KubeObject['spec']): string {
  if (!value) return '<unknown>'
  if (value.averageUtilization !== undefined) return `${cell(value.averageUtilization)}%`
  return cell(value.averageValue ?? value.value)
}

export const podDisruptionBudget: Describer = ({ spec, status }): Description => ({
  facts: [
    ['Selector', selectorText(spec?.selector)],
    ['Min Available', optional(spec?.minAvailable)],
    ['Max Unavailable', optional(spec?.maxUnavailable)],
    ['Allowed Disruptions', optional(status?.disruptionsAllowed)],
    [
      'Healthy',
      `${status?.currentHealthy ?? 0} now, ${status?.desiredHealthy ?? 0} needed, ${status?.expectedPods ?? 0} expected`,
    ],
  ],
})

/** `Controlled By` of anything that has an owner. */
export function ownerFact(object: KubeObject): Fact {
  const owner = controllerOf(object)
  return ['Controlled By', owner ? `${owner.kind}/${owner.name}` : undefined]
}
