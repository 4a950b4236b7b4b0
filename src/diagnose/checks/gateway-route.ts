// Routes of the Gateway API that are not accepted, or whose backends do not resolve.
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { nearest } from '../look/names.ts'
import type { Condition } from '../look/pods.ts'
import { ROUTE_KINDS, routeBackendsOf } from '../look/service-users.ts'
import { portsOf } from '../look/services.ts'
import { evidence, oneLine, some } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

const GROUP = 'gateway.networking.k8s.io'

export const gatewayRoute: Check = {
  name: 'gateway-route',
  title: 'A route is not accepted by its Gateway, or its backend does not exist',
  why: 'Requests get 404 or 500 from the Gateway although the pods are well.',
  fix: 'Correct parentRefs, hostnames, sectionName or backendRefs; allow other namespaces with a ReferenceGrant.',
  reads: ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute', 'UDPRoute', 'Gateway', 'Service', 'ReferenceGrant'],
  run(snapshot) {
    return ROUTE_KINDS.flatMap((kind) => snapshot.list(kind, undefined, GROUP))
      .filter((route) => !route.metadata.deletionTimestamp)
      .flatMap((route) => [...parentDrafts(snapshot, route), ...backendDrafts(snapshot, route)])
  },
}

interface ParentRef {
  kind?: string
  namespace?: string
  name: string
  sectionName?: string
  port?: number
}

function parentDrafts(snapshot: Snapshot, route: KubeObject): Draft[] {
  const parents: ParentRef[] = Array.isArray(route.spec?.parentRefs) ? route.spec.parentRefs.filter(Boolean) : []
  const base = { severity: 'critical' as const, object: refOf(route), depth: 'cause' as const }
  const drafts: Draft[] = []
  for (const parent of parents) {
    if ((parent.kind ?? 'Gateway') !== 'Gateway') continue
    const namespace = parent.namespace ?? route.metadata.namespace ?? ''
    const gateway = snapshot.get('Gateway', namespace, parent.name)
    const at = `Gateway ${namespace}/${parent.name}`
    if (!gateway) {
      if (!snapshot.wasRead('Gateway') || (snapshot.namespaces && !snapshot.namespaces.includes(namespace))) continue
      const all = snapshot.list('Gateway', undefined, GROUP)
      const near =
        nearest(
          parent.name,
          all.map((other) => other.metadata.name),
        ) ?? (all.length === 1 ? all[0]?.metadata.name : undefined)
      drafts.push({
        ...base,
        summary: `${route.kind} ${nameOf(route)} attaches to ${at}, which does not exist`,
        cause: `there is no ${at}${near ? ` (there is ${some(all.map(nameOf))})` : ''}`,
        evidence: [evidence('spec', route, `parentRefs: ${namespace}/${parent.name}`)],
        remedy: near
          ? `Set parentRefs to ${near}${all.length === 1 && all[0]?.metadata.namespace !== namespace ? ` in namespace ${all[0]?.metadata.namespace}` : ''}.`
          : `Create ${at} or correct parentRefs.`,
      })
      continue
    }
    const listeners: { name?: string }[] = gateway.spec?.listeners ?? []
    if (parent.sectionName && !listeners.some((listener) => listener.name === parent.sectionName)) {
      drafts.push({
        ...base,
        summary: `${route.kind} ${nameOf(route)} attaches to listener ${parent.sectionName} of ${at}, which has none of that name`,
        cause: `the listeners of ${at} are ${some(listeners.map((listener) => String(listener.name)))}`,
        evidence: [evidence('spec', route, `sectionName ${parent.sectionName}`)],
        remedy: `Set sectionName to one of ${some(listeners.map((listener) => String(listener.name)))}.`,
      })
      continue
    }
    const accepted = statusOf(route, parent, 'Accepted')
    if (accepted?.status !== 'False') continue
    drafts.push({
      ...base,
      summary: `${route.kind} ${nameOf(route)} is not accepted by ${at} (${accepted.reason ?? ''})`,
      cause: `${accepted.reason ?? 'not accepted'}: ${oneLine(accepted.message ?? '', 250)}${hintFor(accepted.reason, route, gateway)}`,
      evidence: [evidence('status', route, `Accepted=False (${accepted.reason}): ${accepted.message ?? ''}`)],
      remedy:
        accepted.reason === 'NotAllowedByListeners'
          ? `Allow namespace ${route.metadata.namespace} in allowedRoutes of a listener of ${at}.`
          : `Make hostnames and kind of the route fit a listener of ${at}.`,
      dueTo: [refOf(gateway)],
    })
  }
  return drafts
}

