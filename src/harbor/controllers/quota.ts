// The quota controller: what a namespace uses of each ResourceQuota.
import { KINDS } from '../../objects/kinds.ts'
import type { KubeObject } from '../../objects/object.ts'
import { parseQuantity } from '../../objects/quantity.ts'
import type { Controller, World } from '../world.ts'
import { MANAGER } from './owners.ts'
import { isFinished } from './pods.ts'
import { gather, keyedController, keyOf, splitKey } from './queue.ts'
import { type Amounts, addTo, amountsOf, requestsOf } from './scheduler/demand.ts'

type Spec = KubeObject['spec']

const COUNTED: Record<string, string> = {
  pods: 'Pod',
  services: 'Service',
  replicationcontrollers: 'ReplicationController',
  resourcequotas: 'ResourceQuota',
  secrets: 'Secret',
  configmaps: 'ConfigMap',
  persistentvolumeclaims: 'PersistentVolumeClaim',
}
const BYTES = /memory|storage|hugepages/

export const quotaController: Controller = keyedController('resourcequota-controller', (world, queue) => ({
  initial: () => world.list('ResourceQuota').map(keyOf),
  concerns({ object, previous, type }) {
    if (object.kind === 'ResourceQuota') return type === 'DELETED' ? [] : [keyOf(object)]
    const { namespace } = object.metadata
    if (namespace === undefined || object.kind === 'Event' || object.kind === 'Lease') return []
    // what is only changed uses the same, but for pods that finish and claims that grow
    if (
      type === 'MODIFIED' &&
      !(object.kind === 'Pod' && previous && isFinished(previous) !== isFinished(object)) &&
      object.kind !== 'PersistentVolumeClaim' &&
      object.kind !== 'Service'
    )
      return []
    const quotas = world.list('ResourceQuota', { namespace })
    const wait = quotas.length > 0 ? gather(world.list('Pod', { namespace }).length) : 0
    for (const quota of quotas) queue.add(keyOf(quota), wait)
    return []
  },
  reconcile(key) {
    const quota = world.find('ResourceQuota', ...splitKey(key))
    if (!quota || quota.metadata.deletionTimestamp) return
    const hard: Record<string, string> = quota.spec?.hard ?? {}
    const amounts = usedIn(world, quota)
    const before: Record<string, string> = quota.status?.used ?? {}
    const used = Object.fromEntries(
      Object.keys(hard)
        .sort()
        .map((name) => [name, textFor(name, amounts[name] ?? 0, before[name])]),
    )
    world.modify(
      'ResourceQuota',
      quota.metadata.namespace,
      quota.metadata.name,
      (draft) => void (draft.status = { hard: sorted(hard), used }),
      {
        manager: MANAGER,
        subresource: 'status',
      },
    )
  },
}))

