// Namespaces: what each one has from the start, and how one is emptied before it goes.
import { KINDS } from '../../objects/kinds.ts'
import type { KubeObject } from '../../objects/object.ts'
import type { Controller, World } from '../world.ts'
import { conditionOf, withCondition } from './conditions.ts'
import { kindName, MANAGER } from './owners.ts'
import { keyedController, splitKey } from './queue.ts'

const CA_NAME = 'kube-root-ca.crt'
const CA_ABOUT =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.'
// there is no TLS here; the text says so instead of pretending
const CA =
  '-----BEGIN CERTIFICATE-----\nVGhlIHByYWN0aWNlIGNsdXN0ZXIgc2VydmVzIHBsYWluIEhUVFA=\n-----END CERTIFICATE-----\n'
const RETRY = 5000

export const namespaceController: Controller = keyedController('namespace-controller', (world) => ({
  initial: () => world.list('Namespace').map(({ metadata }) => `/${metadata.name}`),
  concerns({ object, type }) {
    const { namespace, name } = object.metadata
    if (object.kind === 'Namespace') return type === 'DELETED' ? [] : [`/${name}`]
    const furniture =
      (object.kind === 'ServiceAccount' && name === 'default') || (object.kind === 'ConfigMap' && name === CA_NAME)
    if (namespace === undefined || (type !== 'DELETED' && !furniture)) return []
    const terminating = type === 'DELETED' && world.find('Namespace', undefined, namespace)?.metadata.deletionTimestamp
    return furniture || terminating ? [`/${namespace}`] : []
  },
  reconcile(key) {
    const namespace = world.find('Namespace', undefined, splitKey(key)[1])
    if (!namespace) return undefined
    if (namespace.metadata.deletionTimestamp) return empty(world, namespace)
    return furnish(world, namespace.metadata.name)
  },
}))

function furnish(world: World, namespace: string): undefined {
  if (!world.find('ConfigMap', namespace, CA_NAME)) {
    const metadata = { name: CA_NAME, namespace, annotations: { 'kubernetes.io/description': CA_ABOUT } }
    world.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'ca.crt': CA } }, { manager: MANAGER })
  }
  if (!world.find('ServiceAccount', namespace, 'default')) {
    world.create(
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } },
      { manager: MANAGER },
    )
  }
}

interface Remaining {
  /** "pods.", "topics.streams.acme.io" */
  resources: Map<string, number>
  finalizers: Map<string, number>
}

function empty(world: World, namespace: KubeObject): number | undefined {
  const { name } = namespace.metadata
  const kinds = namespacedKinds(world)
  // pods go first, so that nothing they use is taken away under them
  for (const pod of world.list('Pod', { namespace: name })) remove(world, pod)
  const podsLeft = world.list('Pod', { namespace: name }).length > 0
  if (!podsLeft) {
    for (const [kind] of kinds)
      if (kind !== 'Pod') for (const object of world.list(kind, { namespace: name })) remove(world, object)
  }
  const left = remaining(world, name, kinds)
  const known = world.find('Namespace', undefined, name)
  if (!known) return undefined
  if (left.resources.size > 0 || known.status?.conditions) say(world, known, left)
  if (left.resources.size > 0) return RETRY
  world.modify(
    'Namespace',
    undefined,
    name,
    (draft) => {
      draft.spec = {
        ...draft.spec,
        finalizers: (draft.spec?.finalizers ?? []).filter((item: string) => item !== 'kubernetes'),
      }
    },
    { manager: MANAGER, subresource: 'finalize' },
  )
  return undefined
}

function remove(world: World, object: KubeObject): void {
  if (object.metadata.deletionTimestamp) return
  const { namespace, name } = object.metadata
  world.delete(kindName(object), namespace, name, { propagationPolicy: 'Background', manager: MANAGER })
}

/** Kind → "plural.group" of everything that can be in a namespace. */
function namespacedKinds(world: World): Map<string, string> {
  const kinds = new Map<string, string>()
  for (const { kind, apiVersion, plural, namespaced } of KINDS) {
    if (!namespaced || apiVersion.startsWith('metrics.k8s.io/') || apiVersion === 'events.k8s.io/v1') continue
    const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
    kinds.set(group ? `${kind}.${group}` : kind, `${plural}.${group}`)
  }
  for (const { spec } of world.list('CustomResourceDefinition')) {
    if (spec?.scope === 'Namespaced')
      kinds.set(`${spec.names.kind}.${spec.group}`, `${spec.names.plural}.${spec.group}`)
  }
  return kinds
}

function remaining(world: World, namespace: string, kinds: Map<string, string>): Remaining {
  const left: Remaining = { resources: new Map(), finalizers: new Map() }
  for (const [kind, resource] of kinds) {
    const objects = world.list(kind, { namespace })
    if (objects.length > 0) left.resources.set(resource, objects.length)
    for (const { metadata } of objects) {
      for (const finalizer of metadata.finalizers ?? [])
        left.finalizers.set(finalizer, (left.finalizers.get(finalizer) ?? 0) + 1)
    }
  }
  return left
}

function say(world: World, namespace: KubeObject, { resources, finalizers }: Remaining): void {
  const now = world.clock.iso()
  const counted = (map: Map<string, number>, text: (name: string, count: number) => string) =>
    [...map]
      .map(([name, count]) => text(name, count))
      .sort()
      .join(', ')
  const content = counted(resources, (name, count) => `${name} has ${count} resource instances`)
  const held = counted(finalizers, (name, count) => `${name} in ${count} resource instances`)
  const rows: [type: string, status: string, reason: string, message: string][] = [
    ['NamespaceDeletionDiscoveryFailure', 'False', 'ResourcesDiscovered', 'All resources successfully discovered'],
    [
      'NamespaceDeletionGroupVersionParsingFailure',
      'False',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ],
    [
      'NamespaceDeletionContentFailure',
      'False',
      'ContentDeleted',
      'All content successfully deleted, may be waiting on finalization',
    ],
    content
      ? ['NamespaceContentRemaining', 'True', 'SomeResourcesRemain', `Some resources are remaining: ${content}`]
      : ['NamespaceContentRemaining', 'False', 'ContentRemoved', 'All content successfully removed'],
    held
      ? [
          'NamespaceFinalizersRemaining',
          'True',
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${held}`,
        ]
      : [
          'NamespaceFinalizersRemaining',
          'False',
          'ContentHasNoFinalizers',
          'All content-preserving finalizers finished',
        ],
  ]
  world.modify(
    'Namespace',
    undefined,
    namespace.metadata.name,
    (draft) => {
      let conditions = draft.status?.conditions
      for (const [type, status, reason, message] of rows) {
        const known = conditionOf(conditions, type)
        if (known?.status === status && known.reason === reason && known.message === message) continue
        conditions = withCondition(conditions, { type, status, reason, message }, now)
      }
      draft.status = { ...draft.status, phase: 'Terminating', conditions }
    },
    { manager: MANAGER, subresource: 'status' },
  )
}
