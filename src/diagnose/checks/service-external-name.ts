// ExternalName Services that point to nothing here, or to an address instead of a name.
import { refOf } from '../../objects/object.ts'
import type { Check, Draft } from '../check.ts'
import { complaintsAbout } from '../look/complaints.ts'
import { nearest } from '../look/names.ts'
import { refsOf } from '../look/pods.ts'
import { evidence } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

const NO_SUCH_NAME =
  /no such host|ENOTFOUND|NXDOMAIN|not known|does not resolve|nodename nor servname|UnknownHost|not found/i

export const serviceExternalName: Check = {
  name: 'service-external-name',
  title: 'An ExternalName Service points to a name that does not exist',
  why: 'ExternalName is only a DNS alias: to a Service that is not there, or to an IP address, it resolves to nothing.',
  fix: 'Correct externalName, or use a Service with an EndpointSlice for an address.',
  reads: ['Service', 'Namespace'],
  run(snapshot) {
    return snapshot.list('Service').flatMap((service): Draft[] => {
      if (service.spec?.type !== 'ExternalName') return []
      const name = String(service.spec.externalName ?? '').replace(/\.$/, '')
      const complaints = complaintsAbout(snapshot, service)
      const base = {
        object: refOf(service),
        depth: 'cause' as const,
        evidence: [
          evidence('spec', service, `externalName ${name}`),
          ...complaints.slice(0, 3).map((complaint) => evidence('log', complaint.pod, complaint.line)),
        ],
        explains: refsOf([...new Set(complaints.map((complaint) => complaint.workload))]),
      }
      if (/^\d{1,3}(\.\d{1,3}){3}$/.test(name)) {
        return [
          {
            ...base,
            severity: 'warning',
            summary: `Service ${nameOf(service)} has the address ${name} as externalName`,
            cause: 'externalName must be a DNS name: an address is looked up as a name and does not resolve',
            remedy: `Use a Service without selector and an EndpointSlice with ${name} instead.`,
          },
        ]
      }
      const inside = /^(?<svc>[a-z0-9-]+)\.(?<ns>[a-z0-9-]+)\.svc(\.cluster\.local)?$/.exec(name)?.groups
      if (!inside?.svc || !inside.ns) return outsideDraft(name)
      if (!snapshot.wasRead('Service')) return []
      if (snapshot.namespaces && !snapshot.namespaces.includes(inside.ns)) return []
      if (snapshot.get('Service', inside.ns, inside.svc)) return []
      const others = snapshot.list('Service', inside.ns).map((other) => other.metadata.name)
      const near = nearest(inside.svc, others)
      const namespace = snapshot.list('Namespace').length === 0 || snapshot.get('Namespace', undefined, inside.ns)
      return [
        {
          ...base,
          severity: 'warning',
          summary: `Service ${nameOf(service)} is an alias for ${name}, which does not exist`,
          cause: `${namespace ? `there is no Service ${inside.svc} in namespace ${inside.ns}` : `there is no namespace ${inside.ns}`}${near ? ` (nearest: ${near})` : ''}`,
          remedy: near
            ? `Set externalName to ${near}.${inside.ns}.svc.cluster.local.`
            : `Correct externalName of Service ${service.metadata.name}, or create the Service it names.`,
        },
      ]

      // a name outside cannot be looked up here: only callers to whom DNS said that it does not exist tell
      function outsideDraft(alias: string): Draft[] {
        if (!complaints.some(({ kind, line }) => kind === 'dns' && NO_SUCH_NAME.test(line))) return []
        return [
          {
            ...base,
            severity: 'warning',
            summary: `Service ${nameOf(service)} is an alias for ${alias}, which does not resolve`,
            cause: `DNS answers that there is no such name: externalName ${alias} of Service ${service.metadata.name} is wrong, or the host behind it is gone`,
            remedy: `Correct externalName of Service ${service.metadata.name}.`,
          },
        ]
      }
    })
  },
}
