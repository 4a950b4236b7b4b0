// What heals the troubles of loaded clusters, and what looks as if it might and must not.
import type { World } from '../../../src/harbor/world.ts'
import type { KubeObject } from '../../../src/objects/object.ts'

type Any = KubeObject['spec']
export type Change = (world: World) => void
export interface Case {
  snapshot: string
  kind?: string
  namespace: string
  name: string
  /** changes that must not heal, then one that must */
  useless: [string, Change][]
  fix: [string, Change]
}

const template =
  (namespace: string, name: string, change: (spec: Any) => void, kind = 'Deployment'): Change =>
  (world) =>
    void world.modify(kind, namespace, name, (draft) => change(draft.spec.template.spec))
const restart = (namespace: string, name: string, kind = 'Deployment'): [string, Change] => [
  'a restart',
  (world) =>
    void world.modify(kind, namespace, name, (draft) => {
      const annotations = { 'kubectl.kubernetes.io/restartedAt': world.clock.iso() }
      draft.spec.template.metadata.annotations = { ...draft.spec.template.metadata.annotations, ...annotations }
    }),
]
const undo =
  (namespace: string, name: string): Change =>
  (world) => {
    const deployment = world.get('Deployment', namespace, name)
    const revision = (set: KubeObject) => Number(set.metadata.annotations?.['deployment.kubernetes.io/revision'])
    const sets = world.ownedBy(deployment.metadata.uid ?? '').sort((a, b) => revision(b) - revision(a))
    const earlier = structuredClone(sets[1]?.spec.template)
    delete earlier.metadata.labels['pod-template-hash']
    world.modify('Deployment', namespace, name, (draft) => void (draft.spec.template = earlier))
  }
const all = (world: World, kind: string, namespace: string | undefined, change: (draft: KubeObject) => void) => {
  for (const { metadata } of world.list(kind, namespace ? { namespace } : {}))
    world.modify(kind, metadata.namespace, metadata.name, change)
}