function hintFor(reason: string | undefined, route: KubeObject, gateway: KubeObject): string {
  const listeners: { name?: string; hostname?: string; allowedRoutes?: { namespaces?: { from?: string } } }[] =
    gateway.spec?.listeners ?? []
  if (reason === 'NoMatchingListenerHostname') {
    return `; the route is for ${some(route.spec?.hostnames ?? [])}, the listeners for ${some(listeners.map((listener) => listener.hostname ?? 'any host'))}`
  }
  if (reason === 'NotAllowedByListeners') {
    return `; the listeners allow routes from ${some(listeners.map((listener) => listener.allowedRoutes?.namespaces?.from ?? 'Same'))}, the route is in ${route.metadata.namespace}`
  }
  return ''
}

function statusOf(route: KubeObject, parent: ParentRef, type: string): Condition | undefined {
  const parents: { parentRef?: ParentRef; conditions?: Condition[] }[] = Array.isArray(route.status?.parents)
    ? route.status.parents
    : []
  return parents
    .filter(
      (entry) =>
        entry.parentRef?.name === parent.name && (entry.parentRef?.sectionName ?? '') === (parent.sectionName ?? ''),
    )
    .flatMap((entry) => entry.conditions ?? [])
    .find((entry) => entry.type === type)
}

function backendDrafts(snapshot: Snapshot, route: KubeObject): Draft[] {
  if (!snapshot.wasRead('Service')) return []
  const base = { severity: 'critical' as const, object: refOf(route), depth: 'cause' as const }
  const seen = new Set<string>()
  return routeBackendsOf(route).flatMap((backend): Draft[] => {
    const key = `${backend.namespace}/${backend.name}:${backend.port}`
    if (backend.kind !== 'Service' || backend.weight === 0 || seen.has(key)) return []
    seen.add(key)
    if (snapshot.namespaces && !snapshot.namespaces.includes(backend.namespace)) return []
    const service = snapshot.get('Service', backend.namespace, backend.name)
    const shown = [evidence('spec', route, `backendRefs: ${key}`)]
    if (!service) {
      const near = nearest(
        backend.name,
        snapshot.list('Service', backend.namespace).map((other) => other.metadata.name),
      )
      return [
        {
          ...base,
          summary: `${route.kind} ${nameOf(route)} sends traffic to Service ${backend.namespace}/${backend.name}, which does not exist`,
          cause: `there is no Service ${backend.name} in namespace ${backend.namespace}${near ? ` (nearest: ${near})` : ''}`,
          evidence: shown,
          remedy: near ? `Point backendRefs to ${near}.` : `Create Service ${backend.name} or correct backendRefs.`,
        },
      ]
    }
    const ports = portsOf(service)
    if (backend.port !== undefined && !ports.some((port) => port.port === backend.port)) {
      return [
        {
          ...base,
          summary: `${route.kind} ${nameOf(route)} sends traffic to port ${backend.port} of Service ${nameOf(service)}, which has no such port`,
          cause: `Service ${service.metadata.name} has port ${some(ports.map((port) => String(port.port)))}`,
          evidence: shown,
          remedy: `Set the port of the backendRef to ${some(ports.map((port) => String(port.port)))}.`,
        },
      ]
    }
    if (
      backend.namespace === route.metadata.namespace ||
      !snapshot.wasRead('ReferenceGrant') ||
      granted(snapshot, route, backend.namespace, backend.name)
    )
      return []
    return [
      {
        ...base,
        summary: `${route.kind} ${nameOf(route)} may not use Service ${nameOf(service)} of another namespace: no ReferenceGrant allows it`,
        cause: `backendRefs across namespaces need a ReferenceGrant in ${backend.namespace} from ${route.kind}s of ${route.metadata.namespace} to Services`,
        evidence: shown,
        remedy: `Create a ReferenceGrant in namespace ${backend.namespace}, or move the route there.`,
      },
    ]
  })
}

function granted(snapshot: Snapshot, route: KubeObject, namespace: string, name: string): boolean {
  return snapshot.list('ReferenceGrant', namespace).some((grant) => {
    const from: { kind?: string; namespace?: string }[] = grant.spec?.from ?? []
    const to: { kind?: string; name?: string }[] = grant.spec?.to ?? []
    return (
      from.some((entry) => entry.kind === route.kind && entry.namespace === route.metadata.namespace) &&
      to.some((entry) => entry.kind === 'Service' && (entry.name === undefined || entry.name === name))
    )
  })
}
