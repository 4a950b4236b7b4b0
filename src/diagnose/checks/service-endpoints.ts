// Services that select pods of which none is ready: the symptom that callers feel, explained by the pods behind it.
import { type KubeObject, refOf } from '../../objects/object.ts'
import { matchesMap } from '../../objects/selector.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { complaintsAbout } from '../look/complaints.ts'
import { condition, isLive, isReady, refsOf } from '../look/pods.ts'
import { serviceUsers } from '../look/service-users.ts'
import { podsBehind, readyAddresses, selectorOf, templatesIn } from '../look/services.ts'
import { count, evidence, some } from '../look/words.ts'
import { desiredReplicas, nameOf, templateOf, workloadOf } from '../look/workloads.ts'

const PATIENCE_MS = 60_000

export const serviceEndpoints: Check = {
  name: 'service-endpoints',
  title: 'A Service has no ready endpoint',
  why: 'Whoever calls it gets connection refused or 503; the reason lies with the pods behind it.',
  fix: 'Mend the workload behind the Service; when it was scaled to zero, scale it up or stop calling it.',
  reads: ['Service', 'Pod', 'EndpointSlice', 'Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'],
  run(snapshot) {
    if (!snapshot.wasRead('Pod')) return []
    return snapshot.list('Service').flatMap((service) => {
      if (service.spec?.type === 'ExternalName' || service.metadata.deletionTimestamp) return []
      if (selectorOf(service).length === 0) return withoutSelector(snapshot, service) ?? []
      const pods = podsBehind(snapshot, service)
      return (pods.length > 0 ? unready(snapshot, service, pods) : nobody(snapshot, service)) ?? []
    })
  },
}

function unready(snapshot: Snapshot, service: KubeObject, pods: KubeObject[]): Draft | undefined {
  if (pods.some((pod) => isLive(pod) && isReady(pod))) return undefined
  if (service.spec?.publishNotReadyAddresses) return undefined
  const settling = pods.some((pod) => {
    const since = condition(pod, 'Ready')?.lastTransitionTime ?? pod.metadata.creationTimestamp
    return (snapshot.ageMs(since) ?? PATIENCE_MS) < PATIENCE_MS
  })
  if (settling) return undefined
  const workloads = [...new Set(pods.map((pod) => workloadOf(snapshot, pod)))]
  // what only Jobs are behind ends with them
  if (workloads.every((workload) => workload.kind === 'Job' || workload.kind === 'CronJob')) return undefined
  const complaints = complaintsAbout(snapshot, service)
  return {
    severity: 'warning',
    object: refOf(service),
    depth: 'symptom',
    summary: `Service ${nameOf(service)} has no ready endpoint: ${count(pods.length, 'pod')} selected, none ready`,
    cause: `${some(workloads.map((workload) => `${workload.kind} ${nameOf(workload)}`))} behind it ${workloads.length === 1 ? 'has' : 'have'} no ready pod`,
    evidence: [
      ...pods.slice(0, 3).map((pod) => evidence('status', pod, `phase ${pod.status?.phase ?? 'unknown'}, not ready`)),
      ...complaints.slice(0, 2).map((complaint) => evidence('log', complaint.pod, complaint.line)),
    ],
    remedy: `Mend ${some(workloads.map(nameOf))}; the Service itself selects its pods correctly.`,
    pods: refsOf(pods),
    dueTo: refsOf(workloads),
    explains: [
      ...serviceUsers(snapshot, service),
      ...refsOf(
        [...new Set(complaints.map((complaint) => complaint.workload))].filter(
          (workload) => !workloads.includes(workload),
        ),
      ),
    ],
  }
}

/** No pod at all, though a workload here would make such pods: it is scaled to zero, or its pods cannot be created. */
function nobody(snapshot: Snapshot, service: KubeObject): Draft | undefined {
  const workloads = templatesIn(snapshot, service.metadata.namespace ?? '').filter(
    (workload) =>
      workload.kind !== 'CronJob' &&
      workload.kind !== 'Job' &&
      matchesMap(service.spec?.selector, templateOf(workload)?.metadata?.labels),
  )
  if (workloads.length === 0) return undefined
  const complaints = complaintsAbout(snapshot, service)
  const idle = workloads.every((workload) => desiredReplicas(workload) === 0)
  const callers = refsOf([...new Set(complaints.map((complaint) => complaint.workload))])
  const names = some(workloads.map((workload) => `${workload.kind} ${nameOf(workload)}`))
  const shown = complaints.slice(0, 3).map((complaint) => evidence('log', complaint.pod, complaint.line))
  const [target] = workloads
  if (idle && target) {
    // scaled to zero on purpose hurts nobody until somebody calls
    // the API server itself calls the backends of webhooks and aggregated APIs, whether anybody complains or not
    const needed = serviceUsers(snapshot, service).filter(
      ({ kind }) => kind === 'APIService' || kind.endsWith('WebhookConfiguration'),
    )
    const hurts = complaints.length > 0 || needed.length > 0
    const who = [...callers.map(nameOf), ...needed.map(({ kind, name }) => `${kind} ${name}`)]
    return {
      severity: hurts ? 'warning' : 'info',
      object: hurts ? refOf(target) : refOf(service),
      depth: 'cause',
      summary: `Service ${nameOf(service)} has no endpoints: ${names} is scaled to zero`,
      cause: `${names} wants 0 replicas${hurts ? `, and ${some(who)} still needs it` : ''}`,
      evidence: [...workloads.slice(0, 2).map((workload) => evidence('spec', workload, 'replicas: 0')), ...shown],
      remedy: `Scale ${nameOf(target)} up if it is needed; otherwise nothing is wrong.`,
      ...(hurts ? { action: { verb: 'scale', target: refOf(target), replicas: 1 } as const } : {}),
      explains: [refOf(service), ...serviceUsers(snapshot, service), ...callers],
    }
  }
  return {
    severity: 'warning',
    object: refOf(service),
    depth: 'symptom',
    summary: `Service ${nameOf(service)} has no endpoints: ${names} has no pods`,
    cause: `the pods of ${names} have not been created`,
    evidence: [
      evidence(
        'spec',
        service,
        `selector ${selectorOf(service)
          .map(([key, value]) => `${key}=${value}`)
          .join(',')}`,
      ),
      ...shown,
    ],
    remedy: `Find out why ${names} creates no pods.`,
    dueTo: refsOf(workloads),
    explains: [...serviceUsers(snapshot, service), ...callers],
  }
}

/** Somebody else fills the endpoints of a Service without selector; nobody may have. */
function withoutSelector(snapshot: Snapshot, service: KubeObject): Draft | undefined {
  if (readyAddresses(snapshot, service) !== 0) return undefined
  const complaints = complaintsAbout(snapshot, service)
  const users = serviceUsers(snapshot, service)
  const used = complaints.length > 0 || users.length > 0
  return {
    severity: used ? 'warning' : 'info',
    object: refOf(service),
    depth: 'cause',
    summary: `Service ${nameOf(service)} has neither a selector nor endpoints`,
    cause:
      'a Service without selector gets its endpoints from whoever writes its EndpointSlice, and that one lists no ready address',
    evidence: [
      evidence('spec', service, 'no selector'),
      ...complaints.slice(0, 3).map((complaint) => evidence('log', complaint.pod, complaint.line)),
    ],
    remedy: `Give Service ${service.metadata.name} a selector, or fill its EndpointSlice with the addresses it stands for.`,
    explains: [...users, ...refsOf([...new Set(complaints.map((complaint) => complaint.workload))])],
  }
}
