// `create service|ingress` and `expose` → what they would send.
import type { Action } from '../../core/action.ts'
import { NotFoundError, UsageError } from '../../core/errors.ts'
import { refText } from '../../core/ref.ts'
import { parseGoInt } from '../../kube/kubectl/grammar-args.ts'
import type { Command } from '../../kube/kubectl/grammar-command.ts'
import type { KubeObject } from '../../objects/object.ts'
import type { Lookup } from '../action.ts'
import { isRecord } from '../requests.ts'
import { containersOf } from '../workloads.ts'
import { type Manifest, made, object } from './create.ts'
import { last, pairs, targetsOf, type Verb } from './targets.ts'
import { overridden } from './workloads.ts'

export const NETWORK: Record<string, Verb> = {
  'create service clusterip': { compile: made((command) => service(command, 'ClusterIP')), flags: 'tcp clusterip' },
  'create service nodeport': { compile: made((command) => service(command, 'NodePort')), flags: 'tcp node-port' },
  'create service loadbalancer': { compile: made((command) => service(command, 'LoadBalancer')), flags: 'tcp' },
  'create service externalname': {
    compile: made((command) => service(command, 'ExternalName')),
    flags: 'tcp external-name',
  },
  'create ingress': { compile: made(ingress), flags: 'rule class default-backend annotation' },
  expose: {
    compile: expose,
    flags:
      'port target-port name protocol type labels selector session-affinity cluster-ip external-ip load-balancer-ip overrides override-type',
  },
}

// ---- service

function service(command: Command, type: string): Manifest {
  const labels = { app: command.args[0] ?? '' }
  const nodePort = parseGoInt(last(command, 'node-port') ?? '')
  const clusterIP = last(command, 'clusterip')
  const externalName = last(command, 'external-name')
  const isHeadless = clusterIP?.toLowerCase() === 'none'
  const ports = (command.flags.get('tcp') ?? [])
    .flatMap((text) => text.split(','))
    .map((text) => portOf(text, nodePort))
  if (type === 'ExternalName' && !externalName)
    throw new UsageError('kubectl create service externalname needs --external-name')
  if (ports.length === 0 && type !== 'ExternalName' && !isHeadless)
    throw new UsageError('kubectl create service needs --tcp=PORT or --tcp=PORT:TARGETPORT')
  const spec = {
    type,
    selector: labels,
    ...(ports.length > 0 ? { ports } : {}),
    ...(clusterIP === undefined ? {} : { clusterIP: isHeadless ? 'None' : clusterIP }),
    ...(externalName === undefined ? {} : { externalName }),
  }
  return object(command, 'v1', 'Service', { spec }, { labels })
}

function portOf(text: string, nodePort: number | undefined): Manifest {
  const [from = '', to = from, ...more] = text.split(':')
  const port = parseGoInt(from)
  if (port === undefined || to === '' || more.length > 0)
    throw new UsageError(`"${text.slice(0, 40)}" is no port; allowed are such as 80 or 80:8080`)
  return {
    name: text.replaceAll(':', '-'),
    port,
    protocol: 'TCP',
    targetPort: parseGoInt(to) ?? to,
    ...(nodePort ? { nodePort } : {}),
  }
}

// ---- ingress

interface Rule {
  host: string
  path: Manifest
  /** the secret; '' without one */
  tls?: string
}

function ingress(command: Command): Manifest {
  const rules = (command.flags.get('rule') ?? []).map(ruleOf)
  const hosts = [...new Set(rules.map(({ host }) => host))]
  const tls = tlsOf(rules)
  const backend = last(command, 'default-backend')
  const className = last(command, 'class')
  const notes = command.flags.get('annotation')
  const spec = {
    ...(className === undefined ? {} : { ingressClassName: className }),
    ...(backend === undefined ? {} : { defaultBackend: backendOf(backend) }),
    ...(tls.length > 0 ? { tls } : {}),
    ...(rules.length > 0
      ? {
          rules: hosts.map((host) => ({
            ...(host ? { host } : {}),
            http: { paths: rules.filter((rule) => rule.host === host).map(({ path }) => path) },
          })),
        }
      : {}),
  }
  return object(command, 'networking.k8s.io/v1', 'Ingress', { spec }, notes ? { annotations: pairs(notes) } : {})
}

/** One entry for each secret; without a secret the hosts alone, as kubectl writes it. */
function tlsOf(rules: readonly Rule[]): Manifest[] {
  const secrets = [...new Set(rules.flatMap(({ tls }) => (tls === undefined ? [] : [tls])))]
  return secrets.flatMap((secretName) => {
    const hosts = [...new Set(rules.flatMap(({ tls, host }) => (tls === secretName && host ? [host] : [])))]
    if (secretName === '' && hosts.length === 0) return []
    return [{ ...(hosts.length > 0 ? { hosts } : {}), ...(secretName === '' ? {} : { secretName }) }]
  })
}

