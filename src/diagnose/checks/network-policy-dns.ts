// Egress policies that keep pods from the cluster's DNS, where the pods suffer from it.
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { dnsComplaints, mayResolve } from '../look/cluster-dns.ts'
import { groupBy } from '../look/memo.ts'
import { refsOf } from '../look/pods.ts'
import { namespaceLabels, policiesOn, rulesOf, rulesText } from '../look/policies.ts'
import { evidence, some } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

export const networkPolicyDns: Check = {
  name: 'network-policy-dns',
  title: 'A NetworkPolicy blocks DNS',
  why: 'Once a policy isolates a pod for egress, everything not allowed is dropped, name resolution on port 53 too, and the application sees "temporary failure in name resolution".',
  fix: 'Allow egress on 53/UDP and 53/TCP to the DNS pods in kube-system.',
  reads: ['NetworkPolicy', 'Pod', 'Namespace', 'Service'],
  run(snapshot) {
    const suffering = dnsComplaints(snapshot).filter((complaint) => !mayResolve(snapshot, complaint.pod))
    const byPolicy = groupBy(suffering, (complaint) => blamed(snapshot, complaint.pod))
    return [...byPolicy].map(([policy, hurt]): Draft => {
      const namespace = policy.metadata.namespace ?? ''
      const workloads = [...new Set(hurt.map((complaint) => complaint.workload))]
      const pods = [...new Set(hurt.map((complaint) => complaint.pod))]
      const others = policiesOn(snapshot, pods[0] as KubeObject, 'Egress').filter((entry) => entry !== policy)
      const wrong = nearMiss(snapshot, policy)
      return {
        severity: 'critical',
        object: refOf(policy),
        depth: 'cause',
        summary: `NetworkPolicy ${nameOf(policy)} blocks DNS for ${some(workloads.map(nameOf))}: egress to port 53 is not allowed`,
        cause:
          wrong ??
          `it isolates these pods for egress and allows ${rulesText(policy, 'Egress')}${others.length > 0 ? `; nor does ${some(others.map((entry) => entry.metadata.name))} allow DNS` : ''}, so name resolution on 53/UDP and 53/TCP is dropped`,
        evidence: [
          evidence('spec', policy, `policyTypes Egress, allows ${rulesText(policy, 'Egress')}`),
          ...hurt.slice(0, 4).map((complaint) => evidence('log', complaint.pod, complaint.line)),
        ],
        remedy: `Allow DNS: add egress to namespace kube-system, pods k8s-app=kube-dns, ports 53/UDP and 53/TCP. CoreDNS itself is not the trouble.`,
        action: { verb: 'create', manifest: allowDns(namespace) },
        ...(policy.metadata.creationTimestamp ? { since: policy.metadata.creationTimestamp } : {}),
        explains: [...refsOf(workloads), ...refsOf(pods)],
      }
    })
  },
}

/** Of the policies on a pod the one that means to allow DNS and fails, else the one that denies most. */
function blamed(snapshot: Snapshot, pod: KubeObject): KubeObject | undefined {
  const policies = policiesOn(snapshot, pod, 'Egress')
  const failing = policies.find((policy) => nearMiss(snapshot, policy) !== undefined)
  if (failing) return failing
  return [...policies].sort(
    (a, b) => rulesOf(a, 'Egress').length - rulesOf(b, 'Egress').length || created(b) - created(a),
  )[0]
}

function created(policy: KubeObject): number {
  return Date.parse(policy.metadata.creationTimestamp ?? '') || 0
}

/** A rule for port 53 that misses: wrong namespace label, wrong pod label, TCP only. */
function nearMiss(snapshot: Snapshot, policy: KubeObject): string | undefined {
  for (const rule of rulesOf(policy, 'Egress')) {
    const on53 = rule.ports?.filter((entry) => Number(entry.port) === 53)
    if (!on53?.length) continue
    if (!on53.some((entry) => entry.protocol === 'UDP'))
      return 'its rule for port 53 allows only TCP, and DNS asks over UDP first'
    for (const peer of rule.peers ?? []) {
      const asked = Object.entries(peer.namespaceSelector?.matchLabels ?? {})
      const labels = namespaceLabels(snapshot, 'kube-system')
      const miss = asked.find(([key, value]) => labels[key] !== value)
      if (miss)
        return `its rule for port 53 goes to namespaces with ${miss[0]}=${miss[1]}, a label that kube-system does not carry, so DNS on 53/UDP is dropped`
      if (!peer.namespaceSelector && peer.podSelector)
        return 'its rule for port 53 names pods of its own namespace only (no namespaceSelector), and the DNS pods are in kube-system'
    }
  }
  return undefined
}

function allowDns(namespace: string): Record<string, unknown> {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'allow-dns', namespace },
    spec: {
      podSelector: {},
      policyTypes: ['Egress'],
      egress: [
        {
          to: [
            {
              namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
              podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
            },
          ],
          ports: [
            { protocol: 'UDP', port: 53 },
            { protocol: 'TCP', port: 53 },
          ],
        },
      ],
    },
  }
}
