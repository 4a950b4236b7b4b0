// Mutual TLS that one side of a call demands and the other does not speak: callers without a sidecar, DestinationRules that contradict the policy.
import { refKey } from '../../core/ref.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { type Complaint, calleeOf, complaints } from '../look/complaints.ts'
import { resolveHost } from '../look/hosts.ts'
import { hasSidecar, ISTIO_SECURITY, mutualTlsOf } from '../look/mesh.ts'
import { isLive, refsOf } from '../look/pods.ts'
import { podsBehind } from '../look/services.ts'
import { evidence, some } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

export const meshMutualTls: Check = {
  name: 'mesh-mutual-tls',
  title: 'A workload demands mutual TLS, and its callers do not speak it',
  why: "With PeerAuthentication STRICT the callee's proxy resets every connection that is not mutual TLS.",
  fix: 'Inject the sidecar into the caller, correct the DestinationRule, or make the policy PERMISSIVE for this port.',
  reads: ['PeerAuthentication', 'DestinationRule', 'Pod', 'Service', 'Namespace'],
  run(snapshot) {
    if (snapshot.list('PeerAuthentication', undefined, ISTIO_SECURITY).length === 0) return []
    return [...plainCallers(snapshot), ...contradictions(snapshot)]
  },
}

/** The first of the pods behind an object that has a sidecar, and what its policy demands. */
function calleeIn(snapshot: Snapshot, target: KubeObject) {
  const pods = target.kind === 'Service' ? podsBehind(snapshot, target) : [target]
  const callee = pods.filter(isLive).find(hasSidecar)
  const tls = callee && mutualTlsOf(snapshot, callee)
  return callee && tls ? { callee, ...tls } : undefined
}

function plainCallers(snapshot: Snapshot): Draft[] {
  const found = new Map<string, { policy: KubeObject; callee: KubeObject; hurt: Complaint[] }>()
  for (const complaint of complaints(snapshot)) {
    if (complaint.kind === 'dns' || !complaint.target || hasSidecar(complaint.pod)) continue
    const called = calleeIn(snapshot, complaint.target)
    if (called?.mode !== 'STRICT') continue
    const key = refKey(refOf(called.policy))
    const entry = found.get(key)
    if (entry) entry.hurt.push(complaint)
    else found.set(key, { ...called, hurt: [complaint] })
  }
  return [...found.values()].map(({ policy, callee, hurt }): Draft => {
    const callers = [...new Set(hurt.map((complaint) => complaint.workload))]
    const namespace = callers[0]?.metadata.namespace ?? ''
    const injected = snapshot.get('Namespace', undefined, namespace)?.metadata.labels?.['istio-injection']
    return {
      severity: 'critical',
      object: refOf(policy),
      depth: 'cause',
      summary: `PeerAuthentication ${nameOf(policy)} demands mutual TLS (STRICT), and ${some(callers.map(nameOf))} calls without a sidecar`,
      cause: `${callee.metadata.namespace}/${callee.metadata.name} accepts only mutual TLS; the pods of ${some(callers.map(nameOf))} have no istio-proxy${injected === 'enabled' ? ' although their namespace asks for injection: they were created before it' : ` (namespace ${namespace} has no istio-injection=enabled)`}`,
      evidence: [
        evidence('spec', policy, 'mtls.mode STRICT'),
        ...hurt.slice(0, 3).map((complaint) => evidence('log', complaint.pod, complaint.line)),
      ],
      remedy: `${injected === 'enabled' ? 'Restart the callers so that they get a sidecar' : `Label namespace ${namespace} istio-injection=enabled and restart the callers`}, or set mode PERMISSIVE for this workload.`,
      explains: refsOf(callers),
    }
  })
}

// what a DestinationRule makes the callers' sidecars speak, by what the callee's policy then refuses
const REFUSED: Record<string, readonly string[]> = {
  STRICT: ['DISABLE', 'SIMPLE'],
  DISABLE: ['ISTIO_MUTUAL', 'MUTUAL'],
}

/** The rule tells every sidecar to speak what the callee's does not accept: no call gets through, whoever makes it. */
function contradictions(snapshot: Snapshot): Draft[] {
  return snapshot.list('DestinationRule', undefined, 'networking.istio.io').flatMap((rule): Draft[] => {
    const service = resolveHost(snapshot, String(rule.spec?.host ?? ''), rule.metadata.namespace ?? '')?.object
    const called = service && calleeIn(snapshot, service)
    // exceptions by port may be just what the rule is for
    if (!service || !called || called.policy.spec?.portLevelMtls) return []
    const mode = modesOf(rule).find((each) => REFUSED[called.mode]?.includes(each))
    if (!mode) return []
    const hurt = complaints(snapshot).filter(
      (complaint) => hasSidecar(complaint.pod) && calleeOf(snapshot, complaint) === service,
    )
    const callers = [...new Set(hurt.map((complaint) => complaint.workload))]
    return [
      {
        severity: hurt.length > 0 ? 'critical' : 'warning',
        object: refOf(rule),
        depth: 'cause',
        summary: `DestinationRule ${nameOf(rule)} makes callers of ${nameOf(service)} use tls mode ${mode}, which PeerAuthentication ${nameOf(called.policy)} (${called.mode}) refuses`,
        cause: `trafficPolicy.tls.mode is ${mode}, while ${called.callee.metadata.namespace}/${called.callee.metadata.name} ${called.mode === 'STRICT' ? 'accepts only mutual TLS' : 'speaks no mutual TLS'}: its proxy ends every connection${callers.length > 0 ? ` of ${some(callers.map(nameOf))}` : ''}`,
        evidence: [
          evidence('spec', rule, `host ${rule.spec?.host}, tls mode ${mode}`),
          evidence('spec', called.policy, `mtls.mode ${called.mode}`),
          ...hurt.slice(0, 3).map((complaint) => evidence('log', complaint.pod, complaint.line)),
        ],
        remedy:
          called.mode === 'STRICT'
            ? `Remove tls from DestinationRule ${rule.metadata.name}, or set its mode to ISTIO_MUTUAL.`
            : `Remove tls from DestinationRule ${rule.metadata.name}, or let PeerAuthentication ${called.policy.metadata.name} accept mutual TLS (PERMISSIVE).`,
        ...(rule.metadata.creationTimestamp ? { since: rule.metadata.creationTimestamp } : {}),
        explains: refsOf(callers),
      },
    ]
  })
}

function modesOf({ spec }: KubeObject): string[] {
  const policies = [spec?.trafficPolicy, ...(spec?.subsets ?? []).map((subset: KubeObject) => subset?.trafficPolicy)]
  return policies
    .flatMap((policy) => [policy?.tls, ...(policy?.portLevelSettings ?? []).map((port: KubeObject) => port?.tls)])
    .flatMap((tls) => (typeof tls?.mode === 'string' ? [tls.mode] : []))
}
