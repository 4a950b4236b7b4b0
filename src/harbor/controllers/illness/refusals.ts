// Pods that may not be created for reasons beyond quota and limits: admission webhooks whose backend is down, and what a loaded
// snapshot says about pod security or policies. They hold until what they name has changed.
import type { KubeObject } from '../../../objects/object.ts'
import { matchesSelector } from '../../../objects/selector.ts'
import { StatusError } from '../../status.ts'
import type { World } from '../../world.ts'
import { plainText } from '../template.ts'
import { type Book, bookOf } from './book.ts'
import { hasReadyEndpoints } from './evidence.ts'
import { workloadOf } from './signature.ts'

type Spec = KubeObject['spec']

const OWNERS = ['ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job']
// the API server of the practice cluster repeats these by itself
const CHECKED =
  /exceeded quota|failed quota|service account|serviceaccount|(maximum|minimum) (cpu|memory|storage)|failed calling webhook/
const CREATING =
  /^(?:\(combined from similar events\): )?(?:Error creating: |create Pod \S{1,300} in StatefulSet \S{1,300} failed error: )/

/** The refusal that creating a pod from this template meets; undefined when it may be tried. */
export function refusalOf(world: World, owner: KubeObject, template: Spec): StatusError | undefined {
  const webhook = brokenWebhook(world, owner.metadata.namespace ?? '', template)
  if (webhook) return webhook
  const { refusals } = bookOf(world)
  if (refusals.length === 0) return undefined
  const spec = plainText(template?.spec)
  const found = refusals.find(
    (refusal) =>
      refusal.namespace === owner.metadata.namespace &&
      refusal.spec === spec &&
      refusal.workload === ownerText(world, owner),
  )
  if (!found || found.guards !== guardsText(world, found.namespace)) return undefined
  const name = `${owner.metadata.name}-${world.random.suffix(5)}`
  const message = found.message.replace(/^pods "[^"]{1,300}"/, `pods "${name}"`)
  return new StatusError(found.code, found.reason, message)
}

function ownerText(world: World, owner: KubeObject): string {
  return workloadOf(world, owner)
}

/** Reads refusals off the conditions and events of a loaded snapshot. */
export function inferRefusals(world: World, book: Book): void {
  const events = new Map<string, KubeObject>()
  for (const event of world.list('Event')) {
    if (event.reason === 'FailedCreate') events.set(event.involvedObject?.uid ?? '', event)
  }
  for (const owner of OWNERS.flatMap((kind) => world.list(kind))) {
    const condition = (owner.status?.conditions ?? []).find(({ reason }: Spec) => reason === 'FailedCreate')
    const event = events.get(owner.metadata.uid ?? '')
    const said: string | undefined = condition?.message ?? event?.message?.replace(CREATING, '')
    if (said === undefined || CHECKED.test(said) || !isShort(world, owner)) continue
    const forbidden = /is forbidden/.test(said)
    book.refusals.push({
      namespace: owner.metadata.namespace ?? '',
      workload: ownerText(world, owner),
      spec: plainText(owner.spec?.template?.spec),
      code: forbidden ? 403 : 500,
      reason: forbidden ? 'Forbidden' : 'InternalError',
      message: said,
      guards: guardsText(world, owner.metadata.namespace ?? ''),
    })
  }
}

// an old event about pods that were created since means nothing any more
function isShort(world: World, { kind, metadata, spec, status }: KubeObject): boolean {
  const pods = world
    .ownedBy(metadata.uid ?? '')
    .filter((pod) => pod.kind === 'Pod' && !pod.metadata.deletionTimestamp).length
  const wanted =
    kind === 'DaemonSet'
      ? (status?.desiredNumberScheduled ?? 1)
      : kind === 'Job'
        ? (spec?.parallelism ?? 1)
        : (spec?.replicas ?? 1)
  return pods < wanted
}

function guardsText(world: World, namespace: string): string {
  const labels = world.find('Namespace', undefined, namespace)?.metadata.labels ?? {}
  const security = Object.entries(labels).filter(([key]) => key.startsWith('pod-security.kubernetes.io/'))
  return JSON.stringify([
    security,
    webhookConfigurations(world).map(({ metadata, webhooks }) => [metadata.name, webhooks]),
  ])
}

function webhookConfigurations(world: World): KubeObject[] {
  return [...world.list('MutatingWebhookConfiguration'), ...world.list('ValidatingWebhookConfiguration')]
}

/** A webhook for pods that is served by a Service of this cluster without a ready endpoint, and that fails closed. */
function brokenWebhook(world: World, namespace: string, template: Spec): StatusError | undefined {
  for (const { webhooks } of webhookConfigurations(world)) {
    for (const webhook of webhooks ?? []) {
      if (webhook.failurePolicy === 'Ignore' || !concernsPods(webhook) || !selects(world, webhook, namespace, template))
        continue
      const service = webhook.clientConfig?.service
      const found = service && world.find('Service', service.namespace, service.name)
      if (!found?.spec?.selector || hasReadyEndpoints(world, service)) continue
      const port = service.port ?? 443
      const url = `https://${service.name}.${service.namespace}.svc:${port}${service.path ?? '/'}?timeout=${webhook.timeoutSeconds ?? 10}s`
      const why = `dial tcp ${found.spec.clusterIP}:${port}: connect: connection refused`
      const message = `Internal error occurred: failed calling webhook "${webhook.name}": failed to call webhook: Post "${url}": ${why}`
      return new StatusError(500, 'InternalError', message)
    }
  }
  return undefined
}

function concernsPods({ rules }: Spec): boolean {
  const has = (list: string[] | undefined, ...items: string[]) =>
    !!list?.some((item) => item === '*' || items.includes(item))
  return (rules ?? []).some(
    (rule: Spec) =>
      has(rule.operations, 'CREATE') && has(rule.resources, 'pods', '*/*', 'pods/*') && has(rule.apiGroups, ''),
  )
}

function selects(world: World, webhook: Spec, namespace: string, template: Spec): boolean {
  const labels = world.find('Namespace', undefined, namespace)?.metadata.labels
  const { namespaceSelector, objectSelector } = webhook
  return (
    (!namespaceSelector || matchesSelector(namespaceSelector, labels)) &&
    (!objectSelector || matchesSelector(objectSelector, template?.metadata?.labels))
  )
}
