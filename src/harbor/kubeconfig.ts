// A kubeconfig for a practice cluster: plain http on loopback, no credentials.
import { stringify } from 'yaml'

export function kubeconfigOf(name: string, url: string): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    preferences: {},
    // client libraries insist on skip-tls-verify for plain http
    clusters: [{ name, cluster: { server: url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: `${name}-admin`, user: {} }],
    contexts: [{ name, context: { cluster: name, user: `${name}-admin` } }],
    'current-context': name,
  })
}
