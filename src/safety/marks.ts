// Labels and annotations on which somebody acts: setting one is more than a note on the object.
import { controllerOf, type KubeObject } from '../objects/object.ts'

/** Whole keys that controllers of the cluster itself rely on. */
const RELIED_ON = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deployment.kubernetes.io/revision',
  'pod-template-hash',
  'controller-revision-hash',
  'storageclass.kubernetes.io/is-default-class',
  'ingressclass.kubernetes.io/is-default-class',
])

/** Groups whose keys start, stop or hand over what an operator does. */
const ACTED_ON = [
  'argocd.argoproj.io/',
  'fluxcd.io/',
  'meta.helm.sh/',
  'helm.sh/',
  'strimzi.io/',
  'crossplane.io/',
  'cert-manager.io/',
  'volume.kubernetes.io/',
  'pv.kubernetes.io/',
]

/** Do controllers act on this label or annotation? */
export function isActedOn(key: string): boolean {
  return RELIED_ON.has(key) || ACTED_ON.some((group) => key.startsWith(group) || key.includes(`.${group}`))
}

/** A pod's own labels choose who serves and owns it; without the pod nothing says which. */
export function isSelectedBy(pod: KubeObject | undefined, key: string): boolean {
  return !pod || (controllerOf(pod) !== undefined && Object.hasOwn(pod.metadata.labels ?? {}, key))
}