export const CASES: Case[] = [
  {
    snapshot: 'cart',
    namespace: 'storefront',
    name: 'cart',
    useless: [
      restart('storefront', 'cart'),
      [
        'another variable',
        template('storefront', 'cart', ({ containers }) => containers[0].env.push({ name: 'FOO_BAR', value: 'x' })),
      ],
      [
        'another build',
        template(
          'storefront',
          'cart',
          ({ containers }) => void (containers[0].image = 'registry.acme.io/shop/cart:2.4.1'),
        ),
      ],
    ],
    fix: [
      'the variable',
      template('storefront', 'cart', ({ containers }) => containers[0].env.push({ name: 'DEPLOY_ENV', value: 'prod' })),
    ],
  },
  { snapshot: 'cart', namespace: 'storefront', name: 'cart', useless: [], fix: ['undo', undo('storefront', 'cart')] },
  {
    snapshot: 'thumbnailer',
    namespace: 'media',
    name: 'thumbnailer',
    useless: [
      restart('media', 'thumbnailer'),
      [
        'a hair more memory',
        template('media', 'thumbnailer', ({ containers }) => void (containers[0].resources.limits.memory = '130Mi')),
      ],
    ],
    fix: [
      'more memory',
      template('media', 'thumbnailer', ({ containers }) => void (containers[0].resources.limits.memory = '512Mi')),
    ],
  },
  {
    snapshot: 'ledger',
    namespace: 'payments',
    name: 'ledger',
    useless: [restart('payments', 'ledger')],
    fix: [
      'the secret',
      (world) => {
        const keys = ['url', 'username', 'password', 'DATABASE_URL']
        const data = Object.fromEntries(keys.map((key) => [key, 'eA==']))
        world.create({
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'ledger-database-credentials', namespace: 'payments' },
          data,
        })
      },
    ],
  },
  {
    snapshot: 'p02-site',
    namespace: 'press',
    name: 'site',
    useless: [
      [
        'a tag nobody has seen',
        template('press', 'site', ({ containers }) => void (containers[0].image = 'nginx:1.99')),
      ],
    ],
    fix: [
      'the image of before',
      (world) => {
        const image = world
          .list('Pod', { namespace: 'press', selector: { matchLabels: { app: 'site' } } })
          .find((pod) => pod.status.phase === 'Running')?.spec.containers[0].image
        template('press', 'site', ({ containers }) => void (containers[0].image = image))(world)
      },
    ],
  },
  {
    snapshot: 'p03-fx-rates',
    namespace: 'treasury',
    name: 'fx-rates',
    useless: [restart('treasury', 'fx-rates')],
    fix: [
      'the pull secret',
      (world) =>
        void world.create({
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'acme-regcred', namespace: 'treasury' },
          type: 'kubernetes.io/dockerconfigjson',
          data: { '.dockerconfigjson': Buffer.from('{"auths":{}}').toString('base64') },
        }),
    ],
  },
  {
    snapshot: 'p06-loyalty',
    namespace: 'crm',
    name: 'loyalty',
    useless: [restart('crm', 'loyalty')],
    fix: [
      'the probe paths',
      template('crm', 'loyalty', ({ containers }) => {
        containers[0].readinessProbe.httpGet.path = '/ready'
        containers[0].livenessProbe.httpGet.path = '/healthz'
      }),
    ],
  },
  {
    snapshot: 'p08-indexer',
    namespace: 'search',
    name: 'indexer',
    useless: [restart('search', 'indexer')],
    fix: [
      'the node label',
      (world) =>
        all(world, 'Node', undefined, (node) => Object.assign((node.metadata.labels ??= {}), selectorOf(world))),
    ],
  },
  {
    snapshot: 'p15-enrich',
    namespace: 'team-data',
    name: 'enrich',
    useless: [],
    fix: [
      'the quota',
      (world) => all(world, 'ResourceQuota', 'team-data', (quota) => void (quota.spec.hard['requests.cpu'] = '2')),
    ],
  },
  {
    snapshot: 'p16-returns',
    namespace: 'returns',
    name: 'returns',
    useless: [restart('returns', 'returns')],
    fix: [
      'the webhook',
      (world) =>
        world
          .list('ValidatingWebhookConfiguration')
          .forEach(({ kind, metadata }) => world.delete(kind, undefined, metadata.name)),
    ],
  },
  {
    snapshot: 'p18-sync-agent',
    namespace: 'erp-sync',
    name: 'sync-agent',
    useless: [restart('erp-sync', 'sync-agent')],
    fix: [
      'the way to DNS',
      (world) =>
        all(
          world,
          'NetworkPolicy',
          'erp-sync',
          ({ spec }) => void (spec.egress = [...(spec.egress ?? []), { ports: [{ port: 53, protocol: 'UDP' }] }]),
        ),
    ],
  },
  {
    snapshot: 'p19-janitor',
    namespace: 'batch-tools',
    name: 'pod-janitor',
    useless: [restart('batch-tools', 'pod-janitor')],
    fix: ['the role', (world) => all(world, 'Role', 'batch-tools', ({ rules }) => rules[0].verbs.push('list'))],
  },
  {
    snapshot: 'p24-bookings',
    namespace: 'bookings',
    name: 'booking-api',
    useless: [restart('bookings', 'booking-api')],
    fix: [
      'its database',
      template(
        'data-infra',
        'pg-main',
        ({ containers }) => void (containers[0].image = 'postgres:16.5'),
        'StatefulSet',
      ),
    ],
  },
  {
    snapshot: 'p27-matchmaker',
    namespace: 'games',
    name: 'matchmaker',
    useless: [restart('games', 'matchmaker')],
    fix: [
      'the configuration',
      (world) =>
        all(world, 'ConfigMap', 'games', ({ data }) => {
          for (const [key, text] of Object.entries<string>(data ?? {})) data[key] = text.replace('80B0', '8080')
        }),
    ],
  },
  {
    snapshot: 'p34-archiver',
    namespace: 'compliance',
    name: 'archiver',
    useless: [],
    fix: [
      'the service account',
      (world) =>
        void world.create({
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          metadata: { name: 'archiver', namespace: 'compliance' },
        }),
    ],
  },
]

function selectorOf(world: World): Record<string, string> {
  const { spec } = world.get('Deployment', 'search', 'indexer').spec.template
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  const pairs = terms.flatMap(({ matchExpressions }: Any) =>
    matchExpressions.map(({ key, values }: Any) => [key, values?.[0] ?? '']),
  )
  return { ...spec.nodeSelector, ...Object.fromEntries(pairs) }
}
