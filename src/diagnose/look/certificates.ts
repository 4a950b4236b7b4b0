// Reading certificates: the dates and names in a TLS Secret, where its content may be read at all.
import { X509Certificate } from 'node:crypto'
import type { KubeObject } from '../../objects/object.ts'
import { perSnapshot } from './memo.ts'

export interface CertificateFacts {
  subject: string
  names: string[]
  notBefore: Date
  notAfter: Date
}

const MAX_PEM = 64 * 1024

/** The first certificate of a Secret of type kubernetes.io/tls; undefined when it is hidden or no certificate. */
export function certificateIn(secret: KubeObject): CertificateFacts | undefined {
  return certificateOf(secret.data?.['tls.crt'])
}

/** From base64 of a PEM, as in Secrets and caBundle. */
export function certificateOf(base64: unknown): CertificateFacts | undefined {
  if (typeof base64 !== 'string' || base64.length > MAX_PEM * 2) return undefined
  const pem = Buffer.from(base64, 'base64')
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) return undefined
  try {
    const certificate = new X509Certificate(pem)
    const names = (certificate.subjectAltName ?? '')
      .split(', ')
      .flatMap((entry) => (entry.startsWith('DNS:') ? [entry.slice(4).toLowerCase()] : []))
    const subject = /(?:^|\n)CN=([^\n]{1,253})/.exec(certificate.subject)?.[1] ?? ''
    return {
      subject,
      names: names.length > 0 ? names : subject ? [subject.toLowerCase()] : [],
      notBefore: new Date(certificate.validFrom),
      notAfter: new Date(certificate.validTo),
    }
  } catch {
    // what is no certificate has no dates; the check on its keys says so
    return undefined
  }
}

export function coversHost(facts: CertificateFacts, host: string): boolean {
  const name = host.toLowerCase()
  return facts.names.some(
    (entry) => entry === name || (entry.startsWith('*.') && name.slice(name.indexOf('.') + 1) === entry.slice(2)),
  )
}

/** cert-manager Certificates by the Secret they fill: `namespace/secret`. */
export const certificatesBySecret = perSnapshot((snapshot) => {
  const found = new Map<string, KubeObject>()
  for (const certificate of snapshot.list('Certificate', undefined, 'cert-manager.io')) {
    found.set(`${certificate.metadata.namespace ?? ''}/${certificate.spec?.secretName ?? ''}`, certificate)
  }
  return found
})

export function dayText(date: Date): string {
  return date.toISOString().slice(0, 10)
}
