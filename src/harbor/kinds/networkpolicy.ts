import { isIP } from 'node:net'
import { selectorText } from '../../objects/selector.ts'
import type { FieldErrors } from '../invalid.ts'
import { type Json } from '../plain.ts'
import { AGE_COLUMN, column, NAME_COLUMN } from './columns.ts'
import type { KindRules } from './kind.ts'

const TYPES = ['Ingress', 'Egress']

export const networkPolicy: KindRules = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  generation: true,
  defaults(draft) {
    draft.spec ??= {}
    const { spec } = draft
    spec.podSelector ??= {}
    spec.policyTypes ??= spec.egress ? ['Ingress', 'Egress'] : ['Ingress']
    for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
      for (const port of rule.ports ?? []) port.protocol ??= 'TCP'
    }
  },
  validate({ spec }, errors) {
    for (const [index, type] of (spec.policyTypes ?? []).entries()) {
      if (!TYPES.includes(type)) errors.notSupported(`spec.policyTypes[${index}]`, type, TYPES)
    }
    const directions: [string, string][] = [
      ['ingress', 'from'],
      ['egress', 'to'],
    ]
    for (const [list, peers] of directions) {
      for (const [index, rule] of (spec[list] ?? []).entries()) {
        for (const [at, peer] of (rule[peers] ?? []).entries()) {
          checkPeer(peer, `spec.${list}[${index}].${peers}[${at}]`, errors)
        }
      }
    }
  },
  columns: [
    NAME_COLUMN,
    column('Pod-Selector', 'V1NetworkPolicySpec.podSelector', ({ spec }) => selectorText(spec?.podSelector)),
    AGE_COLUMN,
  ],
}

function checkPeer(peer: Json, field: string, errors: FieldErrors): void {
  const { ipBlock, podSelector, namespaceSelector } = peer
  if (!ipBlock && !podSelector && !namespaceSelector) errors.required(field, 'must specify a peer')
  if (ipBlock && (podSelector || namespaceSelector)) {
    errors.forbidden(field, 'may not specify both ipBlock and another peer')
  }
  if (!ipBlock) return
  if (!ipBlock.cidr) errors.required(`${field}.ipBlock.cidr`)
  else if (!isCidr(ipBlock.cidr)) {
    const why = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'
    errors.invalid(`${field}.ipBlock.cidr`, ipBlock.cidr, why)
  }
}

function isCidr(text: string): boolean {
  const [address = '', bits = '', ...rest] = text.split('/')
  const version = isIP(address)
  return rest.length === 0 && version > 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128)
}
