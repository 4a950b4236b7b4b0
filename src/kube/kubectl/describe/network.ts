// Services, ingresses, network policies.
import type { KubeObject } from '../../../objects/object.ts'
import { selectorText } from '../../../objects/selector.ts'
import type { ReadContext } from '../command.ts'
import { cell } from '../print.ts'
import type { Describer } from './describer.ts'
import { listOf, mapLines, optional, section } from './lines.ts'

export const service: Describer = async ({ metadata, spec, status }, context) => {
  const endpoints = await endpointLines(context, metadata.namespace, metadata.name)
  return {
    facts: [
      ['Type', cell(spec?.type ?? 'ClusterIP')],
      ['Selector', mapLines(spec?.selector).join(',') || '<none>'],
      ['Cluster IP', optional(spec?.clusterIP)],
      ['External Name', optional(spec?.externalName)],
      [
        'Load Balancer',
        listOf(status?.loadBalancer?.ingress)
          .map((item) => cell(item.ip ?? item.hostname))
          .join(', '),
      ],
      ['Ports', listOf(spec?.ports).map(portText)],
      ['Endpoints', endpoints],
      ['Session Affinity', spec?.sessionAffinity === 'None' ? undefined : optional(spec?.sessionAffinity)],
      ['Traffic Policy', optional(spec?.externalTrafficPolicy)],
    ],
  }
}

function portText(port: KubeObject['spec']): string {
  const node = port.nodePort ? `, node port ${cell(port.nodePort)}` : ''
  return `${port.name ? `${cell(port.name)} ` : ''}${cell(port.port)}/${cell(port.protocol ?? 'TCP')} → ${cell(port.targetPort ?? port.port)}${node}`
}

async function endpointLines(
  { reader, signal }: ReadContext,
  namespace: string | undefined,
  name: string,
): Promise<string[]> {
  const kind = (await reader.kinds()).byKind('EndpointSlice')
  if (!kind) return []
  const slices = await reader
    .list(kind, { namespace, labelSelector: `kubernetes.io/service-name=${name}`, limit: 100, signal })
    .then(
      ({ items }) => items,
      (error: unknown) => error as Error,
    )
  if (slices instanceof Error) return [slices.message]
  const lines = slices.flatMap((slice) => {
    const ports = listOf(slice.ports)
      .map((port) => cell(port.port))
      .join(',')
    return listOf(slice.endpoints).map((endpoint) => {
      const address = listOf(endpoint.addresses).map(cell).join(',')
      const ready = endpoint.conditions?.ready === false ? ' (not ready)' : ''
      return `${address}:${ports}${endpoint.targetRef?.name ? ` ${cell(endpoint.targetRef.name)}` : ''}${ready}`
    })
  })
  return lines.length > 0 ? lines.slice(0, 100) : ['<none>']
}

export const ingress: Describer = ({ spec, status }) => {
  const rows = listOf(spec?.rules).flatMap((rule) =>
    listOf(rule.http?.paths).map((path) => [
      cell(rule.host ?? '*'),
      `${cell(path.path ?? '/')} (${cell(path.pathType ?? 'ImplementationSpecific')})`,
      backendText(path.backend),
    ]),
  )
  return {
    facts: [
      ['Class', optional(spec?.ingressClassName) ?? '<default>'],
      [
        'Address',
        listOf(status?.loadBalancer?.ingress)
          .map((item) => cell(item.ip ?? item.hostname))
          .join(', ') || '<none>',
      ],
      ['Default Backend', spec?.defaultBackend ? backendText(spec.defaultBackend) : undefined],
      [
        'TLS',
        listOf(spec?.tls).map(
          (tls) => `${cell(tls.secretName)} terminates ${listOf(tls.hosts).map(cell).join(', ') || 'all hosts'}`,
        ),
      ],
    ],
    sections: [section('Rules', rows.length > 0 ? [['Host', 'Path', 'Backend'], ...rows] : [])],
  }
}

function backendText(backend: KubeObject['spec']): string {
  if (backend?.resource) return `${cell(backend.resource.kind)}/${cell(backend.resource.name)}`
  const port = backend?.service?.port
  return `${cell(backend?.service?.name)}:${cell(port?.name ?? port?.number)}`
}

export const networkPolicy: Describer = ({ spec }) => ({
  facts: [
    [
      'Pods',
      spec?.podSelector && Object.keys(spec.podSelector as object).length > 0
        ? selectorText(spec.podSelector)
        : 'all in the namespace',
    ],
    ['Types', listOf(spec?.policyTypes).map(cell).join(', ')],
    ['Ingress', spec?.ingress === undefined ? undefined : ruleLines(spec.ingress, 'from')],
    ['Egress', spec?.egress === undefined ? undefined : ruleLines(spec.egress, 'to')],
  ],
})

function ruleLines(rules: unknown, side: 'from' | 'to'): string[] {
  const lines = listOf(rules).map((rule) => {
    const peers = listOf(rule[side]).map(peerText)
    const ports = listOf(rule.ports).map(
      (port) =>
        `${cell(port.protocol ?? 'TCP')} ${cell(port.port ?? 'all')}${port.endPort ? `-${cell(port.endPort)}` : ''}`,
    )
    return `${side} ${peers.join(' or ') || 'anywhere'}, ports ${ports.join(', ') || 'all'}`
  })
  return lines.length > 0 ? lines : ['nothing is allowed']
}

function peerText(peer: KubeObject['spec']): string {
  if (peer.ipBlock)
    return `${cell(peer.ipBlock.cidr)}${peer.ipBlock.except ? ` except ${listOf(peer.ipBlock.except).map(cell).join(', ')}` : ''}`
  const everything = (selector: KubeObject['spec']) => Object.keys((selector as object | undefined) ?? {}).length === 0
  const pods = peer.podSelector
    ? everything(peer.podSelector)
      ? 'all pods'
      : `pods ${selectorText(peer.podSelector)}`
    : 'all pods'
  const where = peer.namespaceSelector
    ? everything(peer.namespaceSelector)
      ? 'all namespaces'
      : `namespaces ${selectorText(peer.namespaceSelector)}`
    : 'this namespace'
  return `${pods} in ${where}`
}
