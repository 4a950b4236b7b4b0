// NetworkPolicies that drop connections which pods complain about: by egress of the caller or ingress of the callee.
import { refKey } from '../../core/ref.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { type Complaint, complaints } from '../look/complaints.ts'
import { isLive, isReady, refsOf } from '../look/pods.ts'
import { type Direction, lets, policiesOn, rulesOf, rulesText } from '../look/policies.ts'
import { findPort, podsBehind, targetNumber } from '../look/services.ts'
import { evidence, some } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

export const networkPolicyBlocks: Check = {
  name: 'network-policy-blocks',
  title: 'A NetworkPolicy drops connections that an application needs',
  why: 'A policy drops packets silently: the caller sees only a timeout, and the callee sees nothing.',
  fix: 'Add a rule for exactly this caller, callee and port.',
  reads: ['NetworkPolicy', 'Pod', 'Service', 'Namespace'],
  run(snapshot) {
    if (snapshot.list('NetworkPolicy').length === 0) return []
    const found = new Map<
      string,
      {
        policy: KubeObject
        direction: Direction
        hurt: Complaint[]
        to: string
        port: number | undefined
        callee: KubeObject | undefined
      }
    >()
    for (const complaint of complaints(snapshot)) {
      if (complaint.kind === 'dns' || complaint.kind === 'tls') continue
      if (complaint.kind === 'http' && complaint.status !== 504 && complaint.status !== 502) continue
      const block = blockOf(snapshot, complaint)
      if (!block) continue
      const key = `${refKey(refOf(block.policy))} ${block.direction} ${block.to}`
      const entry = found.get(key)
      if (entry) entry.hurt.push(complaint)
      else found.set(key, { ...block, hurt: [complaint] })
    }
    return [...found.values()].map(({ policy, direction, hurt, to, port, callee }): Draft => {
      const workloads = [...new Set(hurt.map((complaint) => complaint.workload))]
      const callers = some(workloads.map(nameOf))
      const labels = Object.entries(hurt[0]?.pod.metadata.labels ?? {})
        .filter(([key]) => key !== 'pod-template-hash' && !key.startsWith('topology.'))
        .map(([key, value]) => `${key}=${value}`)
      return {
        severity: 'critical',
        object: refOf(policy),
        depth: 'cause',
        summary: `NetworkPolicy ${nameOf(policy)} blocks ${callers} from reaching ${to}`,
        cause:
          direction === 'Egress'
            ? `it isolates ${callers} for egress and allows only ${rulesText(policy, direction)}`
            : `it isolates ${callee ? nameOf(callee) : to} for ingress and allows only ${rulesText(policy, direction)}; ${callers} (namespace ${hurt[0]?.pod.metadata.namespace}, ${some(labels, 4)}) is not among them`,
        evidence: [
          evidence('spec', policy, `${direction.toLowerCase()} allowed: ${rulesText(policy, direction)}`),
          ...hurt.slice(0, 4).map((complaint) => evidence('log', complaint.pod, complaint.line)),
        ],
        remedy: `Add ${direction === 'Egress' ? `an egress rule to ${to}` : `an ingress rule for ${callers}`}${port ? ` on port ${port}` : ''} to NetworkPolicy ${policy.metadata.name}.`,
        ...(policy.metadata.creationTimestamp ? { since: policy.metadata.creationTimestamp } : {}),
        explains: [...refsOf(workloads), ...refsOf(hurt.map((complaint) => complaint.pod))],
      }
    })
  },
}

interface Block {
  policy: KubeObject
  direction: Direction
  to: string
  port: number | undefined
  callee: KubeObject | undefined
}

function blockOf(snapshot: Snapshot, { pod, target, host, port }: Complaint): Block | undefined {
  const egress = policiesOn(snapshot, pod, 'Egress')
  if (!target) {
    // a host outside: by its address the rules decide; a mere name can only be allowed by a rule without peers or by an address block
    if (egress.length === 0 || host === undefined || port === undefined) return undefined
    const address = /^[\d.]+$/.test(host) ? host : undefined
    if (lets(snapshot, egress, 'Egress', { peer: undefined, address, port, protocol: 'TCP', receiver: undefined }))
      return undefined
    if (
      !address &&
      egress.some((policy) => rulesOf(policy, 'Egress').some((rule) => rule.peers?.some((peer) => peer.ipBlock)))
    )
      return undefined
    return { policy: tightest(egress, 'Egress'), direction: 'Egress', to: `${host}:${port}`, port, callee: undefined }
  }
  const service = target.kind === 'Service' ? target : undefined
  const callees = (service ? podsBehind(snapshot, service) : [target]).filter(
    (callee) => isLive(callee) && isReady(callee),
  )
  const [callee] = callees
  if (!callee) return undefined
  const servicePort = service && (port === undefined ? findPort(service, undefined) : findPort(service, port))
  const number = service ? servicePort && targetNumber(servicePort, callee) : port
  const to = `${target.kind} ${nameOf(target)}${port ? `:${port}` : ''}`
  const traffic = { address: undefined, port: number, protocol: 'TCP', receiver: callee }
  if (!lets(snapshot, egress, 'Egress', { ...traffic, peer: callee })) {
    return { policy: tightest(egress, 'Egress'), direction: 'Egress', to, port: number, callee }
  }
  const ingress = policiesOn(snapshot, callee, 'Ingress')
  if (lets(snapshot, ingress, 'Ingress', { ...traffic, peer: pod })) return undefined
  // the pods of the host network come from a node's address, which is let in by most plugins
  if (pod.spec?.hostNetwork) return undefined
  return { policy: tightest(ingress, 'Ingress'), direction: 'Ingress', to, port: number, callee }
}

/** The policy to blame among several: a deny-all is meant to be opened by the others, so one with rules that miss comes first. */
function tightest(policies: readonly KubeObject[], direction: Direction): KubeObject {
  const withRules = policies.filter((policy) => rulesOf(policy, direction).length > 0)
  return (withRules.length === 1 ? withRules[0] : policies[0]) as KubeObject
}
