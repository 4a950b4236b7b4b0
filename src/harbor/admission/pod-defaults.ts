// What admission adds to every pod: its priority, and five minutes of patience with a node that is not ready.
import { type Json } from '../plain.ts'
import { forbidden } from '../status.ts'
import type { Admission, Plugin } from './plugin.ts'

const isNewPod = ({ operation, resource, subresource }: Admission) =>
  operation === 'create' && resource.id === 'pods' && !subresource

export const tolerationSeconds: Plugin = {
  name: 'DefaultTolerationSeconds',
  mutate(admission) {
    if (!isNewPod(admission)) return
    const { spec } = admission.object
    const given: Json[] = spec.tolerations ?? []
    for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
      const covered = given.some(
        (toleration) =>
          (toleration.key === key || !toleration.key) && (!toleration.effect || toleration.effect === 'NoExecute'),
      )
      if (covered) continue
      const added = { key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }
      spec.tolerations = [...(spec.tolerations ?? []), added]
    }
  },
}

export const priority: Plugin = {
  name: 'Priority',
  mutate(admission) {
    if (!isNewPod(admission)) return
    const { object, world, resource } = admission
    const { spec, metadata } = object
    const name: string | undefined = spec.priorityClassName
    const chosen = name
      ? world.find('PriorityClass', undefined, name)
      : world.list('PriorityClass').find((item) => item.globalDefault)
    if (name && !chosen) {
      throw forbidden(
        resource,
        metadata.name || metadata.generateName || '',
        `no PriorityClass with name ${name} was found`,
      )
    }
    if (chosen) spec.priorityClassName = chosen.metadata.name
    spec.priority = chosen?.value ?? 0
    spec.preemptionPolicy = chosen?.preemptionPolicy ?? 'PreemptLowerPriority'
  },
}
