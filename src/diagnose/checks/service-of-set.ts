// StatefulSets whose governing Service does not exist: their pods have no names of their own.
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { dnsComplaints } from '../look/cluster-dns.ts'
import { nearest } from '../look/names.ts'
import { refsOf } from '../look/pods.ts'
import { evidence } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

export const serviceOfSet: Check = {
  name: 'service-of-set',
  title: 'A StatefulSet names a Service that does not exist',
  why: 'Its pods are meant to find each other as pod-0.service; without the headless Service these names do not resolve.',
  fix: 'Create the headless Service (clusterIP: None) that serviceName names.',
  reads: ['StatefulSet', 'Service', 'Pod'],
  run(snapshot) {
    if (!snapshot.wasRead('Service')) return []
    return snapshot.list('StatefulSet').flatMap((set) => draftOf(snapshot, set) ?? [])
  },
}

function draftOf(snapshot: Snapshot, set: KubeObject): Draft | undefined {
  const name = set.spec?.serviceName
  const namespace = set.metadata.namespace ?? ''
  if (!name || set.metadata.deletionTimestamp) return undefined
  const otherwise = askedUnderAnother(snapshot, set, name)
  if (otherwise) return otherwise
  if (snapshot.get('Service', namespace, name)) return undefined
  // only who asks for a name under the Service is hurt by its absence
  const hurt = dnsComplaints(snapshot).filter(({ host, pod }) => {
    const parts = host?.split('.') ?? []
    return parts.includes(name) && (pod.metadata.namespace === namespace || parts.includes(namespace))
  })
  const services = snapshot.list('Service', namespace).map((service) => service.metadata.name)
  const near = nearest(name, services)
  return {
    severity: hurt.length > 0 ? 'critical' : 'info',
    object: refOf(set),
    depth: 'cause',
    summary: `StatefulSet ${nameOf(set)} names Service ${name}, which does not exist${hurt.length > 0 ? ': the names of its pods do not resolve' : ''}`,
    cause: `there is no Service ${name} in namespace ${namespace}${near ? ` (nearest: ${near})` : ''}, so ${set.metadata.name}-0.${name} has no DNS record`,
    evidence: [
      evidence('spec', set, `serviceName ${name}`),
      ...hurt.slice(0, 3).map((complaint) => evidence('log', complaint.pod, complaint.line)),
    ],
    remedy: `Create headless Service ${name} with the selector of the set; serviceName cannot be changed later.`,
    explains: refsOf([...new Set(hurt.map((complaint) => complaint.workload))].filter((workload) => workload !== set)),
  }
}

/** `pod-0.other` where serviceName is `name`: only names under the governing Service have records, however right `other` looks. */
function askedUnderAnother(snapshot: Snapshot, set: KubeObject, name: string): Draft | undefined {
  const namespace = set.metadata.namespace ?? ''
  const asked = dnsComplaints(snapshot).flatMap((complaint) => {
    const [pod = '', service = '', ns = complaint.pod.metadata.namespace ?? ''] = complaint.host?.split('.') ?? []
    const ordinal = pod.startsWith(`${set.metadata.name}-`) ? pod.slice(set.metadata.name.length + 1) : ''
    const mine = /^\d{1,6}$/.test(ordinal) && ns === namespace && service !== name
    return mine && snapshot.get('Service', namespace, service) ? [{ complaint, service }] : []
  })
  const [first] = asked
  if (!first) return undefined
  return {
    severity: 'critical',
    object: refOf(set),
    depth: 'cause',
    summary: `StatefulSet ${nameOf(set)} has serviceName ${name}, but its pods are asked for under Service ${first.service}: those names do not resolve`,
    cause: `only ${set.metadata.name}-0.${name} has a DNS record, because serviceName of the set is ${name}; ${first.service} is another Service, though it selects the same pods`,
    evidence: [
      evidence('spec', set, `serviceName ${name}`),
      ...asked.slice(0, 3).map(({ complaint }) => evidence('log', complaint.pod, complaint.line)),
    ],
    remedy: `Ask for ${set.metadata.name}-0.${name}, or make the set anew with serviceName ${first.service} (it cannot be changed; delete with --cascade=orphan keeps the pods).`,
    explains: refsOf(
      [...new Set(asked.map(({ complaint }) => complaint.workload))].filter((workload) => workload !== set),
    ),
  }
}
