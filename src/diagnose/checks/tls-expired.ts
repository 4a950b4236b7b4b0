// TLS Secrets whose certificate has expired, or will soon while nobody renews it.
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Check, Draft } from '../check.ts'
import { certificateIn, certificatesBySecret, dayText } from '../look/certificates.ts'
import { refsOf } from '../look/pods.ts'
import { duration, evidence, some } from '../look/words.ts'
import { nameOf, templateOf, topWorkloads } from '../look/workloads.ts'

const SOON_MS = 14 * 86_400_000
const NOW_MS = 3 * 86_400_000

export const tlsExpired: Check = {
  name: 'tls-expired',
  title: 'A TLS certificate has expired or is about to',
  why: 'From that minute on every client refuses the connection.',
  fix: 'Renew the certificate; let cert-manager do it from now on.',
  reads: ['Secret', 'Ingress', 'Certificate', 'Deployment', 'StatefulSet', 'DaemonSet'],
  run(snapshot) {
    return snapshot.list('Secret').flatMap((secret): Draft[] => {
      if (secret.type !== 'kubernetes.io/tls') return []
      const facts = certificateIn(secret)
      if (!facts) return []
      const left = facts.notAfter.getTime() - snapshot.now.getTime()
      const early = facts.notBefore.getTime() - snapshot.now.getTime()
      if (left > SOON_MS && early <= 0) return []
      const certificate = certificatesBySecret(snapshot).get(
        `${secret.metadata.namespace ?? ''}/${secret.metadata.name}`,
      )
      // cert-manager renews by itself; its own trouble is another check
      if (left > 0 && early <= 0 && certificate) return []
      const users = usersOf(snapshot.list('Ingress', secret.metadata.namespace ?? ''), secret)
      const mounters = topWorkloads(snapshot).filter(
        (workload) =>
          workload.metadata.namespace === secret.metadata.namespace && mounts(workload, secret.metadata.name),
      )
      const used = users.length + mounters.length > 0
      const names = some(facts.names, 4)
      const when =
        left <= 0
          ? `expired ${duration(-left)} ago, on ${dayText(facts.notAfter)}`
          : early > 0
            ? `is not valid before ${dayText(facts.notBefore)}`
            : `expires in ${duration(left)}, on ${dayText(facts.notAfter)}`
      return [
        {
          severity: !used ? 'info' : left <= 0 || early > 0 ? 'critical' : left < NOW_MS ? 'warning' : 'info',
          object: refOf(secret),
          depth: 'cause',
          summary: `Secret ${nameOf(secret)}: the certificate for ${names} ${when}`,
          cause: `the certificate ${when} (${early > 0 ? 'notBefore' : 'notAfter'})${certificate ? '; cert-manager should have renewed it' : ' and nothing here renews it'}`,
          evidence: [
            evidence(
              'spec',
              secret,
              `certificate for ${names}, valid ${dayText(facts.notBefore)} to ${dayText(facts.notAfter)}`,
            ),
            ...users.slice(0, 3).map((ingress) => evidence('spec', ingress, `tls: secretName ${secret.metadata.name}`)),
          ],
          remedy: `Renew the certificate and replace tls.crt and tls.key of Secret ${secret.metadata.name}.`,
          since: facts.notAfter.toISOString(),
          dueTo: certificate ? [refOf(certificate)] : [],
          explains: refsOf([...users, ...mounters]),
        },
      ]
    })
  },
}

function usersOf(ingresses: readonly KubeObject[], secret: KubeObject): KubeObject[] {
  return ingresses.filter((ingress) =>
    (ingress.spec?.tls ?? []).some((entry: { secretName?: string }) => entry.secretName === secret.metadata.name),
  )
}

function mounts(workload: KubeObject, name: string): boolean {
  const volumes = templateOf(workload)?.spec?.volumes
  return (
    Array.isArray(volumes) &&
    volumes.some((volume: { secret?: { secretName?: string } }) => volume.secret?.secretName === name)
  )
}
