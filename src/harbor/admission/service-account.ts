// Pods run as a service account and get its token mounted.
import { allContainers } from '../kinds/pod-spec.ts'
import { type Json } from '../plain.ts'
import { forbidden } from '../status.ts'
import type { Admission, Plugin } from './plugin.ts'

const MOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

export const serviceAccounts: Plugin = {
  name: 'ServiceAccount',
  mutate(admission) {
    const { operation, resource, object, world, subresource } = admission
    if (operation !== 'create' || resource.id !== 'pods' || subresource) return
    const { spec } = object
    spec.serviceAccountName ||= 'default'
    spec.serviceAccount = spec.serviceAccountName
    const namespace = object.metadata.namespace ?? ''
    const account = world.find('ServiceAccount', namespace, spec.serviceAccountName)
    // the default one is made by a controller, which may be about to, or not be running
    if (!account && spec.serviceAccountName !== 'default') throw missing(admission, spec.serviceAccountName)
    if (!spec.imagePullSecrets?.length && account?.imagePullSecrets) spec.imagePullSecrets = account.imagePullSecrets
    const automount = spec.automountServiceAccountToken ?? account?.automountServiceAccountToken ?? true
    if (automount) mountToken(admission)
  },
}

function missing({ object, resource }: Admission, name: string) {
  const { namespace, name: pod, generateName } = object.metadata
  const why = `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`
  return forbidden(resource, pod || generateName || '', why)
}

function mountToken({ object: { spec }, world }: Admission): void {
  const present = (spec.volumes ?? []).find((volume: Json) => volume.name?.startsWith('kube-api-access-'))
  const name: string = present?.name ?? `kube-api-access-${world.random.suffix(5)}`
  const needing = allContainers(spec).filter(
    (container) => !(container.volumeMounts ?? []).some((mount: Json) => mount.mountPath === MOUNT),
  )
  for (const container of needing) {
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: MOUNT }]
  }
  if (!present && needing.length > 0) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)]
}

function tokenVolume(name: string): object {
  const fieldRef = { apiVersion: 'v1', fieldPath: 'metadata.namespace' }
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef }] } },
      ],
      defaultMode: 420,
    },
  }
}
