// cert-manager issuers that are not ready.
import { refOf } from '../../objects/object.ts'
import type { Check, Draft } from '../check.ts'
import { condition } from '../look/pods.ts'
import { count, evidence, oneLine } from '../look/words.ts'

const GROUP = 'cert-manager.io'
const PATIENCE_MS = 5 * 60_000

export const issuerNotReady: Check = {
  name: 'issuer-not-ready',
  title: 'A cert-manager issuer is not ready',
  why: 'No Certificate that names it is issued or renewed.',
  fix: 'Mend what its condition names: account key, server, credentials, CA Secret.',
  reads: ['Issuer', 'ClusterIssuer', 'Certificate'],
  run(snapshot) {
    return [...snapshot.list('Issuer', undefined, GROUP), ...snapshot.list('ClusterIssuer', undefined, GROUP)].flatMap(
      (issuer): Draft[] => {
        const ready = condition(issuer, 'Ready')
        if (ready?.status !== 'False' || (snapshot.ageMs(ready.lastTransitionTime) ?? PATIENCE_MS) < PATIENCE_MS)
          return []
        const users = snapshot
          .list('Certificate', issuer.metadata.namespace, GROUP)
          .filter(
            (certificate) =>
              certificate.spec?.issuerRef?.name === issuer.metadata.name &&
              (certificate.spec.issuerRef.kind ?? 'Issuer') === issuer.kind,
          )
        const waiting = users.filter((certificate) => condition(certificate, 'Ready')?.status !== 'True')
        return [
          {
            severity: waiting.length > 0 ? 'critical' : users.length > 0 ? 'warning' : 'info',
            object: refOf(issuer),
            depth: 'cause',
            summary: `${issuer.kind} ${issuer.metadata.name} is not ready${waiting.length > 0 ? `: ${count(waiting.length, 'Certificate')} cannot be issued` : ''}`,
            cause: `${ready.reason ?? 'NotReady'}: ${oneLine(ready.message ?? '', 350)}`,
            evidence: [evidence('status', issuer, `Ready=False (${ready.reason ?? ''}): ${ready.message ?? ''}`)],
            remedy: `Correct what the message names in ${issuer.kind} ${issuer.metadata.name}; its Certificates follow by themselves.`,
            explains: waiting.map(refOf),
          },
        ]
      },
    )
  },
}
