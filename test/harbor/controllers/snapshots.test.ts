// Loaded clusters: their trouble stays as it is, restarts do not heal it, and the right change does.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import type { World } from '../../../src/harbor/world.ts'
import type { KubeObject } from '../../../src/objects/object.ts'
import { type Lab, startLab } from './lab.ts'

let lab: Lab
afterEach(() => lab?.stop())

const COPIES = new URL('./snapshots/', import.meta.url).pathname
const SHARED = '/work/shared/scenarios/public/'
const files = new Map(readdirSync(COPIES).map((name) => [name.replace('.yaml', ''), `${COPIES}${name}`]))
if (existsSync(SHARED)) for (const name of readdirSync(SHARED)) files.set(name, `${SHARED}${name}/cluster.yaml`)

type Any = KubeObject['spec']
const WORKLOADS = [
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'PersistentVolumeClaim',
  'PodDisruptionBudget',
]
// a rollout that is under way goes on, as it should
const MOVING = new Set(['p30-rollout'])

/** Pods with phase and reasons, and what workloads say of themselves. */
function picture(world: World): Map<string, string> {
  const rows = new Map<string, string>()
  for (const { metadata, spec, status } of world.list('Pod')) {
    const statuses: Any[] = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
    // between two runs a crashing container may be seen running, ended or waiting
    const containers = statuses.map(({ name, ready, restartCount, state }) => [
      name,
      ready,
      restartCount > 0 || state?.waiting?.reason,
    ])
    const conditions = (status?.conditions ?? []).map((item: Any) => [
      item.type,
      item.status,
      item.reason,
      item.message,
    ])
    rows.set(
      `Pod ${metadata.namespace}/${metadata.name}`,
      JSON.stringify([
        spec.nodeName,
        status?.phase,
        status?.reason,
        !!metadata.deletionTimestamp,
        containers,
        conditions,
      ]),
    )
  }
  for (const object of WORKLOADS.flatMap((kind) => world.list(kind))) {
    const { observedGeneration: _observed, ...status } = object.status ?? {}
    const sorted = JSON.stringify(
      Object.entries(status).sort(([a], [b]) => (a < b ? -1 : 1)),
      (_key, value) =>
        value && typeof value === 'object' && !Array.isArray(value)
          ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
          : value,
    )
    rows.set(
      `${object.kind} ${object.metadata.namespace}/${object.metadata.name}`,
      `${object.spec?.replicas} ${sorted}`,
    )
  }
  return rows
}

function load(name: string): Lab {
  lab = startLab(readFileSync(files.get(name) ?? '', 'utf8'))
  return lab
}

test.each([...files.keys()].filter((name) => !MOVING.has(name)))(
  '%s shows the same trouble after five minutes',
  (name) => {
    const { world, pass } = load(name)
    const before = picture(world)
    for (let step = 0; step < 60; step++) pass(5)
    expect(picture(world)).toEqual(before)
  },
)

type Change = (world: World) => void
interface Case {
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

const CASES: Case[] = [
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

describe.each(CASES.filter(({ snapshot }) => files.has(snapshot)))(
  '$snapshot',
  ({ snapshot, namespace, name, useless, fix }) => {
    const isWell = (world: World) => {
      const { spec, status } = world.get('Deployment', namespace, name)
      return (
        status.readyReplicas === spec.replicas &&
        status.updatedReplicas === spec.replicas &&
        !status.unavailableReplicas
      )
    }

    test(`heals by ${fix[0]}, and by nothing less`, () => {
      const { world, pass } = load(snapshot)
      pass(10)
      expect(isWell(world)).toBe(false)
      for (const [what, change] of useless) {
        change(world)
        for (let step = 0; step < 20; step++) pass(10)
        expect(isWell(world), what).toBe(false)
      }
      fix[1](world)
      for (let step = 0; step < 80; step++) pass(5)
      expect(isWell(world), fix[0]).toBe(true)
    })
  },
)

test('a new pod of an ill signature inherits illness and logs', () => {
  const { world, pass, log } = load('cart')
  const [ill] = world
    .list('Pod', { namespace: 'storefront' })
    .filter((pod) => pod.status.containerStatuses[0].restartCount > 0 && pod.metadata.name.startsWith('cart'))
  world.delete('Pod', 'storefront', ill?.metadata.name ?? '')
  pass(30)
  const heir = world
    .list('Pod', { namespace: 'storefront' })
    .find((pod) => pod.metadata.labels?.['pod-template-hash'] === ill?.metadata.labels?.['pod-template-hash'])
  expect(heir?.metadata.name).not.toBe(ill?.metadata.name)
  expect(heir?.status.containerStatuses[0]).toMatchObject({ ready: false, lastState: { terminated: { exitCode: 1 } } })
  expect(heir && log(heir, 'cart', true).join()).toContain('Environment variable DEPLOY_ENV is undefined')
})
