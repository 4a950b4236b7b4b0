// Who sends traffic to a Service by its own configuration: Ingresses, routes, webhooks, API services.
import { type ObjectRef, refKey } from '../../core/ref.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { perSnapshot } from './memo.ts'

export interface IngressBackend {
  ingress: KubeObject
  host: string
  path: string
  service: string
  port: { number?: number; name?: string }
}

export function backendsOf(ingress: KubeObject): IngressBackend[] {
  const found: IngressBackend[] = []
  // biome-ignore lint/suspicious/noExplicitAny: a backend as the API prints it
  const add = (backend: any, host: string, path: string) => {
    if (backend?.service?.name)
      found.push({ ingress, host, path, service: backend.service.name, port: backend.service.port ?? {} })
  }
  add(ingress.spec?.defaultBackend, '*', '/')
  for (const rule of Array.isArray(ingress.spec?.rules) ? ingress.spec.rules : []) {
    for (const path of Array.isArray(rule?.http?.paths) ? rule.http.paths : [])
      add(path?.backend, rule.host ?? '*', path?.path ?? '/')
  }
  return found
}

export interface RouteBackend {
  route: KubeObject
  kind: string
  namespace: string
  name: string
  port: number | undefined
  weight: number
}

export const ROUTE_KINDS = ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute', 'UDPRoute']

export function routeBackendsOf(route: KubeObject): RouteBackend[] {
  const rules = Array.isArray(route.spec?.rules) ? route.spec.rules : []
  return rules.flatMap(
    (rule: { backendRefs?: { kind?: string; namespace?: string; name: string; port?: number; weight?: number }[] }) =>
      (Array.isArray(rule?.backendRefs) ? rule.backendRefs : []).map((ref) => ({
        route,
        kind: ref.kind ?? 'Service',
        namespace: ref.namespace ?? route.metadata.namespace ?? '',
        name: String(ref.name),
        port: ref.port,
        weight: ref.weight ?? 1,
      })),
  )
}

export const WEBHOOK_KINDS = ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration']

const usersByService = perSnapshot((snapshot) => {
  const users = new Map<string, ObjectRef[]>()
  const add = (namespace: string | undefined, name: string | undefined, user: KubeObject) => {
    if (!name) return
    const key = refKey({ kind: 'Service', namespace, name })
    users.set(key, [...(users.get(key) ?? []), refOf(user)])
  }
  for (const ingress of snapshot.list('Ingress')) {
    for (const name of new Set(backendsOf(ingress).map((backend) => backend.service)))
      add(ingress.metadata.namespace, name, ingress)
  }
  for (const route of ROUTE_KINDS.flatMap((kind) => snapshot.list(kind))) {
    for (const backend of routeBackendsOf(route))
      if (backend.kind === 'Service') add(backend.namespace, backend.name, route)
  }
  for (const configuration of WEBHOOK_KINDS.flatMap((kind) => snapshot.list(kind))) {
    for (const webhook of Array.isArray(configuration.webhooks) ? configuration.webhooks : []) {
      add(webhook?.clientConfig?.service?.namespace, webhook?.clientConfig?.service?.name, configuration)
    }
  }
  for (const api of snapshot.list('APIService')) add(api.spec?.service?.namespace, api.spec?.service?.name, api)
  return users
})

/** Objects that send traffic to a Service because their own spec says so. */
export function serviceUsers(snapshot: Snapshot, service: KubeObject): ObjectRef[] {
  return usersByService(snapshot).get(refKey(refOf(service))) ?? []
}
