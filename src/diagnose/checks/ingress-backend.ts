// Ingresses that send traffic to a Service or a port that does not exist.
import type { Action } from '../../core/action.ts'
import { refOf } from '../../objects/object.ts'
import type { Check, Draft } from '../check.ts'
import { eventsAbout, eventText } from '../look/events.ts'
import { nearest } from '../look/names.ts'
import { backendsOf, type IngressBackend } from '../look/service-users.ts'
import { findPort, portsOf, portText } from '../look/services.ts'
import { evidence, some } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

export const ingressBackend: Check = {
  name: 'ingress-backend',
  title: 'An Ingress sends traffic to a Service or port that does not exist',
  why: 'The controller answers 503 or 404 for these paths although the pods are well.',
  fix: 'Correct the name or port of the backend, or create the Service.',
  reads: ['Ingress', 'Service', 'Event'],
  run(snapshot) {
    if (!snapshot.wasRead('Service')) return []
    return snapshot.list('Ingress').flatMap((ingress): Draft[] => {
      if (ingress.metadata.deletionTimestamp) return []
      const namespace = ingress.metadata.namespace ?? ''
      const seen = new Set<string>()
      const drafts: Draft[] = []
      for (const backend of backendsOf(ingress)) {
        const port = backend.port.number ?? backend.port.name
        const key = `${backend.service}:${port}`
        if (seen.has(key)) continue
        seen.add(key)
        const service = snapshot.get('Service', namespace, backend.service)
        const at = `${backend.host}${backend.path}`
        const events = eventsAbout(snapshot, ingress, { type: 'Warning' })
          .slice(0, 2)
          .map((event) => evidence('event', ingress, eventText(event)))
        const base = {
          severity: 'critical' as const,
          object: refOf(ingress),
          depth: 'cause' as const,
          evidence: [evidence('spec', ingress, `${at} → Service ${backend.service} port ${port ?? '?'}`), ...events],
        }
        if (!service) {
          const others = snapshot.list('Service', namespace).map((entry) => entry.metadata.name)
          const near = nearest(backend.service, others)
          const elsewhere = snapshot.list('Service').find((entry) => entry.metadata.name === backend.service)
          drafts.push({
            ...base,
            summary: `Ingress ${nameOf(ingress)} sends ${at} to Service ${backend.service}, which does not exist`,
            cause: `there is no Service ${backend.service} in namespace ${namespace}${near ? ` (nearest: ${near})` : elsewhere ? `; there is one in namespace ${elsewhere.metadata.namespace}, which an Ingress of ${namespace} cannot use` : ''}`,
            remedy: near
              ? `Point the backend to Service ${near}, or create Service ${backend.service}.`
              : `Create Service ${backend.service} in ${namespace}, or correct the backend.`,
            ...(near ? { action: rename(backend, near) } : {}),
          })
          continue
        }
        if (service.spec?.type === 'ExternalName' || port === undefined || findPort(service, backend.port)) continue
        const ports = portsOf(service)
        const right = ports.length === 1 ? ports[0] : undefined
        const mixed = ports.find((entry) => entry.targetPort === backend.port.number)
        drafts.push({
          ...base,
          summary: `Ingress ${nameOf(ingress)} sends ${at} to port ${port} of Service ${backend.service}, which has no such port`,
          cause: `Service ${backend.service} has port ${some(ports.map(portText))}${mixed ? `; ${port} is the targetPort of its port ${mixed.port}` : ''}`,
          evidence: [...base.evidence, evidence('spec', service, `ports ${some(ports.map(portText))}`)],
          remedy: `Set the backend port to ${right ? right.port : `one of ${some(ports.map(portText))}`}.`,
          ...(right ? { action: repoint(backend, right.port) } : {}),
        })
      }
      return drafts
    })
  },
}

function rename(backend: IngressBackend, name: string): Action {
  return edit(backend, (service) => ({ ...service, name }))
}

function repoint(backend: IngressBackend, number: number): Action {
  return edit(backend, (service) => ({ ...service, port: { number } }))
}

/** The rules as they are, with this backend changed: a merge patch replaces lists as a whole. */
function edit({ ingress, service: name, port }: IngressBackend, change: (service: { name: string }) => object): Action {
  // biome-ignore lint/suspicious/noExplicitAny: backends as the API prints them
  const fix = (backend: any) =>
    backend?.service?.name === name &&
    backend.service.port?.number === port.number &&
    backend.service.port?.name === port.name
      ? { ...backend, service: change(backend.service) }
      : backend
  const spec: Record<string, unknown> = {}
  if (ingress.spec?.defaultBackend) spec.defaultBackend = fix(ingress.spec.defaultBackend)
  if (Array.isArray(ingress.spec?.rules)) {
    spec.rules = ingress.spec.rules.map((rule: { http?: { paths?: { backend?: unknown }[] } }) =>
      rule.http?.paths
        ? {
            ...rule,
            http: { ...rule.http, paths: rule.http.paths.map((path) => ({ ...path, backend: fix(path.backend) })) },
          }
        : rule,
    )
  }
  return { verb: 'patch', target: refOf(ingress), type: 'merge', patch: { spec } }
}
