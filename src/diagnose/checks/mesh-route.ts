// Istio VirtualServices that send traffic to a host or subset that does not exist.
import { type KubeObject, refOf } from '../../objects/object.ts'
import { matchesMap } from '../../objects/selector.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { resolveHost } from '../look/hosts.ts'
import { nearest } from '../look/names.ts'
import { isLive } from '../look/pods.ts'
import { podsBehind } from '../look/services.ts'
import { evidence, some } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

interface Destination {
  host?: string
  subset?: string
}

export const meshRoute: Check = {
  name: 'mesh-route',
  title: 'A VirtualService sends traffic to a host or subset that does not exist',
  why: 'The proxy answers 503 (no healthy upstream) for that route.',
  fix: 'Correct host or subset, or add the subset to the DestinationRule.',
  reads: ['VirtualService', 'DestinationRule', 'Service', 'Pod'],
  run(snapshot) {
    return snapshot.list('VirtualService').flatMap((route) => {
      const rules = [...(route.spec?.http ?? []), ...(route.spec?.tcp ?? []), ...(route.spec?.tls ?? [])].filter(
        Boolean,
      )
      const destinations: Destination[] = rules.flatMap(
        (rule: { route?: { destination?: Destination; weight?: number }[] }) =>
          (rule.route ?? []).filter((entry) => entry.weight !== 0).map((entry) => entry.destination ?? {}),
      )
      const seen = new Set<string>()
      return destinations.flatMap((destination) => {
        const key = `${destination.host}/${destination.subset ?? ''}`
        if (!destination.host || seen.has(key)) return []
        seen.add(key)
        return draftOf(snapshot, route, destination.host, destination.subset) ?? []
      })
    })
  },
}

function draftOf(snapshot: Snapshot, route: KubeObject, host: string, subset: string | undefined): Draft | undefined {
  const namespace = route.metadata.namespace ?? ''
  const look = resolveHost(snapshot, host, namespace)
  // a host outside the cluster is a ServiceEntry's matter
  if (!look || !snapshot.wasRead('Service') || (snapshot.namespaces && !snapshot.namespaces.includes(look.namespace)))
    return undefined
  const base = {
    severity: 'critical' as const,
    object: refOf(route),
    depth: 'cause' as const,
    evidence: [evidence('spec', route, `destination ${host}${subset ? ` subset ${subset}` : ''}`)],
  }
  if (!look.object) {
    const near = nearest(
      look.service ?? host,
      snapshot.list('Service', look.namespace).map((service) => service.metadata.name),
    )
    return {
      ...base,
      summary: `VirtualService ${nameOf(route)} sends traffic to ${host}, which does not exist`,
      cause: `there is no Service ${look.service ?? host} in namespace ${look.namespace}${near ? ` (nearest: ${near})` : ''}`,
      remedy: near
        ? `Set the destination host to ${near}.`
        : `Create Service ${look.service ?? host} or correct the host.`,
    }
  }
  if (!subset || look.object.kind !== 'Service') return undefined
  const service = look.object
  const rules = snapshot
    .list('DestinationRule')
    .filter(
      (rule) => resolveHost(snapshot, String(rule.spec?.host ?? ''), rule.metadata.namespace ?? '')?.object === service,
    )
  const subsets: { name?: string; labels?: Record<string, string> }[] = rules.flatMap(
    (rule) => rule.spec?.subsets ?? [],
  )
  const found = subsets.find((entry) => entry.name === subset)
  if (found) {
    const pods = podsBehind(snapshot, service).filter(
      (pod) => isLive(pod) && matchesMap(found.labels, pod.metadata.labels),
    )
    if (pods.length > 0 || !found.labels) return undefined
    const asked = Object.entries(found.labels).map(([key, value]) => `${key}=${value}`)
    return {
      ...base,
      summary: `VirtualService ${nameOf(route)} sends traffic to subset ${subset} of ${service.metadata.name}, which has no pods`,
      cause: `no pod of Service ${nameOf(service)} carries ${some(asked)}`,
      remedy: `Deploy pods with ${some(asked)}, or send the traffic to another subset.`,
    }
  }
  const names = subsets.map((entry) => String(entry.name))
  return {
    ...base,
    summary: `VirtualService ${nameOf(route)} sends traffic to subset ${subset} of ${service.metadata.name}, which no DestinationRule defines`,
    cause:
      names.length > 0
        ? `the DestinationRule of ${service.metadata.name} has subset ${some(names)}`
        : `there is no DestinationRule with subsets for ${service.metadata.name}`,
    remedy: `Add subset ${subset} to the DestinationRule, or correct the route.`,
  }
}
