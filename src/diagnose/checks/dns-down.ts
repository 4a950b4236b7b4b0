// The cluster's DNS without a ready pod: everything that resolves names fails.
import { refOf } from '../../objects/object.ts'
import type { Check, Draft } from '../check.ts'
import { clusterDns, dnsComplaints } from '../look/cluster-dns.ts'
import { lastErrorLine } from '../look/logs.ts'
import { isLive, isReady, refsOf } from '../look/pods.ts'
import { count, evidence, some } from '../look/words.ts'
import { desiredReplicas, nameOf } from '../look/workloads.ts'

export const dnsDown: Check = {
  name: 'dns-down',
  title: "The cluster's DNS (CoreDNS) is down",
  why: 'Nearly every connection begins with a name: without CoreDNS applications fail all over the cluster with "no such host" and timeouts.',
  fix: 'Bring the CoreDNS pods back: a broken Corefile, missing permissions, no replicas, or no node for them.',
  reads: ['Deployment', 'DaemonSet', 'Pod', 'Service', 'ConfigMap'],
  run(snapshot) {
    const { service, workload, pods } = clusterDns(snapshot)
    if (!workload && pods.length === 0) return []
    if (pods.some((pod) => isLive(pod) && isReady(pod))) return []
    if (workload && (workload.status?.readyReplicas ?? workload.status?.numberReady ?? 0) > 0) return []
    const object = workload ?? pods[0]
    if (!object || !snapshot.wasRead('Pod')) return []
    const hurt = [...new Set(dnsComplaints(snapshot).map((complaint) => complaint.workload))].filter(
      (entry) => entry !== workload,
    )
    const zero = workload !== undefined && desiredReplicas(workload) === 0
    const lines = pods
      .flatMap((pod) => snapshot.logsOf(pod).flatMap((log) => lastErrorLine(log.text) ?? []))
      .slice(0, 2)
    return [
      {
        severity: 'critical',
        object: refOf(object),
        // why its pods fail is the finding of another check, when there is one
        depth: zero ? 'cause' : 'symptom',
        summary: `The cluster's DNS is down: ${object.kind} ${nameOf(object)} has no ready pod${hurt.length > 0 ? `, ${count(hurt.length, 'workload')} cannot resolve names` : ''}`,
        cause: zero
          ? `${object.kind} ${object.metadata.name} is scaled to 0 replicas`
          : lines[0] !== undefined
            ? `CoreDNS fails: ${lines[0]}`
            : `none of ${count(pods.length, 'CoreDNS pod')} is ready`,
        evidence: [
          evidence('status', object, `0 of ${workload ? desiredReplicas(workload) : pods.length} ready`),
          ...pods
            .slice(0, 2)
            .map((pod) => evidence('status', pod, `phase ${pod.status?.phase ?? 'unknown'}, not ready`)),
          ...lines.flatMap((line) => (pods[0] ? [evidence('log', pods[0], line)] : [])),
          ...dnsComplaints(snapshot)
            .slice(0, 2)
            .map((complaint) => evidence('log', complaint.pod, complaint.line)),
        ],
        remedy: zero
          ? `Scale ${nameOf(object)} back to 2 replicas.`
          : `Mend the CoreDNS pods first (ConfigMap coredns, events and logs of ${nameOf(object)}); ${hurt.length > 0 ? `${some(hurt.map(nameOf))} recovers by itself then` : 'nothing else resolves names until then'}.`,
        ...(zero ? { action: { verb: 'scale', target: refOf(object), replicas: 2 } as const } : {}),
        pods: refsOf(pods),
        explains: [...(service ? [refOf(service)] : []), ...refsOf(hurt)],
      } satisfies Draft,
    ]
  },
}
