// A TLS certificate is expired, unknown or for another name: from the log of a container that suffers.
import { troublesOf } from '../blame/troubles.ts'
import type { Check } from '../check.ts'

export const appTlsFailure: Check = {
  name: 'app-tls-failure',
  title: 'A TLS certificate is expired, unknown or for another name',
  why: 'Connections fail although both sides run.',
  fix: 'Renew the certificate, or trust its authority.',
  reads: ['Pod', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'ControllerRevision', 'Secret'],
  run: (snapshot) => troublesOf(snapshot, 'tls'),
}
