// Who else believes to own an object: a change that its owner will undo, or that undoes its owner, is asked about.
import { controllerOf, groupOf, type KubeObject } from '../objects/object.ts'

const OWN_GROUPS = new Set(['', 'apps', 'batch', 'autoscaling', 'policy', 'networking.k8s.io', 'discovery.k8s.io'])

/** A clause such as "Helm (release storefront) manages it"; undefined when nobody does. */
export function managerOf(object: KubeObject): string | undefined {
  const labels = object.metadata.labels ?? {}
  const notes = object.metadata.annotations ?? {}
  const argo = notes['argocd.argoproj.io/tracking-id']?.split(':')[0] ?? labels['argocd.argoproj.io/instance']
  if (argo !== undefined) return `Argo CD (application ${clip(argo)}) manages it and may put it back`
  const flux = labels['kustomize.toolkit.fluxcd.io/name'] ?? labels['helm.toolkit.fluxcd.io/name']
  if (flux !== undefined) return `Flux (${clip(flux)}) manages it and may put it back`
  const release = notes['meta.helm.sh/release-name']
  // pods carry the labels of their template; Helm itself only owns what carries its annotation, or is no pod
  if (release !== undefined || (labels['app.kubernetes.io/managed-by'] === 'Helm' && object.kind !== 'Pod')) {
    return `Helm${release === undefined ? '' : ` (release ${clip(release)})`} manages it: the next upgrade may put it back`
  }
  const owner = controllerOf(object)
  if (owner && !OWN_GROUPS.has(groupOf(owner.apiVersion)) && object.kind !== 'Pod') {
    return `an operator manages it through ${clip(owner.kind)} ${clip(owner.name)} and may put it back`
  }
  return undefined
}

function clip(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
