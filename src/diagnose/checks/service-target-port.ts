// Services whose targetPort leads to a port that the pods behind do not have, by number or by name.
import type { Action } from '../../core/action.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { complaintsAbout } from '../look/complaints.ts'
import { listeningPorts } from '../look/listening.ts'
import { nearest } from '../look/names.ts'
import { byWorkload, isLive, isReady, refsOf } from '../look/pods.ts'
import { serviceUsers } from '../look/service-users.ts'
import {
  type DeclaredPort,
  declaredPorts,
  podsBehind,
  portsOf,
  portText,
  type ServicePort,
  targetNumber,
} from '../look/services.ts'
import { evidence, some } from '../look/words.ts'
import { nameOf, workloadOf } from '../look/workloads.ts'

export const serviceTargetPort: Check = {
  name: 'service-target-port',
  title: 'A Service sends traffic to a port on which its pods do not listen',
  why: 'The Service has endpoints and the pods are ready, yet every connection is refused, or a named port resolves to nothing.',
  fix: 'Set targetPort to the number or name of the port that the container declares and listens on.',
  reads: ['Service', 'Pod'],
  run(snapshot) {
    return snapshot.list('Service').flatMap((service) => draftOf(snapshot, service) ?? [])
  },
}

interface Miss {
  port: ServicePort
  pod: KubeObject
  declared: DeclaredPort[]
  named: boolean
  /** where it should lead */
  right: DeclaredPort | undefined
}

function draftOf(snapshot: Snapshot, service: KubeObject): Draft | undefined {
  if (service.spec?.type === 'ExternalName' || service.metadata.deletionTimestamp) return undefined
  const pods = podsBehind(snapshot, service).filter(isLive)
  if (pods.length === 0) return undefined
  const ports = portsOf(service)
  const headless = service.spec?.clusterIP === 'None'
  const byOwner = byWorkload(snapshot, pods)
  const misses: Miss[] = []
  let fits = 0
  for (const port of ports) {
    for (const group of byOwner) {
      const miss = missOf(snapshot, port, group.pods)
      if (miss) misses.push(miss)
      else fits++
    }
  }
  const [miss] = misses
  if (!miss) return undefined
  const complaints = complaintsAbout(snapshot, service).filter(
    (complaint) => !complaint.silent || complaint.kind === 'http',
  )
  const named = misses.some((entry) => entry.named)
  // containerPort is only a declaration: without a complaint, a number is called wrong only when no port of the Service is right
  // with no pod ready there are no endpoints, whatever the number is: why not is another's to say
  if (!named && !pods.some(isReady)) return undefined
  const certain = named || complaints.length > 0
  if (!certain && (headless || fits > 0)) return undefined
  // a headless Service is only names: nothing goes through its ports
  if (headless && complaints.length === 0) return undefined
  const target = miss.port.targetPort ?? miss.port.port
  const there = miss.declared.map(
    (declared) =>
      `${declared.number}${declared.name ? ` (${declared.name})` : ''}${declared.protocol === 'TCP' ? '' : `/${declared.protocol}`}`,
  )
  const listens = listeningPorts(snapshot, miss.pod)
  const owner = workloadOf(snapshot, miss.pod)
  return {
    severity: certain || fits === 0 ? (fits === 0 ? 'critical' : 'warning') : 'warning',
    object: refOf(service),
    depth: 'cause',
    summary: `Service ${nameOf(service)}: port ${portText(miss.port)} goes to targetPort ${target}, which the pods of ${owner.kind} ${owner.metadata.name} do not have`,
    cause: `targetPort ${target} ${miss.named ? 'names no container port' : 'is not a port of the containers'}: they declare ${there.length > 0 ? some(there, 5) : 'no ports'}${listens.length > 0 ? ` and log that they listen on ${some(listens.map((entry) => String(entry.port)))}` : ''}`,
    evidence: [
      evidence('spec', service, `port ${miss.port.port}/${miss.port.protocol ?? 'TCP'} → targetPort ${target}`),
      evidence('spec', miss.pod, `container ports ${there.length > 0 ? some(there, 8) : 'none'}`),
      ...listens.slice(0, 1).map((entry) => evidence('log', miss.pod, entry.line)),
      ...complaints.slice(0, 3).map((complaint) => evidence('log', complaint.pod, complaint.line)),
    ],
    remedy: miss.right
      ? `Set targetPort of Service ${service.metadata.name} to ${miss.right.name ?? miss.right.number}${miss.right.name ? ` (${miss.right.number})` : ''}.`
      : `Set targetPort of Service ${service.metadata.name} to the port the container listens on.`,
    ...(miss.right ? { action: actionFor(service, misses) } : {}),
    explains: [
      ...serviceUsers(snapshot, service),
      ...refsOf(
        [...new Set(complaints.map((complaint) => complaint.workload))].filter((workload) => workload !== owner),
      ),
    ],
  }
}

function missOf(snapshot: Snapshot, port: ServicePort, pods: KubeObject[]): Miss | undefined {
  const [pod] = pods
  if (!pod) return undefined
  const declared = declaredPorts(pod)
  const protocol = port.protocol ?? 'TCP'
  const target = port.targetPort ?? port.port
  const number = targetNumber(port, pod)
  const named = number === undefined
  if (!named) {
    // a container that declares nothing may listen anywhere; a log that says it listens there settles it
    if (declared.length === 0 || declared.some((entry) => entry.number === number && entry.protocol === protocol))
      return undefined
    // any replica's log settles it: not every log was read
    if (pods.some((other) => listeningPorts(snapshot, other).some((entry) => entry.port === number))) return undefined
    if (probePorts(pod).has(number)) return undefined
  }
  const same = declared.filter((entry) => entry.protocol === protocol)
  const near = nearest(
    String(target),
    same.flatMap((entry) => entry.name ?? []),
  )
  const byNumber = same.find((entry) => entry.number === port.port)
  const right =
    same.find((entry) => entry.name === near) ??
    (same.length === 1 ? same[0] : (same.find((entry) => entry.name === port.name) ?? byNumber))
  return { port, pod, declared, named, right }
}

/** A probe that is answered proves that a port is listened on. */
function probePorts(pod: KubeObject): Set<number> {
  const ports = new Set<number>()
  for (const container of pod.spec?.containers ?? []) {
    for (const probe of [container.readinessProbe, container.livenessProbe, container.startupProbe]) {
      const port = probe?.httpGet?.port ?? probe?.tcpSocket?.port ?? probe?.grpc?.port
      if (typeof port === 'number') ports.add(port)
    }
  }
  return ports
}

function actionFor(service: KubeObject, misses: readonly Miss[]): Action {
  const ports = portsOf(service).map((port) => {
    const right = misses.find((miss) => miss.port === port)?.right
    return right ? { ...port, targetPort: right.name ?? right.number } : port
  })
  return { verb: 'patch', target: refOf(service), type: 'merge', patch: { spec: { ports } } }
}
