// Blame for a host that does not answer: which object here it is, whether it exists, listens on that port, has pods that are ready.
import type { ObjectRef } from '../../core/ref.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { envOf } from '../look/env.ts'
import { resolveInLine } from '../look/hosts.ts'
import { onlyHostOf } from '../look/named-hosts.ts'
import { nearest } from '../look/names.ts'
import { isLive, isReady } from '../look/pods.ts'
import { wasReadIn } from '../look/scope.ts'
import { count, evidence } from '../look/words.ts'
import type { Blame, Suspect } from './blame.ts'
import { configsOf } from './config.ts'

const REFUSED = /refused/i

export function blameHost(suspect: Suspect): Blame {
  const { snapshot, pod, container, reason } = suspect
  const target = reason.host
    ? { host: reason.host, port: reason.port }
    : onlyHostOf(suspect.snapshot, suspect.pod, suspect.container.spec)
  const said = reason.line
  if (!target) {
    return {
      cause: `it cannot reach something it needs: "${said}"`,
      remedy: 'Find out which address the application connects to, and whether that answers.',
      outside: true,
    }
  }
  const { port } = target
  const namespace = pod.metadata.namespace ?? ''
  const found = resolveInLine(snapshot, target.host, reason.line, namespace)
  // where a line has a name and an address, people know the name
  const host = found?.host ?? target.host
  const address = port === undefined ? host : `${host}:${port}`
  const setBy = variableWith(snapshot, pod, container.spec, host) ?? fileWith(suspect, host)
  const told = setBy ? ` (set by ${setBy.words})` : ''
  if (/^(?:localhost|127\.|0\.0\.0\.0|\[?::1)/.test(host)) {
    return {
      cause: `it connects to ${address}${told}, which is its own pod, and nothing listens there: "${said}"`,
      remedy: `Point it at the Service it means instead of ${host}, or wait for the container of the same pod that should listen there.`,
    }
  }
  const likely = found ? undefined : onlyServiceOn(snapshot, host, port, namespace)
  if (likely) {
    const blamed = serviceDown(suspect, likely, address, port, told)
    return {
      ...blamed,
      cause: `${blamed.cause} (${likely.metadata.name} is the only Service here on port ${port}, though its address is another now)`,
    }
  }
  if (reason.kind === 'dns' && (!found || found.object) && !NO_SUCH.test(reason.line))
    return dnsDown(address, told, said, found?.object)
  if (!found) {
    return {
      cause: `${address}${told} ${reason.kind === 'dns' ? 'cannot be resolved' : 'does not answer'}: "${said}"; it is no object of this cluster`,
      remedy: `Check that ${address} is up and reachable from here: its address, firewalls, egress policies.`,
      outside: true,
    }
  }
  if (!found.object) return missingService(suspect, address, { ...found, service: found.service ?? host }, setBy)
  if (found.object.kind !== 'Service') {
    return {
      cause: `${address}${told} is ${found.object.kind} ${found.object.metadata.name}, which does not answer: "${said}"`,
      remedy: `Look at ${found.object.kind} ${found.object.metadata.name} first.`,
      dueTo: [refOf(found.object)],
      outside: true,
    }
  }
  return serviceDown(suspect, found.object, address, port, told)
}

// the name server answered, and knows no such name
const NO_SUCH =
  /no such host|ENOTFOUND|NXDOMAIN|Name or service not known|does not resolve|nodename nor servname|UnknownHost|host not found/i
const DNS: ObjectRef = { apiVersion: 'v1', kind: 'Service', namespace: 'kube-system', name: 'kube-dns' }

/** No answer at all: the name may be right, and DNS out of reach. */
function dnsDown(address: string, told: string, said: string, object: KubeObject | undefined): Blame {
  return {
    cause: `the name ${address}${told} cannot be resolved${object ? `, though ${object.kind} ${object.metadata.name} exists` : ''}: DNS does not answer this pod: "${said}"`,
    remedy:
      'Check whether other pods resolve names: if not, look at CoreDNS; if they do, at egress policies for port 53.',
    dueTo: [DNS],
    outside: true,
  }
}

function serviceDown(
  { snapshot, reason }: Suspect,
  service: KubeObject,
  address: string,
  port: number | undefined,
  told: string,
): Blame {
  const name = `Service ${service.metadata.namespace}/${service.metadata.name}`
  // biome-ignore lint/suspicious/noExplicitAny: ports as the API prints them
  const ports: any[] = Array.isArray(service.spec?.ports) ? service.spec.ports : []
  if (
    port !== undefined &&
    ports.length > 0 &&
    service.spec?.clusterIP !== 'None' &&
    !ports.some((entry) => Number(entry?.port) === port)
  ) {
    const open = ports.map((entry) => String(entry?.port)).join(', ')
    return {
      cause: `it connects to ${address}${told}, but ${name} has no port ${port}, only ${open}: "${reason.line}"`,
      remedy: `Use port ${ports.length === 1 ? open : `one of ${open}`} instead of ${port} for ${service.metadata.name}.`,
      evidence: [evidence('spec', service, `ports: ${open}`)],
    }
  }
  const pods = snapshot.podsOfService(service).filter(isLive)
  const ready = pods.filter(isReady).length
  const state =
    service.spec?.type === 'ExternalName'
      ? `an alias of ${service.spec.externalName}`
      : pods.length === 0
        ? 'has no pods'
        : `has ${ready} of ${count(pods.length, 'pod')} ready`
  const refused = REFUSED.test(reason.line)
  return {
    cause: `it cannot reach ${address}${told}: ${name} ${state}; "${reason.line}"`,
    remedy:
      ready === 0
        ? `Mend what is behind ${name} first; this recovers by itself.`
        : refused
          ? `Check that the pods of ${name} listen on its target port.`
          : `Check what lies between: NetworkPolicies, the Service's target port, the mesh.`,
    evidence: [evidence('status', service, `${service.metadata.name} ${state}`)],
    dueTo: [refOf(service)],
    outside: true,
  }
}

interface Setting {
  /** "DB_HOST from ConfigMap api-env" */
  words: string
  /** "ConfigMap api-env": where to correct it */
  place: string
}

function missingService(
  { snapshot, reason, workload }: Suspect,
  address: string,
  { namespace, service: name }: { namespace: string; service: string },
  setBy: Setting | undefined,
): Blame {
  const told = setBy ? ` (set by ${setBy.words})` : ''
  const ref: ObjectRef = { apiVersion: 'v1', kind: 'Service', namespace, name }
  if (!wasReadIn(snapshot, 'Service', namespace)) {
    return {
      cause: `it cannot reach ${address}${told}: "${reason.line}"; whether there is a Service ${namespace}/${name} cannot be told, because it was not read`,
      remedy: `Check Service ${namespace}/${name}.`,
      dueTo: [ref],
      outside: true,
    }
  }
  const services = snapshot.list('Service', namespace).map((service) => service.metadata.name)
  const near = nearest(name, services)
  const elsewhere = snapshot
    .list('Service')
    .find((service) => service.metadata.name === name && service.metadata.namespace !== namespace)
  const hint = near
    ? `; there is a Service ${near}`
    : elsewhere
      ? `; there is one in namespace ${elsewhere.metadata.namespace}`
      : ''
  const place = setBy?.place ?? `${workload.kind} ${workload.metadata.name}`
  return {
    cause: `it connects to ${address}${told}, but there is no Service ${name} in namespace ${namespace}${hint}: "${reason.line}"`,
    remedy:
      near || elsewhere
        ? `Use ${near ?? `${name}.${elsewhere?.metadata.namespace}`} in ${place}, or create Service ${name}.`
        : `Create Service ${name} in ${namespace}, or correct the host in ${place}.`,
    dueTo: [ref],
  }
}

/** The variable of the container whose value names this host: what to change when the host is wrong. */
// biome-ignore lint/suspicious/noExplicitAny: a container's spec as the API prints it
function variableWith(snapshot: Snapshot, pod: KubeObject, spec: any, host: string): Setting | undefined {
  for (const entry of envOf(snapshot, pod.metadata.namespace, spec).values()) {
    if (!entry.value?.toLowerCase().includes(host)) continue
    const place = entry.from ? `${entry.from.kind} ${entry.from.name}` : `env ${entry.name}`
    return { words: entry.from ? `${entry.name} from ${place}` : place, place }
  }
  return undefined
}

/** The mounted file that names the host, for programs that are told by no variable. */
function fileWith({ snapshot, pod, container }: Suspect, host: string): Setting | undefined {
  const word = new RegExp(`(?<![\\w.-])${host.replace(/[^\w]/g, '\\$&')}(?![\\w-])`, 'i')
  const found = configsOf(snapshot, pod, container).find(({ value }) => word.test(value))
  if (!found) return undefined
  const place = `ConfigMap ${found.map.metadata.name}, key ${found.key}`
  return { words: place, place }
}

/** An address of no object here may be an old one of a Service: the only one of the namespace that has this port. */
function onlyServiceOn(
  snapshot: Snapshot,
  host: string,
  port: number | undefined,
  namespace: string,
): KubeObject | undefined {
  if (port === undefined || !/^(?:10\.|172\.(?:1[6-9]|2\d|3[01])\.|192\.168\.|100\.6)/.test(host)) return undefined
  const services = snapshot
    .list('Service', namespace)
    .filter((service) => (service.spec?.ports ?? []).some((entry: { port?: number }) => Number(entry?.port) === port))
  return services.length === 1 ? services[0] : undefined
}
