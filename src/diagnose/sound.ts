// Objects whose shape no API server would let pass are left out and named, so that one of them cannot blind every check.
import { type ObjectRef, refText } from '../core/ref.ts'
import { type KubeObject, refOf } from '../objects/object.ts'
import { Snapshot } from '../objects/snapshot.ts'

/** Fields that are lists of objects wherever they stand in the built-in kinds. */
const LISTS = new Set([
  'containers',
  'containerStatuses',
  'endpoints',
  'env',
  'envFrom',
  'ephemeralContainers',
  'ephemeralContainerStatuses',
  'hostAliases',
  'imagePullSecrets',
  'initContainers',
  'initContainerStatuses',
  'listeners',
  'loadBalancerIngress',
  'matchExpressions',
  'metrics',
  'nodeSelectorTerms',
  'ownerReferences',
  'parents',
  'paths',
  'ports',
  'preferredDuringSchedulingIgnoredDuringExecution',
  'secrets',
  'subjects',
  'taints',
  'tls',
  'tolerations',
  'topologySpreadConstraints',
  'volumeClaimTemplates',
  'volumeMounts',
  'volumes',
  'webhooks',
])
const MAPS = new Set(['annotations', 'labels', 'matchLabels', 'nodeSelector'])
// not `uid`: a text in metadata, a number in containerStatuses[].user.linux
const TEXTS = new Set([
  'host',
  'image',
  'ingressClassName',
  'kind',
  'message',
  'mountPath',
  'name',
  'namespace',
  'nodeName',
  'phase',
  'reason',
  'serviceAccountName',
  'storageClassName',
  'topologyKey',
  'type',
])
// maps whose keys are chosen by people and drivers: `env: prod` in a selector is no list of variables
const FREE = new Set([
  'allocatable',
  'allocatedResources',
  'binaryData',
  'capacity',
  'data',
  'default',
  'defaultRequest',
  'hard',
  'limits',
  'max',
  'maxLimitRequestRatio',
  'min',
  'options',
  'parameters',
  'podFixed',
  'requests',
  'selector',
  'stringData',
  'usage',
  'used',
  'volumeAttributes',
])
const BUILT_IN =
  /^(?:v1$|apps\/|batch\/|autoscaling\/|policy\/|networking\.k8s\.io\/|discovery\.k8s\.io\/|storage\.k8s\.io\/|rbac\.|metrics\.k8s\.io\/|admissionregistration\.|events\.k8s\.io\/|scheduling\.)/
const MAX_DEPTH = 40
const MAX_TOLD = 5

/** The same snapshot when all is sound; else one without what is not, and sentences that say so. */
export function soundSnapshot(snapshot: Snapshot): { snapshot: Snapshot; partial: string[] } {
  const bad = snapshot.objects.filter((object) => !isSound(object))
  if (bad.length === 0) return { snapshot, partial: [] }
  const left = new Set(bad)
  const sound = new Snapshot({
    cluster: snapshot.cluster,
    now: snapshot.now,
    ...(snapshot.namespaces ? { namespaces: snapshot.namespaces } : {}),
    objects: snapshot.objects.filter((object) => !left.has(object)),
    logs: [...snapshot.logs],
    partial: [...snapshot.partial],
    unread: [...snapshot.unread, ...new Set(bad.map(({ kind }) => kind))],
  })
  const told = bad.slice(0, MAX_TOLD).map((object) => `malformed and left out: ${refText(refOf(object) as ObjectRef)}`)
  return {
    snapshot: sound,
    partial: bad.length > MAX_TOLD ? [...told, `malformed and left out: ${bad.length - MAX_TOLD} more objects`] : told,
  }
}

function isSound(object: KubeObject): boolean {
  const { metadata, ...content } = object
  if (!isObject(metadata) || !isFine(metadata, 0)) return false
  // custom kinds name their fields as they like
  return !BUILT_IN.test(object.apiVersion) || (partsOf(content).every(isObject) && isFine(content, 0))
}

function partsOf(content: Record<string, unknown>): unknown[] {
  return ['spec', 'status'].map((part) => content[part]).filter((part) => part !== undefined)
}

function isFine(value: unknown, depth: number): boolean {
  if (value === null || typeof value !== 'object') return true
  if (depth > MAX_DEPTH) return false
  if (Array.isArray(value)) return value.every((item) => item !== null && item !== undefined && isFine(item, depth + 1))
  return Object.entries(value).every(([key, item]) => {
    if (item === undefined || item === null) return true
    if (FREE.has(key) && isPlainMap(item)) return true
    // a list everywhere but in the endpoints of an EndpointSlice
    if (key === 'conditions' && isObject(item)) return isFine(item, depth + 1)
    if (key === 'conditions' || LISTS.has(key))
      return Array.isArray(item) && item.every(isObject) && isFine(item, depth + 1)
    if (MAPS.has(key)) return isObject(item) && Object.values(item).every((text) => typeof text === 'string')
    if (TEXTS.has(key)) return typeof item === 'string' || (isObject(item) && isFine(item, depth + 1))
    return isFine(item, depth + 1)
  })
}

function isPlainMap(value: unknown): boolean {
  return isObject(value) && Object.values(value as object).every((item) => item === null || typeof item !== 'object')
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
