import type { KubeObject } from '../../objects/object.ts'
import { type Json } from '../plain.ts'
import { AGE_COLUMN, column, NAME_COLUMN } from './columns.ts'
import type { KindRules } from './kind.ts'

export const endpoints: KindRules = {
  apiVersion: 'v1',
  kind: 'Endpoints',
  createOnUpdate: true,
  deprecated: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  defaults(draft) {
    for (const subset of draft.subsets ?? []) for (const port of subset.ports ?? []) port.protocol ??= 'TCP'
  },
  columns: [
    NAME_COLUMN,
    column('Endpoints', 'V1Endpoints.subsets', ({ subsets }) => addressesText(pairs(subsets ?? []))),
    AGE_COLUMN,
  ],
}

export const endpointSlice: KindRules = {
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  generation: true,
  defaults(draft) {
    for (const port of draft.ports ?? []) {
      port.name ??= ''
      port.protocol ??= 'TCP'
    }
    draft.endpoints ??= []
  },
  validate(object, errors) {
    const types = ['FQDN', 'IPv4', 'IPv6']
    if (!object.addressType) errors.required('addressType')
    else if (!types.includes(object.addressType)) errors.notSupported('addressType', object.addressType, types)
  },
  columns: [
    NAME_COLUMN,
    column('AddressType', 'V1EndpointSlice.addressType', (object) => object.addressType ?? ''),
    column('Ports', 'V1EndpointSlice.ports', (object) => {
      const ports = (object.ports ?? []).map((port: Json) => port.port ?? '*')
      return limited(ports) || '<unset>'
    }),
    column('Endpoints', 'V1EndpointSlice.endpoints', (object: KubeObject) => {
      return limited((object.endpoints ?? []).flatMap((endpoint: Json) => endpoint.addresses ?? [])) || '<unset>'
    }),
    AGE_COLUMN,
  ],
}

function pairs(subsets: Json[]): string[] {
  return subsets.flatMap((subset) =>
    (subset.addresses ?? []).flatMap((address: Json) =>
      subset.ports?.length ? subset.ports.map((port: Json) => `${address.ip}:${port.port}`) : [address.ip],
    ),
  )
}

function addressesText(list: string[]): string {
  return limited(list) || '<none>'
}

function limited(list: (string | number)[]): string {
  return list.length > 3 ? `${list.slice(0, 3).join(',')} + ${list.length - 3} more...` : list.join(',')
}