function sorted(map: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function usedIn(world: World, quota: KubeObject): Amounts {
  const { namespace = '' } = quota.metadata
  const amounts: Amounts = {}
  const pods = world.list('Pod', { namespace }).filter((pod) => !isFinished(pod) && inScope(quota, pod))
  for (const pod of pods) addTo(amounts, podUse(pod))
  for (const claim of world.list('PersistentVolumeClaim', { namespace })) addTo(amounts, claimUse(claim))
  for (const name of Object.keys(quota.spec?.hard ?? {})) {
    if (name === 'pods' || name === 'count/pods') amounts[name] = pods.length
    else if (Object.hasOwn(COUNTED, name)) amounts[name] = world.list(COUNTED[name] as string, { namespace }).length
    else if (name.startsWith('count/')) amounts[name] = countOf(world, namespace, name.slice('count/'.length))
    else if (name.startsWith('services.')) amounts[name] = servicesOf(world, namespace, name)
  }
  return amounts
}

function inScope({ spec }: KubeObject, pod: KubeObject): boolean {
  const bestEffort = pod.status?.qosClass === 'BestEffort'
  const terminating = pod.spec?.activeDeadlineSeconds !== undefined
  const holds: Record<string, boolean> = {
    BestEffort: bestEffort,
    NotBestEffort: !bestEffort,
    Terminating: terminating,
    NotTerminating: !terminating,
  }
  const named = (spec?.scopes ?? []).every((scope: string) => holds[scope] ?? true)
  return named && (spec?.scopeSelector?.matchExpressions ?? []).every((term: Spec) => matchesScope(term, pod, holds))
}

function matchesScope({ scopeName, operator, values }: Spec, pod: KubeObject, holds: Record<string, boolean>): boolean {
  if (scopeName !== 'PriorityClass') return holds[scopeName] ?? true
  const has: string | undefined = pod.spec?.priorityClassName
  if (operator === 'Exists') return has !== undefined
  if (operator === 'DoesNotExist') return has === undefined
  return (values ?? []).includes(has) === (operator === 'In')
}

function podUse(pod: KubeObject): Amounts {
  const requests = requestsOf(pod)
  const asLimits = structuredClone(pod)
  for (const container of [...(asLimits.spec?.containers ?? []), ...(asLimits.spec?.initContainers ?? [])]) {
    container.resources = { requests: container.resources?.limits }
  }
  const limits = requestsOf(asLimits)
  const use: Amounts = {}
  for (const [name, amount] of Object.entries(requests)) {
    use[`requests.${name}`] = amount
    use[name] = amount
  }
  for (const [name, amount] of Object.entries(limits)) use[`limits.${name}`] = amount
  return use
}

function claimUse(claim: KubeObject): Amounts {
  const size = amountsOf(claim.spec?.resources?.requests).storage ?? 0
  const storageClass: string | undefined = claim.spec?.storageClassName
  const own = storageClass
    ? {
        [`${storageClass}.storageclass.storage.k8s.io/requests.storage`]: size,
        [`${storageClass}.storageclass.storage.k8s.io/persistentvolumeclaims`]: 1,
      }
    : {}
  return { 'requests.storage': size, ...own }
}

function countOf(world: World, namespace: string, resource: string): number {
  const dot = resource.indexOf('.')
  const [plural, group] = dot < 0 ? [resource, ''] : [resource.slice(0, dot), resource.slice(dot + 1)]
  const kind = KINDS.find((item) => item.plural === plural && item.apiVersion.replace(/\/?[^/]+$/, '') === group)
  if (kind) return world.list(group ? `${kind.kind}.${group}` : kind.kind, { namespace }).length
  const definition = world
    .list('CustomResourceDefinition')
    .find(({ spec }) => spec?.names?.plural === plural && spec.group === group)
  return definition ? world.list(`${definition.spec.names.kind}.${group}`, { namespace }).length : 0
}

function servicesOf(world: World, namespace: string, name: string): number {
  const services = world.list('Service', { namespace })
  if (name === 'services.loadbalancers') return services.filter(({ spec }) => spec?.type === 'LoadBalancer').length
  const open = services.filter(({ spec }) => spec?.type === 'NodePort' || spec?.type === 'LoadBalancer')
  return open.reduce((sum, { spec }) => sum + (spec.ports?.length ?? 0), 0)
}

/** As Kubernetes prints quantities: binary sizes for bytes, milli for parts of cores. The text of before stays while the amount does. */
function textFor(name: string, amount: number, before: string | undefined): string {
  const known = parseQuantity(before)
  if (before !== undefined && known !== undefined && Math.abs(known - amount) < 1e-9 * Math.max(1, amount))
    return before
  if (!BYTES.test(name)) {
    const milli = Math.round(amount * 1000)
    return milli % 1000 === 0 ? String(milli / 1000) : `${milli}m`
  }
  for (const [unit, size] of [
    ['Ti', 2 ** 40],
    ['Gi', 2 ** 30],
    ['Mi', 2 ** 20],
    ['Ki', 2 ** 10],
  ] as const) {
    if (amount >= size && amount % size === 0) return `${amount / size}${unit}`
  }
  return String(Math.round(amount))
}
