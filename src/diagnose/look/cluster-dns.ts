// Reading the cluster's DNS: its Service, its pods, who cannot resolve names.
import type { KubeObject } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { type Complaint, complaints } from './complaints.ts'
import { perSnapshot } from './memo.ts'
import { isFinished } from './pods.ts'
import { lets, policiesOn, portFits, rulesOf } from './policies.ts'
import { podsBehind } from './services.ts'
import { topWorkloads } from './workloads.ts'

export interface ClusterDns {
  service: KubeObject | undefined
  workload: KubeObject | undefined
  pods: KubeObject[]
}

/** By the label that every distribution keeps (k8s-app=kube-dns), or by name. */
export const clusterDns = perSnapshot((snapshot: Snapshot): ClusterDns => {
  const service = snapshot
    .list('Service', 'kube-system')
    .find(
      (entry) =>
        entry.metadata.labels?.['k8s-app'] === 'kube-dns' ||
        ['kube-dns', 'coredns', 'rke2-coredns-rke2-coredns'].includes(entry.metadata.name),
    )
  const workload = topWorkloads(snapshot).find(
    (entry) =>
      entry.metadata.namespace === 'kube-system' &&
      ['Deployment', 'DaemonSet'].includes(entry.kind) &&
      (/^(rke2-)?(coredns|kube-dns)/.test(entry.metadata.name) ||
        entry.spec?.template?.metadata?.labels?.['k8s-app'] === 'kube-dns') &&
      !/autoscaler/.test(entry.metadata.name),
  )
  const pods = service ? podsBehind(snapshot, service) : []
  const labelled = snapshot
    .list('Pod', 'kube-system')
    .filter((pod) => pod.metadata.labels?.['k8s-app'] === 'kube-dns' && !isFinished(pod))
  return { service, workload, pods: pods.length > 0 ? pods : labelled }
})

export function dnsComplaints(snapshot: Snapshot): Complaint[] {
  return complaints(snapshot).filter((complaint) => complaint.kind === 'dns')
}

/** False when the egress policies on a pod keep it from every DNS server. Says nothing about pods that use the node's resolver. */
export function mayResolve(snapshot: Snapshot, pod: KubeObject): boolean {
  if (pod.spec?.hostNetwork || pod.spec?.dnsPolicy === 'Default' || pod.spec?.dnsPolicy === 'None') return true
  const policies = policiesOn(snapshot, pod, 'Egress')
  if (policies.length === 0) return true
  const { pods, service } = clusterDns(snapshot)
  const address = service?.spec?.clusterIP
  const peers = pods.length > 0 ? pods : [STAND_IN]
  return (
    peers.some((peer) =>
      lets(snapshot, policies, 'Egress', { peer, address, port: 53, protocol: 'UDP', receiver: peer }),
    ) || nodeLocal(policies)
  )
}

/** NodeLocal DNS answers on a link-local address of the node, which an address block may allow. */
function nodeLocal(policies: readonly KubeObject[]): boolean {
  return policies.some((policy) =>
    rulesOf(policy, 'Egress').some(
      (rule) =>
        portFits(rule, { peer: undefined, address: undefined, port: 53, protocol: 'UDP', receiver: undefined }) &&
        rule.peers?.some((peer) => /^(169\.254\.20\.10|169\.254\.)/.test(peer.ipBlock?.cidr ?? '')) === true,
    ),
  )
}

// what DNS pods look like everywhere, for snapshots in which kube-system was not read
const STAND_IN: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'coredns', namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } },
}