/** `host/path=service:port[,tls=secret]`; a path that ends with `*` is a prefix (kubectl/pkg/cmd/create/create_ingress.go). */
function ruleOf(text: string): Rule {
  const match = /^([^/=,]*)(\/[^=,]*)=([^,=]+)(?:,tls(?:=([a-z0-9.-]*))?)?$/.exec(text)
  if (!match)
    throw new UsageError(
      `"${text.slice(0, 80)}" is no rule; allowed is such as shop.example.com/path*=service:80,tls=secret`,
    )
  const [, host = '', path = '', backend = '', secret] = match
  const hasTls = text.includes(',tls')
  const isPrefix = path.endsWith('*')
  return {
    host,
    path: {
      path: isPrefix ? path.slice(0, -1) : path,
      pathType: isPrefix ? 'Prefix' : 'Exact',
      backend: backendOf(backend),
    },
    ...(hasTls ? { tls: secret ?? '' } : {}),
  }
}

function backendOf(text: string): Manifest {
  const match = /^([a-z0-9.-]+):([\w-]+)$/.exec(text)
  if (!match) throw new UsageError(`"${text.slice(0, 60)}" is no backend; allowed is SERVICE:PORT`)
  const [, name = '', port = ''] = match
  const number = parseGoInt(port)
  return { service: { name, port: number === undefined ? { name: port } : { number } } }
}

// ---- expose

async function expose(command: Command, lookup: Lookup): Promise<Action[]> {
  const [target, ...more] = await targetsOf({ ...command, flags: withoutSelector(command.flags) }, lookup)
  if (!target || more.length > 0) throw new UsageError('kubectl expose is executed for one named object')
  const live = await lookup.find(target)
  if (!live) throw new NotFoundError(`${refText(target)} is not there`)
  const name = last(command, 'name') ?? target.name
  const labels = last(command, 'labels')
  const given = labels === undefined ? live.metadata.labels : pairs(labels.split(','))
  const texts = { sessionAffinity: 'session-affinity', type: 'type', loadBalancerIP: 'load-balancer-ip' }
  const clusterIP = last(command, 'cluster-ip')
  const externalIP = last(command, 'external-ip')
  const spec = {
    selector: selectorOf(command, live),
    ports: portsOf(command, live),
    ...Object.fromEntries(
      Object.entries(texts).flatMap(([field, flag]) => (command.flags.has(flag) ? [[field, last(command, flag)]] : [])),
    ),
    ...(clusterIP ? { clusterIP: clusterIP.toLowerCase() === 'none' ? 'None' : clusterIP } : {}),
    ...(externalIP ? { externalIPs: [externalIP] } : {}),
  }
  const named = { ...command, args: [name] }
  const manifest = object(named, 'v1', 'Service', { spec }, given ? { labels: given } : {})
  return [{ verb: 'create', manifest: overridden(command, manifest) }]
}

// of expose it is the new Service's, and chooses nothing
function withoutSelector(flags: Command['flags']): Command['flags'] {
  return new Map([...flags].filter(([name]) => name !== 'selector'))
}

function selectorOf(command: Command, live: KubeObject): Record<string, string> {
  const text = last(command, 'selector')
  if (text !== undefined) return pairs(text.split(','))
  const found =
    live.kind === 'Service' || live.kind === 'ReplicationController'
      ? live.spec?.selector
      : live.kind === 'Pod'
        ? live.metadata.labels
        : live.spec?.selector?.matchLabels
  const isPlain = isRecord(found) && !live.spec?.selector?.matchExpressions && Object.keys(found).length > 0
  if (!isPlain)
    throw new UsageError(`${refText({ kind: live.kind, ...live.metadata })} has no plain selector; say --selector`)
  return found as Record<string, string>
}

/** `--port=80,443`; without it what the containers, or the Service, declare. */
function portsOf(command: Command, live: KubeObject): Manifest[] {
  const target = last(command, 'target-port')
  const protocol = last(command, 'protocol')?.toUpperCase()
  const declared = live.kind === 'Service' ? declaredByService(live) : declaredByContainers(live)
  const said = last(command, 'port')?.split(',')
  const ports =
    said?.map((text) => {
      const port = parseGoInt(text)
      if (port === undefined) throw new UsageError(`"${text.slice(0, 20)}" is no port`)
      return { port, protocol: declared.find((one) => one.port === port)?.protocol ?? 'TCP' }
    }) ?? declared
  if (ports.length === 0) throw new UsageError('kubectl expose needs --port: the object declares none')
  return ports.map((one, index) => ({
    ...(ports.length > 1 ? { name: `port-${index + 1}` } : {}),
    port: one.port,
    protocol: protocol ?? one.protocol,
    targetPort: target === undefined ? one.port : (parseGoInt(target) ?? target),
  }))
}

function declaredByService(live: KubeObject): { port: number; protocol: string }[] {
  const ports: { port: number; protocol?: string }[] = live.spec?.ports ?? []
  return ports.map(({ port, protocol = 'TCP' }) => ({ port, protocol }))
}

function declaredByContainers(live: KubeObject): { port: number; protocol: string }[] {
  return containersOf(live)
    .filter(({ path }) => path.includes('containers'))
    .flatMap(({ container }) => (Array.isArray(container.ports) ? container.ports : []))
    .map(({ containerPort, protocol = 'TCP' }) => ({ port: containerPort, protocol }))
}
