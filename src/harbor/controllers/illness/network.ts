// Whether NetworkPolicies let a pod out: enough to tell a policy that cuts it off from one that does not.
import type { KubeObject } from '../../../objects/object.ts'
import { matchesSelector } from '../../../objects/selector.ts'
import type { World } from '../../world.ts'

/** True when the pod may send to `port` (somewhere), or without a port when nothing restricts where it may send. */
export function egressTo(world: World, pod: KubeObject, port: number | undefined): boolean {
  const policies = egressPolicies(world, pod)
  if (policies.length === 0) return true
  return policies.some((policy) =>
    (policy.spec?.egress ?? []).some((rule: KubeObject['spec']) => {
      if (port === undefined) return !rule.ports?.length && !rule.to?.length
      if (!rule.ports?.length) return true
      return rule.ports.some(({ port: from, endPort }: KubeObject['spec']) => {
        if (from === undefined) return true
        return Number(from) === port || (endPort !== undefined && Number(from) <= port && port <= endPort)
      })
    }),
  )
}

/** The policies that restrict what the pod may send, as one text: equal texts mean nothing was changed. */
export function egressText(world: World, pod: KubeObject): string {
  return JSON.stringify(egressPolicies(world, pod).map(({ metadata, spec }) => [metadata.name, spec]))
}

function egressPolicies(world: World, pod: KubeObject): KubeObject[] {
  return world.list('NetworkPolicy', { namespace: pod.metadata.namespace ?? '' }).filter((policy) => {
    const types: string[] = policy.spec?.policyTypes ?? (policy.spec?.egress ? ['Ingress', 'Egress'] : ['Ingress'])
    return types.includes('Egress') && matchesSelector(policy.spec?.podSelector ?? {}, pod.metadata.labels)
  })
}
