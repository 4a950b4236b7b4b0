// Who manages an object from outside: a Helm release, an Argo CD application, a Flux resource, an operator. A change by hand would be undone by them.
import type { ObjectRef } from '../../core/ref.ts'
import type { KubeObject } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'

export interface Owner {
  by: 'Helm' | 'Argo CD' | 'Flux' | 'operator'
  /** the release, application or resource */
  ref: ObjectRef
  /** "Helm release shop/checkout" */
  text: string
  /** what undoes changes made by hand; Helm alone does not */
  reverts: boolean
}

const INSTANCE = 'app.kubernetes.io/instance'
// owners that Kubernetes itself makes are no managers from outside
const OWN_KINDS = new Set([
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  'ReplicationController',
  'Node',
  'Pod',
  'Service',
  'ConfigMap',
  'Namespace',
])

export function ownersOf(snapshot: Snapshot, object: KubeObject): Owner[] {
  const top = snapshot.rootOf(object)
  const labels = top.metadata.labels ?? {}
  const annotations = top.metadata.annotations ?? {}
  const namespace = top.metadata.namespace
  const owners: Owner[] = []
  const kustomization = labels['kustomize.toolkit.fluxcd.io/name']
  if (kustomization) owners.push(flux('Kustomization', labels['kustomize.toolkit.fluxcd.io/namespace'], kustomization))
  const helmRelease = labels['helm.toolkit.fluxcd.io/name']
  if (helmRelease) owners.push(flux('HelmRelease', labels['helm.toolkit.fluxcd.io/namespace'], helmRelease))
  const tracking = annotations['argocd.argoproj.io/tracking-id']
  const application = tracking
    ? tracking.split(':')[0]
    : (labels['argocd.argoproj.io/instance'] ?? byResource(snapshot, top) ?? byInstance(snapshot, labels[INSTANCE]))
  if (application) owners.push(argo(snapshot, application))
  const release = annotations['meta.helm.sh/release-name']
  if (release) {
    const at = annotations['meta.helm.sh/release-namespace'] ?? namespace
    owners.push({
      by: 'Helm',
      ref: { kind: 'HelmRelease', ...(at ? { namespace: at } : {}), name: release },
      text: `Helm release ${at ? `${at}/` : ''}${release}`,
      reverts: false,
    })
  } else if (labels['app.kubernetes.io/managed-by'] === 'Helm' && labels[INSTANCE] && !helmRelease) {
    owners.push({
      by: 'Helm',
      ref: { kind: 'HelmRelease', ...(namespace ? { namespace } : {}), name: labels[INSTANCE] },
      text: `Helm release ${labels[INSTANCE]}`,
      reverts: false,
    })
  }
  const controller = top.metadata.ownerReferences?.find((owner) => owner.controller && !OWN_KINDS.has(owner.kind))
  if (controller) {
    owners.push({
      by: 'operator',
      ref: {
        apiVersion: controller.apiVersion,
        kind: controller.kind,
        ...(namespace ? { namespace } : {}),
        name: controller.name,
      },
      text: `${controller.kind} ${controller.name} (${controller.apiVersion})`,
      reverts: true,
    })
  }
  return owners
}

function flux(kind: string, namespace: string | undefined, name: string): Owner {
  return {
    by: 'Flux',
    ref: { kind, ...(namespace ? { namespace } : {}), name },
    text: `Flux ${kind} ${namespace ? `${namespace}/` : ''}${name}`,
    reverts: true,
  }
}

function argo(snapshot: Snapshot, name: string): Owner {
  // `namespace_name` when applications live outside the namespace of Argo CD
  const plain = name.includes('_') ? name.slice(name.indexOf('_') + 1) : name
  const application = snapshot
    .list('Application', undefined, 'argoproj.io')
    .find((entry) => entry.metadata.name === plain)
  const namespace = application?.metadata.namespace
  const heals = application === undefined || application.spec?.syncPolicy?.automated?.selfHeal === true
  return {
    by: 'Argo CD',
    ref: { kind: 'Application', ...(namespace ? { namespace } : {}), name: plain },
    text: `Argo CD application ${plain}`,
    reverts: heals,
  }
}

function byResource(snapshot: Snapshot, object: KubeObject): string | undefined {
  return snapshot
    .list('Application', undefined, 'argoproj.io')
    .find((application) =>
      (Array.isArray(application.status?.resources) ? application.status.resources : []).some(
        (entry: { kind?: string; name?: string; namespace?: string }) =>
          entry.kind === object.kind &&
          entry.name === object.metadata.name &&
          entry.namespace === object.metadata.namespace,
      ),
    )?.metadata.name
}

function byInstance(snapshot: Snapshot, instance: string | undefined): string | undefined {
  // Helm sets the same label: only an application of that name makes it Argo CD's
  return instance === undefined
    ? undefined
    : snapshot
        .list('Application', undefined, 'argoproj.io')
        .find((application) => application.metadata.name === instance)?.metadata.name
}
