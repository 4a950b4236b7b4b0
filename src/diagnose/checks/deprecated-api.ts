// Objects written for API versions that Kubernetes has removed or will remove.
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Check, Draft } from '../check.ts'
import { evidence } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

// https://kubernetes.io/docs/reference/using-api/deprecation-guide/
const REMOVED: Record<string, { removed: string; use: string }> = {
  'extensions/v1beta1': { removed: '1.22', use: 'apps/v1 or networking.k8s.io/v1' },
  'apps/v1beta1': { removed: '1.16', use: 'apps/v1' },
  'apps/v1beta2': { removed: '1.16', use: 'apps/v1' },
  'networking.k8s.io/v1beta1 Ingress': { removed: '1.22', use: 'networking.k8s.io/v1' },
  'networking.k8s.io/v1beta1 IngressClass': { removed: '1.22', use: 'networking.k8s.io/v1' },
  'apiextensions.k8s.io/v1beta1': { removed: '1.22', use: 'apiextensions.k8s.io/v1' },
  'admissionregistration.k8s.io/v1beta1 ValidatingWebhookConfiguration': {
    removed: '1.22',
    use: 'admissionregistration.k8s.io/v1',
  },
  'admissionregistration.k8s.io/v1beta1 MutatingWebhookConfiguration': {
    removed: '1.22',
    use: 'admissionregistration.k8s.io/v1',
  },
  'rbac.authorization.k8s.io/v1beta1': { removed: '1.22', use: 'rbac.authorization.k8s.io/v1' },
  'rbac.authorization.k8s.io/v1alpha1': { removed: '1.22', use: 'rbac.authorization.k8s.io/v1' },
  'certificates.k8s.io/v1beta1': { removed: '1.22', use: 'certificates.k8s.io/v1' },
  'coordination.k8s.io/v1beta1': { removed: '1.22', use: 'coordination.k8s.io/v1' },
  'scheduling.k8s.io/v1beta1': { removed: '1.22', use: 'scheduling.k8s.io/v1' },
  'storage.k8s.io/v1beta1 StorageClass': { removed: '1.22', use: 'storage.k8s.io/v1' },
  'storage.k8s.io/v1beta1 CSIStorageCapacity': { removed: '1.27', use: 'storage.k8s.io/v1' },
  'policy/v1beta1': { removed: '1.25', use: 'policy/v1 (PodSecurityPolicy: pod security admission)' },
  'batch/v1beta1': { removed: '1.25', use: 'batch/v1' },
  'batch/v2alpha1': { removed: '1.21', use: 'batch/v1' },
  'discovery.k8s.io/v1beta1': { removed: '1.25', use: 'discovery.k8s.io/v1' },
  'events.k8s.io/v1beta1': { removed: '1.25', use: 'events.k8s.io/v1' },
  'node.k8s.io/v1beta1': { removed: '1.25', use: 'node.k8s.io/v1' },
  'autoscaling/v2beta1': { removed: '1.25', use: 'autoscaling/v2' },
  'autoscaling/v2beta2': { removed: '1.26', use: 'autoscaling/v2' },
  'flowcontrol.apiserver.k8s.io/v1beta1': { removed: '1.26', use: 'flowcontrol.apiserver.k8s.io/v1' },
  'flowcontrol.apiserver.k8s.io/v1beta2': { removed: '1.29', use: 'flowcontrol.apiserver.k8s.io/v1' },
  'flowcontrol.apiserver.k8s.io/v1beta3': { removed: '1.32', use: 'flowcontrol.apiserver.k8s.io/v1' },
}
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

export const deprecatedApi: Check = {
  name: 'deprecated-api',
  title: 'An object was written for an API version that is removed',
  why: 'It still runs, but the next apply of the same manifest fails: the version no longer exists.',
  fix: 'Change apiVersion in the manifest or chart to the version that is served.',
  reads: ['Deployment', 'Ingress', 'CronJob', 'HorizontalPodAutoscaler', 'PodDisruptionBudget', 'Node'],
  run(snapshot) {
    return snapshot.objects.flatMap((object): Draft[] => {
      if (object.kind === 'Event' || object.metadata.ownerReferences?.length) return []
      const version = appliedVersion(object)
      const found = version && lookUp(version, object.kind)
      if (!version || !found) return []
      return [
        {
          severity: 'info',
          object: refOf(object),
          depth: 'cause',
          summary: `${object.kind} ${nameOf(object)} was applied as ${version}, which Kubernetes ${found.removed} removed`,
          cause: `the manifest it comes from names ${version}; applying it again fails on this cluster`,
          evidence: [evidence('spec', object, `applied with apiVersion ${version}`)],
          remedy: `Use ${found.use} in the manifest.`,
        },
      ]
    })
  },
}

/** What the manifest said: the object itself in files, the annotation of kubectl apply in a cluster. */
function appliedVersion(object: KubeObject): string | undefined {
  const applied = object.metadata.annotations?.[LAST_APPLIED]
  const named =
    applied && /"apiVersion":\s?"(?<version>[a-z0-9./-]{1,100})"/.exec(applied.slice(0, 500))?.groups?.version
  return named ?? object.apiVersion
}

function lookUp(version: string, kind: string): { removed: string; use: string } | undefined {
  const key = `${version} ${kind}`
  if (Object.hasOwn(REMOVED, key)) return REMOVED[key]
  return Object.hasOwn(REMOVED, version) ? REMOVED[version] : undefined
}
