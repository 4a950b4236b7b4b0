// Eviction: a deletion that disruption budgets may refuse.
import type { KubeObject } from '../../objects/object.ts'
import { matchesSelector } from '../../objects/selector.ts'
import { copy, isMap, type Json } from '../plain.ts'
import { removeObject } from '../remove.ts'
import { badRequest, notFound, StatusError } from '../status.ts'
import { parseBody } from './body.ts'
import type { ResourceContext } from './context.ts'
import { checkOptions } from './options.ts'
import { methodNotAllowed } from './refusals.ts'
import type { Answer } from './respond.ts'

const REFUSED = "Cannot evict pod as it would violate the pod's disruption budget."

export function evict(context: ResourceContext): Answer {
  const { realm, resource, path, request } = context
  if (request.method !== 'POST') throw methodNotAllowed()
  const { value } = parseBody(request, 'Eviction')
  if (!isMap(value)) throw badRequest('Eviction in version "v1" cannot be handled as a Eviction: it is no object')
  const asked: Json = value.metadata?.name
  if (asked !== undefined && asked !== path.name) throw badRequest('name in URL does not match name in Eviction object')
  const pod = realm.store.get(resource.id, path.namespace ?? '', path.name ?? '')
  if (!pod) throw notFound(resource, path.name ?? '')
  const options: Record<string, Json> = isMap(value.deleteOptions) ? { ...value.deleteOptions } : {}
  checkOptions(options)
  const dryRun = (options.dryRun ?? []).includes('All') || request.query.get('dryRun') === 'All'
  const budget = budgetOf(context, pod)
  if (budget && needsBudget(pod, budget)) spend(context, budget, pod, dryRun)
  removeObject(realm, resource, path.namespace, pod.metadata.name, {
    dryRun,
    ...(typeof options.gracePeriodSeconds === 'number' ? { gracePeriodSeconds: options.gracePeriodSeconds } : {}),
    ...(isMap(options.preconditions) ? { preconditions: options.preconditions } : {}),
  })
  return { code: 201, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 } }
}

function budgetOf({ realm, path }: ResourceContext, pod: KubeObject): KubeObject | undefined {
  const budgets = realm.world
    .list('PodDisruptionBudget', { namespace: path.namespace ?? '' })
    .filter(({ spec }) => matchesSelector(spec.selector, pod.metadata.labels))
  if (budgets.length > 1) {
    throw new StatusError(
      500,
      '',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    )
  }
  return budgets[0]
}

// pods that have ended or never began, and ones already on their way, cost nothing
function needsBudget({ status, metadata }: KubeObject, budget: KubeObject): boolean {
  if (metadata.deletionTimestamp) return false
  if (['Succeeded', 'Failed', 'Pending'].includes(status?.phase)) return false
  const ready = (status?.conditions ?? []).some((item: Json) => item.type === 'Ready' && item.status === 'True')
  if (ready) return true
  const { currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {}
  if (budget.spec.unhealthyPodEvictionPolicy === 'AlwaysAllow') return false
  return !(currentHealthy >= desiredHealthy && desiredHealthy > 0)
}

function spend({ realm }: ResourceContext, budget: KubeObject, pod: KubeObject, dryRun: boolean): void {
  const { name, namespace, generation } = budget.metadata
  const { disruptionsAllowed = 0, desiredHealthy = 0, currentHealthy = 0, observedGeneration = 0 } = budget.status ?? {}
  if (observedGeneration < (generation ?? 0)) {
    throw refusal(`The disruption budget ${name} is still being processed by the server.`, 10)
  }
  if (disruptionsAllowed <= 0) {
    throw refusal(
      `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
    )
  }
  if (dryRun) return
  const at = realm.world.clock.iso()
  const change = (draft: KubeObject) => {
    draft.status = copy(draft.status)
    draft.status.disruptionsAllowed = disruptionsAllowed - 1
    draft.status.disruptedPods = { ...draft.status.disruptedPods, [pod.metadata.name]: at }
  }
  realm.world.modify('PodDisruptionBudget', namespace, name, change, {
    subresource: 'status',
    manager: 'kube-apiserver',
  })
}

function refusal(message: string, retryAfterSeconds?: number): StatusError {
  return new StatusError(429, 'TooManyRequests', REFUSED, {
    causes: [{ reason: 'DisruptionBudget', message }],
    ...(retryAfterSeconds ? { retryAfterSeconds } : {}),
  })
}
