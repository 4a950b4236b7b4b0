import { isIP } from 'node:net'
import type { KubeObject } from '../../objects/object.ts'
import type { FieldErrors } from '../invalid.ts'
import { checkLabels, isLabelName, LABEL_RULE } from '../names.ts'
import { type Json, same } from '../plain.ts'
import type { World } from '../world.ts'
import { AGE_COLUMN, column, mapText, NAME_COLUMN, wide } from './columns.ts'
import type { KindRules } from './kind.ts'
import { checkPortNumber } from './pod-checks.ts'

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']
const AFFINITIES = ['ClientIP', 'None']
const NODE_PORTS = { from: 30000, count: 2768 }

export const service: KindRules = {
  apiVersion: 'v1',
  kind: 'Service',
  name: 'service',
  status: true,
  returnDeleted: true,
  createOnUpdate: true,
  subresources: { proxy: { kind: 'ServiceProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] } },
  defaults(draft) {
    draft.spec ??= {}
    const { spec } = draft
    spec.type ??= 'ClusterIP'
    spec.sessionAffinity ??= 'None'
    if (spec.sessionAffinity === 'ClientIP') spec.sessionAffinityConfig ??= { clientIP: { timeoutSeconds: 10800 } }
    for (const port of spec.ports ?? []) {
      port.protocol ??= 'TCP'
      if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') port.targetPort = port.port
    }
    if (spec.type !== 'ExternalName') spec.internalTrafficPolicy ??= 'Cluster'
    if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') spec.externalTrafficPolicy ??= 'Cluster'
    if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true
  },
  defaultStatus(draft) {
    draft.status ??= {}
    draft.status.loadBalancer ??= {}
  },
  prepareCreate(draft, world) {
    draft.status = { loadBalancer: {} }
    allocate(draft, world)
  },
  prepareUpdate(draft, old, world) {
    const { spec } = draft
    // what the server chose stays unless the client says otherwise
    if (spec.type !== 'ExternalName' && old.spec.type !== 'ExternalName') {
      if (!spec.clusterIP) spec.clusterIP = old.spec.clusterIP
      if (spec.clusterIP !== old.spec.clusterIP && same(spec.clusterIPs, old.spec.clusterIPs)) {
        spec.clusterIPs = [spec.clusterIP]
      }
      spec.clusterIPs ??= old.spec.clusterIPs
      spec.ipFamilies ??= old.spec.ipFamilies
      spec.ipFamilyPolicy ??= old.spec.ipFamilyPolicy
    }
    for (const port of spec.ports ?? []) {
      const before = (old.spec.ports ?? []).find(
        (item: Json) => item.port === port.port && item.protocol === port.protocol,
      )
      if (needsNodePorts(spec)) port.nodePort ??= before?.nodePort
      if (port.nodePort === undefined) delete port.nodePort
    }
    allocate(draft, world)
  },
  validate({ spec }, errors) {
    if (!TYPES.includes(spec.type)) errors.notSupported('spec.type', spec.type, TYPES)
    if (spec.type === 'ExternalName') {
      if (!spec.externalName) errors.required('spec.externalName')
      return
    }
    if (!spec.ports?.length && spec.clusterIP !== 'None') errors.required('spec.ports')
    if (!AFFINITIES.includes(spec.sessionAffinity)) {
      errors.notSupported('spec.sessionAffinity', spec.sessionAffinity, AFFINITIES)
    }
    checkLabels(spec.selector, 'spec.selector', errors)
    const address: string = spec.clusterIP ?? ''
    if (address === 'None' && spec.type !== 'ClusterIP') {
      errors.invalid('spec.clusterIPs[0]', address, `may not be set to 'None' for ${spec.type} services`)
    } else if (address !== '' && address !== 'None' && isIP(address) === 0) {
      errors.invalid('spec.clusterIPs[0]', address, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')
    }
    checkPorts(spec.ports ?? [], errors)
  },
  validateUpdate(object, old, errors) {
    const now = object.spec.clusterIPs?.[0]
    const before = old.spec.clusterIPs?.[0]
    if (before && now !== before && object.spec.type !== 'ExternalName') {
      errors.invalid('spec.clusterIPs[0]', object.spec.clusterIPs ?? null, 'may not change once set')
    }
  },
  fields: {
    'spec.clusterIP': (object) => object.spec?.clusterIP ?? '',
    'spec.type': (object) => object.spec?.type ?? '',
  },
  fieldWording: 'label',
  columns: [
    NAME_COLUMN,
    column('Type', 'V1ServiceSpec.type', (object) => object.spec?.type ?? ''),
    column('Cluster-IP', 'V1ServiceSpec.clusterIP', (object) => object.spec?.clusterIP || '<none>'),
    column('External-IP', 'V1ServiceSpec.externalIPs', externalIp),
    column('Port(s)', 'V1ServiceSpec.ports', portsText),
    AGE_COLUMN,
    wide(column('Selector', 'V1ServiceSpec.selector', (object) => mapText(object.spec?.selector))),
  ],
}

function needsNodePorts(spec: Json): boolean {
  return spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false)
}

function allocate({ spec }: KubeObject, world: World): void {
  if (spec.type === 'ExternalName') return
  if (!spec.clusterIP) spec.clusterIP = spec.clusterIPs?.[0] ?? freeAddress(world)
  spec.clusterIPs ??= [spec.clusterIP]
  spec.ipFamilies ??= ['IPv4']
  spec.ipFamilyPolicy ??= 'SingleStack'
  if (!needsNodePorts(spec)) return
  for (const port of spec.ports ?? []) port.nodePort ??= NODE_PORTS.from + world.random.int(NODE_PORTS.count)
}

function freeAddress(world: World): string {
  const taken = new Set(world.list('Service').map((item) => item.spec?.clusterIP))
  for (;;) {
    const address = `10.96.${world.random.int(255)}.${10 + world.random.int(240)}`
    if (!taken.has(address)) return address
  }
}

function checkPorts(ports: Json[], errors: FieldErrors): void {
  const names = new Set<string>()
  const numbers = new Set<string>()
  ports.forEach((port, index) => {
    const at = `spec.ports[${index}]`
    if (ports.length > 1 && !port.name) errors.required(`${at}.name`)
    if (port.name && !isLabelName(port.name)) errors.invalid(`${at}.name`, port.name, LABEL_RULE)
    if (port.name && names.has(port.name)) errors.duplicate(`${at}.name`, port.name)
    names.add(port.name)
    if (port.port === undefined) errors.invalid(`${at}.port`, 0, 'must be between 1 and 65535, inclusive')
    checkPortNumber(port.port, `${at}.port`, errors)
    checkPortNumber(port.targetPort, `${at}.targetPort`, errors)
    const above = (port.nodePort ?? NODE_PORTS.from) - NODE_PORTS.from
    if (above < 0 || above >= NODE_PORTS.count) {
      const why = `provided port is not in the valid range. The range of valid ports is ${NODE_PORTS.from}-${NODE_PORTS.from + NODE_PORTS.count - 1}`
      errors.invalid(`${at}.nodePort`, port.nodePort, why)
    }
    const key = `${port.protocol}/${port.port}`
    if (numbers.has(key)) errors.duplicate(at, { protocol: port.protocol, port: port.port })
    numbers.add(key)
  })
}

function externalIp({ spec, status }: KubeObject): string {
  const own = (spec?.externalIPs ?? []).join(',')
  if (spec?.type === 'ExternalName') return spec.externalName ?? '<none>'
  if (spec?.type !== 'LoadBalancer') return own || '<none>'
  const balancer = (status?.loadBalancer?.ingress ?? []).map((item: Json) => item.ip ?? item.hostname).join(',')
  return [balancer, own].filter(Boolean).join(',') || '<pending>'
}

function portsText({ spec }: KubeObject): string {
  const texts = (spec?.ports ?? []).map((port: Json) =>
    port.nodePort ? `${port.port}:${port.nodePort}/${port.protocol}` : `${port.port}/${port.protocol}`,
  )
  return texts.join(',') || '<none>'
}
