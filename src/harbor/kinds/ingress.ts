import type { FieldErrors } from '../invalid.ts'
import { nameFaults } from '../names.ts'
import { type Json } from '../plain.ts'
import { AGE_COLUMN, column, NAME_COLUMN } from './columns.ts'
import type { KindRules } from './kind.ts'

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix']

export const ingress: KindRules = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  status: true,
  generation: true,
  defaults(draft) {
    draft.spec ??= {}
  },
  defaultStatus(draft) {
    draft.status ??= {}
    draft.status.loadBalancer ??= {}
  },
  prepareCreate(draft) {
    draft.status = { loadBalancer: {} }
  },
  validate({ spec }, errors) {
    const rules: Json[] = spec.rules ?? []
    if (rules.length === 0 && !spec.defaultBackend) {
      errors.invalid('spec', spec.rules ?? null, 'either `defaultBackend` or `rules` must be specified')
    }
    rules.forEach((rule, index) => checkRule(rule, `spec.rules[${index}]`, errors))
    if (spec.defaultBackend) checkBackend(spec.defaultBackend, 'spec.defaultBackend', errors)
  },
  columns: [
    NAME_COLUMN,
    column(
      'Class',
      'The name of the IngressClass resource that should be used for additional configuration',
      ({ spec, metadata }) => {
        return spec?.ingressClassName ?? metadata.annotations?.['kubernetes.io/ingress.class'] ?? '<none>'
      },
    ),
    column('Hosts', 'Hosts that incoming requests are matched against before the ingress rule', ({ spec }) => {
      const hosts: string[] = (spec?.rules ?? []).map((rule: Json) => rule.host ?? '*')
      if (hosts.length === 0) return '*'
      return hosts.length > 3 ? `${hosts.slice(0, 3).join(',')} + ${hosts.length - 3} more...` : hosts.join(',')
    }),
    column('Address', 'Address is a list containing ingress points for the load-balancer', ({ status }) => {
      return (status?.loadBalancer?.ingress ?? []).map((item: Json) => item.ip ?? item.hostname).join(',')
    }),
    column('Ports', 'Ports of TLS configurations that open', ({ spec }) => (spec?.tls?.length > 0 ? '80, 443' : '80')),
    AGE_COLUMN,
  ],
}

function checkRule(rule: Json, field: string, errors: FieldErrors): void {
  if (rule.host) {
    const host = rule.host.startsWith('*.') ? rule.host.slice(2) : rule.host
    for (const fault of nameFaults(host, 'subdomain')) errors.invalid(`${field}.host`, rule.host, fault)
  }
  const paths: Json[] = rule.http?.paths ?? []
  if (rule.http && paths.length === 0) errors.required(`${field}.http.paths`)
  paths.forEach((path, index) => {
    const at = `${field}.http.paths[${index}]`
    if (!path.pathType) errors.required(`${at}.pathType`, 'pathType must be specified')
    else if (!PATH_TYPES.includes(path.pathType)) errors.notSupported(`${at}.pathType`, path.pathType, PATH_TYPES)
    if (path.pathType !== 'ImplementationSpecific' && !path.path?.startsWith('/')) {
      errors.invalid(`${at}.path`, path.path ?? '', 'must be an absolute path')
    }
    checkBackend(path.backend ?? {}, `${at}.backend`, errors)
  })
}

function checkBackend({ service, resource }: Json, field: string, errors: FieldErrors): void {
  if (resource && service) errors.invalid(field, '', 'cannot set both resource and service backends')
  if (resource) return
  if (!service?.name) errors.required(`${field}.service.name`)
  if (service && !service.port?.name && !service.port?.number) {
    errors.required(field, 'port name or number is required')
  }
}
