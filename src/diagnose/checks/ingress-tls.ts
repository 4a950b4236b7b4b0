// Ingresses and Gateways whose TLS Secret is missing or holds no certificate.
import type { ObjectRef } from '../../core/ref.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { certificateIn, certificatesBySecret, coversHost } from '../look/certificates.ts'
import { nearest } from '../look/names.ts'
import { evidence, some } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

export const ingressTls: Check = {
  name: 'ingress-tls',
  title: 'The TLS Secret of an Ingress is missing or of no use',
  why: 'The controller then serves its own self-signed certificate, and browsers and clients refuse the connection.',
  fix: 'Create the Secret (type kubernetes.io/tls with tls.crt and tls.key), correct its name, or mend the Certificate that fills it.',
  reads: ['Ingress', 'Secret', 'Certificate'],
  run(snapshot) {
    if (!snapshot.wasRead('Secret')) return []
    return snapshot.list('Ingress').flatMap((ingress) => {
      if (ingress.metadata.deletionTimestamp) return []
      const entries: { secretName?: string; hosts?: string[] }[] = Array.isArray(ingress.spec?.tls)
        ? ingress.spec.tls
        : []
      return entries.flatMap((entry) =>
        entry.secretName ? (draftOf(snapshot, ingress, entry.secretName, entry.hosts ?? []) ?? []) : [],
      )
    })
  },
}

function draftOf(snapshot: Snapshot, ingress: KubeObject, name: string, hosts: string[]): Draft | undefined {
  const namespace = ingress.metadata.namespace ?? ''
  const secret = snapshot.get('Secret', namespace, name)
  const certificate = certificatesBySecret(snapshot).get(`${namespace}/${name}`)
  const served = hosts.length > 0 ? some(hosts) : 'its hosts'
  const base = {
    severity: 'warning' as const,
    object: refOf(ingress),
    depth: 'cause' as const,
    dueTo: [secretRef(namespace, name), ...(certificate ? [refOf(certificate)] : [])],
  }
  const shown = [evidence('spec', ingress, `tls: secretName ${name}${hosts.length > 0 ? ` for ${some(hosts)}` : ''}`)]
  if (!secret) {
    const issuer =
      ingress.metadata.annotations?.['cert-manager.io/cluster-issuer'] ??
      ingress.metadata.annotations?.['cert-manager.io/issuer']
    const young = (snapshot.ageMs(ingress.metadata.creationTimestamp) ?? Number.MAX_SAFE_INTEGER) < 10 * 60_000
    // cert-manager needs a few minutes for the first certificate
    if (issuer && young) return undefined
    const near = nearest(
      name,
      snapshot
        .list('Secret', namespace)
        .filter((entry) => entry.type === 'kubernetes.io/tls')
        .map((entry) => entry.metadata.name),
    )
    return {
      ...base,
      summary: `Ingress ${nameOf(ingress)}: TLS Secret ${name} does not exist, so ${served} is served with the controller's default certificate`,
      cause: `there is no Secret ${name} in namespace ${namespace}${near ? ` (nearest: ${near})` : ''}${issuer && !certificate ? `; cert-manager (issuer ${issuer}) has made no Certificate for it` : ''}`,
      evidence: shown,
      remedy: near
        ? `Set secretName to ${near}, or create TLS Secret ${name}.`
        : `Create TLS Secret ${name} in ${namespace}${issuer ? ' (look at the Certificate and the issuer of cert-manager)' : ''}.`,
    }
  }
  const missing = ['tls.crt', 'tls.key'].filter((key) => !Object.hasOwn(secret.data ?? {}, key))
  if (missing.length > 0 && secret.data !== undefined) {
    return {
      ...base,
      object: refOf(secret),
      summary: `Secret ${nameOf(secret)} lacks ${some(missing)}, so Ingress ${ingress.metadata.name} cannot use it for ${served}`,
      cause: `a TLS Secret holds tls.crt and tls.key; this one (type ${secret.type ?? 'Opaque'}) holds ${some(Object.keys(secret.data ?? {}))}`,
      evidence: [
        ...shown,
        evidence('spec', secret, `type ${secret.type ?? 'Opaque'}, keys ${some(Object.keys(secret.data ?? {}))}`),
      ],
      remedy: `Create ${name} anew as type kubernetes.io/tls with tls.crt and tls.key.`,
      explains: [refOf(ingress)],
      dueTo: certificate ? [refOf(certificate)] : [],
    }
  }
  const facts = certificateIn(secret)
  const uncovered = facts ? hosts.filter((host) => !coversHost(facts, host)) : []
  if (!facts || uncovered.length === 0) return undefined
  return {
    ...base,
    summary: `Ingress ${nameOf(ingress)}: the certificate in Secret ${name} is not for ${some(uncovered)}`,
    cause: `it is valid for ${some(facts.names, 5)} only, so clients of ${some(uncovered)} see a wrong certificate`,
    evidence: [...shown, evidence('spec', secret, `certificate for ${some(facts.names, 5)}`)],
    remedy: `Issue a certificate that includes ${some(uncovered)}, or point secretName to the right Secret.`,
  }
}

function secretRef(namespace: string, name: string): ObjectRef {
  return { apiVersion: 'v1', kind: 'Secret', namespace, name }
}
