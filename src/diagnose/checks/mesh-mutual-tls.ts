// Callers without a sidecar that call into a mesh which demands mutual TLS.
import { refKey } from '../../core/ref.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Check, Draft } from '../check.ts'
import { type Complaint, complaints } from '../look/complaints.ts'
import { hasSidecar, mutualTlsOf } from '../look/mesh.ts'
import { isLive, refsOf } from '../look/pods.ts'
import { podsBehind } from '../look/services.ts'
import { evidence, some } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

export const meshMutualTls: Check = {
  name: 'mesh-mutual-tls',
  title: 'A caller without sidecar calls a workload that demands mutual TLS',
  why: "With PeerAuthentication STRICT the callee's proxy resets every plain connection.",
  fix: 'Inject the sidecar into the caller, or make the policy PERMISSIVE for this port.',
  reads: ['PeerAuthentication', 'Pod', 'Service', 'Namespace'],
  run(snapshot) {
    if (snapshot.list('PeerAuthentication').length === 0) return []
    const found = new Map<string, { policy: KubeObject; callee: KubeObject; hurt: Complaint[] }>()
    for (const complaint of complaints(snapshot)) {
      if (complaint.kind === 'dns' || !complaint.target || hasSidecar(complaint.pod)) continue
      const callee = (complaint.target.kind === 'Service' ? podsBehind(snapshot, complaint.target) : [complaint.target])
        .filter(isLive)
        .find(hasSidecar)
      const tls = callee && mutualTlsOf(snapshot, callee)
      if (!callee || tls?.mode !== 'STRICT') continue
      const key = refKey(refOf(tls.policy))
      const entry = found.get(key)
      if (entry) entry.hurt.push(complaint)
      else found.set(key, { policy: tls.policy, callee, hurt: [complaint] })
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
  },
}
