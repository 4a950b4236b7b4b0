// Blame for a refused TLS connection: whose certificate it is, and what is wrong with it.
import { refOf } from '../../objects/object.ts'
import { resolveHost } from '../look/hosts.ts'
import type { Blame, Suspect } from './blame.ts'

const FAULTS: [said: RegExp, fault: string, remedy: string][] = [
  [
    /expired|not yet valid/i,
    'has expired or is not valid yet',
    'Renew the certificate, and let the server load the new one.',
  ],
  [
    /unknown authority|self.signed|local issuer|first certificate|PKIX|verify failed|UNABLE_TO_VERIFY/i,
    'is signed by an authority that the client does not trust',
    'Give the client the CA certificate that signed it, or have it signed by one it knows.',
  ],
  [
    /valid for|not valid for|doesn't match|does not match|ALTNAME|hostname mismatch|cannot validate certificate for/i,
    'is for another name than the client asks for',
    'Connect by a name that the certificate carries, or issue one that carries this name.',
  ],
  [
    /key values mismatch|private key does not match/i,
    'does not belong to its private key',
    'Put a certificate and key into the Secret that belong together.',
  ],
  [
    /wrong version|first record does not look like|plain HTTP|handshake/i,
    'cannot be agreed on: one side speaks no TLS, or another version',
    'Use the same protocol on both sides.',
  ],
]
const HOST =
  /(?:https?|wss?|rediss|amqps|postgres(?:ql)?|mongodb):\/\/(?:[^@/\s]{0,100}@)?(?<url>[a-z0-9][a-z0-9.-]{0,200})|(?:valid for|certificate for|connect(?:ing)? to) "?(?<name>[a-z0-9][a-z0-9.-]{0,200})/i

export function blameTls({ snapshot, pod, reason }: Suspect): Blame {
  const found = HOST.exec(reason.line)?.groups
  const host = found?.url ?? found?.name
  const look = host ? resolveHost(snapshot, host, pod.metadata.namespace ?? '') : undefined
  const [
    ,
    fault = 'is refused',
    remedy = 'Look at the certificate that the other side shows, and at what the client trusts.',
  ] = FAULTS.find(([said]) => said.test(reason.line)) ?? []
  const whose = host ? ` of ${host}` : ''
  return {
    cause: `the TLS certificate${whose} ${fault}: "${reason.line}"`,
    remedy,
    dueTo: look?.object ? [refOf(look.object)] : [],
  }
}
