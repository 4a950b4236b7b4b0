// Flags that choose another connection, identity or file of the machine. Firstmate's own account and cluster are given;
// a command never names another one.
const IDENTITY: Record<string, ReadonlySet<string>> = {
  kubectl: new Set(
    (
      'server kubeconfig kuberc context cluster user token username password as as-group as-uid as-user-extra ' +
      'certificate-authority client-certificate client-key tls-server-name insecure-skip-tls-verify ' +
      'insecure-skip-tls-verify-backend cache-dir profile-output log-file log-dir'
    ).split(' '),
  ),
  helm: new Set(
    (
      'kube-apiserver kube-as-user kube-as-group kube-ca-file kube-context kube-insecure-skip-tls-verify kube-tls-server-name ' +
      'kube-token kubeconfig registry-config repository-cache repository-config content-cache username password password-stdin ' +
      'ca-file cert-file key-file passphrase-file insecure-skip-tls-verify insecure plain-http pass-credentials'
    ).split(' '),
  ),
}
// these names mean something else for one verb each
const HARMLESS: Record<string, ReadonlySet<string>> = {
  'create rolebinding': new Set(['user']),
  'create clusterrolebinding': new Set(['user']),
  'set subject': new Set(['user']),
}

/** True for a flag of either program: `--kube-token` is no less an identity behind `kubectl`. */
export function isIdentityFlag(path: string, name: string): boolean {
  if (Object.hasOwn(HARMLESS, path) && HARMLESS[path]?.has(name)) return false
  const folded = name.replaceAll('_', '-').toLowerCase()
  return (IDENTITY.kubectl?.has(folded) ?? false) || (IDENTITY.helm?.has(folded) ?? false)
}
