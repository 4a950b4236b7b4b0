// ConfigMaps and Secrets that nothing names, and Services that nothing is behind.
import { type KubeObject, refOf } from '../../objects/object.ts'
import { matchesMap } from '../../objects/selector.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { complaintsAbout } from '../look/complaints.ts'
import { groupBy } from '../look/memo.ts'
import { savingEvidence } from '../look/saving.ts'
import { serviceUsers } from '../look/service-users.ts'
import { nearestWorkload, podsBehind, selectorOf, templatesIn } from '../look/services.ts'
import { isMentioned, references } from '../look/uses.ts'
import { duration, evidence, some } from '../look/words.ts'
import { nameOf, templateOf } from '../look/workloads.ts'

const OLD_MS = 7 * 86_400_000
// made and read by programs, not by pod templates
const SYSTEM_SECRETS =
  /^(kubernetes\.io\/(service-account-token|dockercfg)|helm\.sh\/release|bootstrap\.kubernetes\.io\/token)/
const SYSTEM_NAMES =
  /^(kube-root-ca\.crt|istio-ca-root-cert|openshift-service-ca\.crt|sh\.helm\.release\.|.*-(lock|leader|leader-election|lease))/
const READ_BY_LABEL =
  /grafana_(dashboard|datasource|alert)|app\.kubernetes\.io\/managed-by|owner|prometheus|operator\.|argocd\.argoproj\.io|sealedsecrets|cluster-name|strimzi|olm\./

export const wasteOrphans: Check = {
  name: 'waste-orphans',
  title: 'ConfigMaps, Secrets and Services that nothing uses',
  why: 'Leftovers hide what matters, keep old credentials alive, and a Service of type LoadBalancer costs money every hour.',
  fix: 'Make sure no program reads them by name over the API, then delete them.',
  reads: [
    'ConfigMap',
    'Secret',
    'Service',
    'Pod',
    'Deployment',
    'StatefulSet',
    'DaemonSet',
    'Job',
    'CronJob',
    'ReplicaSet',
    'Ingress',
    'ServiceAccount',
    'Gateway',
  ],
  run(snapshot) {
    if (!['Pod', 'Deployment', 'StatefulSet', 'DaemonSet', 'CronJob'].every((kind) => snapshot.wasRead(kind))) return []
    return [
      ...unread(snapshot, 'ConfigMap'),
      ...unread(snapshot, 'Secret'),
      ...snapshot.list('Service').flatMap((service) => idleService(snapshot, service) ?? []),
    ]
  },
}

/** One finding per namespace and kind: a list is read, forty findings are not. */
function unread(snapshot: Snapshot, kind: 'ConfigMap' | 'Secret'): Draft[] {
  const used = references(snapshot)
  const orphans = snapshot.list(kind).filter((object) => {
    const { namespace = '', name, labels = {}, annotations = {}, ownerReferences } = object.metadata
    if (namespace.startsWith('kube-') || SYSTEM_NAMES.test(name) || SYSTEM_SECRETS.test(String(object.type ?? '')))
      return false
    if (ownerReferences?.length || (snapshot.ageMs(object.metadata.creationTimestamp) ?? 0) < OLD_MS) return false
    if (
      Object.keys(labels).some((key) => READ_BY_LABEL.test(key)) ||
      Object.keys(annotations).some((key) => /reflector|replicator|leader|meta\.helm\.sh/.test(key))
    )
      return false
    return !used.has(`${kind}/${namespace}/${name}`) && !isMentioned(snapshot, name)
  })
  return [...groupBy(orphans, (object) => object.metadata.namespace ?? '')].flatMap(([namespace, group]): Draft[] => {
    const [first] = group
    // where nothing runs at all there is nothing that could use them
    if (!first || templatesIn(snapshot, namespace).length === 0) return []
    const names = some(
      group.map((object) => object.metadata.name),
      6,
    )
    return [
      {
        severity: 'info',
        object: refOf(first),
        depth: 'cause',
        summary: `${group.length} ${kind}${group.length === 1 ? '' : 's'} in ${namespace} that nothing uses: ${names}`,
        cause: 'no pod, template, Ingress, service account or custom resource names them',
        evidence: [
          savingEvidence(refOf(first), {}),
          ...group
            .slice(0, 6)
            .map((object) =>
              evidence(
                'spec',
                object,
                `${Object.keys(object.data ?? {}).length} keys, ${duration(snapshot.ageMs(object.metadata.creationTimestamp) ?? 0)} old`,
              ),
            ),
        ],
        remedy: `Make sure no program reads ${group.length === 1 ? 'it' : 'them'} by name over the API, then delete ${group.length === 1 ? 'it' : 'them'}.`,
      },
    ]
  })
}

function idleService(snapshot: Snapshot, service: KubeObject): Draft | undefined {
  const namespace = service.metadata.namespace ?? ''
  if (
    selectorOf(service).length === 0 ||
    service.spec?.type === 'ExternalName' ||
    namespace.startsWith('kube-') ||
    (snapshot.ageMs(service.metadata.creationTimestamp) ?? 0) < OLD_MS
  )
    return undefined
  if (
    podsBehind(snapshot, service).length > 0 ||
    serviceUsers(snapshot, service).length > 0 ||
    complaintsAbout(snapshot, service).length > 0
  )
    return undefined
  if (
    templatesIn(snapshot, namespace).some((workload) =>
      matchesMap(service.spec.selector, templateOf(workload)?.metadata?.labels),
    )
  )
    return undefined
  // a selector that nearly matches is a mistake, told by its own check
  if (nearestWorkload(snapshot, service)) return undefined
  const balancer = service.spec?.type === 'LoadBalancer'
  return {
    severity: 'info',
    object: refOf(service),
    depth: 'cause',
    summary: `Service ${nameOf(service)} has nothing behind it and nobody uses it${balancer ? ', and its load balancer costs money' : ''}`,
    cause: `no workload in ${namespace} makes pods for its selector, and no Ingress, route or webhook names it`,
    evidence: [
      savingEvidence(refOf(service), {}),
      evidence(
        'spec',
        service,
        `selector ${selectorOf(service)
          .map(([key, value]) => `${key}=${value}`)
          .join(',')}, type ${service.spec?.type ?? 'ClusterIP'}`,
      ),
    ],
    remedy: `Delete Service ${service.metadata.name} if nothing will be deployed behind it.`,
  }
}
