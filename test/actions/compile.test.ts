// The contract of the family, run over every member: bound bytes, stable digests, words, a way back that goes back.
import { describe, expect, it } from 'vitest'
import { compileAction, compilePlan, expectationsOf, planOf, undoOf } from '../../src/actions/compile.ts'
import { ACTIONS } from '../../src/actions/index.ts'
import { Action } from '../../src/core/action.ts'
import { planDigest } from '../../src/core/plan.ts'
import type { KubeObject } from '../../src/objects/object.ts'
import { Snapshot } from '../../src/objects/snapshot.ts'
import { bindingProblem } from '../../src/safety/binding.ts'
import { loadWorld } from '../safety/world.ts'

const now = new Date('2026-11-21T00:00:00Z')
const target = (name: string, namespace = 'shop', kind = 'Deployment') => ({ kind, namespace, name })

/** The corpus snapshot, with an older revision of checkout, a paused Deployment and a quarantined one. */
const world = loadWorld((objects) => {
  const find = (kind: string, name: string) =>
    objects.find((object) => object.kind === kind && object.metadata.name === name)
  const checkout = find('Deployment', 'checkout')
  const current = find('ReplicaSet', 'checkout-6d5f7c9b8c')
  if (!checkout || !current) throw new Error('the snapshot has changed')
  current.metadata.annotations = { 'deployment.kubernetes.io/revision': '4' }
  current.spec.template = { ...structuredClone(checkout.spec.template) }
  const older: KubeObject = structuredClone(current)
  older.metadata = {
    ...older.metadata,
    name: 'checkout-old',
    uid: 'rs-old',
    annotations: { 'deployment.kubernetes.io/revision': '3' },
  }
  older.spec.template.metadata = {
    ...older.spec.template.metadata,
    labels: { ...older.spec.template.metadata?.labels, 'pod-template-hash': 'old' },
  }
  older.spec.template.spec.containers[0].image = 'registry.example.com/shop/checkout:2.3.0'
  older.spec.template.spec.containers[0].env = [{ name: 'MODE', value: 'safe' }]
  objects.push(older)
  const frontend = find('Deployment', 'frontend')
  if (frontend) frontend.spec.paused = true
  const batcher = find('Deployment', 'batcher')
  if (batcher) {
    batcher.metadata.annotations = {
      ...batcher.metadata.annotations,
      'firstmate.dev/quarantine': '{"replicas":4,"reason":"oom","at":""}',
    }
    batcher.spec.replicas = 0
  }
  const cron = find('CronJob', 'nightly-report')
  if (cron)
    objects.push({
      ...structuredClone(cron),
      metadata: { ...cron.metadata, name: 'asleep', uid: 'cron-2' },
      spec: { ...cron.spec, suspend: true },
    })
  const node = find('Node', 'worker-b')
  if (node)
    objects.push({
      ...structuredClone(node),
      metadata: { ...node.metadata, name: 'worker-c', uid: 'node-c' },
      spec: { unschedulable: true },
    })
})

const EXAMPLES: Record<Action['verb'], Action> = {
  scale: { verb: 'scale', target: target('checkout'), replicas: 5 },
  'set-resources': {
    verb: 'set-resources',
    target: target('checkout'),
    container: 'checkout',
    limits: { memory: '1Gi' },
    requests: { cpu: '200m' },
  },
  'create-hpa': { verb: 'create-hpa', target: target('checkout'), min: 2, max: 6, cpuPercent: 70 },
  'update-hpa': { verb: 'update-hpa', target: target('frontend'), max: 9, cpuPercent: 60 },
  'delete-hpa': { verb: 'delete-hpa', target: target('frontend', 'shop', 'HorizontalPodAutoscaler') },
  quarantine: { verb: 'quarantine', target: target('cart'), reason: 'crash loop' },
  unquarantine: { verb: 'unquarantine', target: target('batcher', 'staging') },
  restart: { verb: 'restart', target: target('checkout') },
  rollback: { verb: 'rollback', target: target('checkout') },
  pause: { verb: 'pause', target: target('checkout') },
  resume: { verb: 'resume', target: target('frontend') },
  'set-image': { verb: 'set-image', target: target('checkout'), image: 'registry.example.com/shop/checkout:9' },
  'set-env': {
    verb: 'set-env',
    target: target('checkout'),
    env: [
      { name: 'MODE', value: 'safe' },
      { name: 'URL', from: { kind: 'Secret', name: 'db-credentials', key: 'url' } },
    ],
  },
  'delete-pod': { verb: 'delete-pod', target: target('checkout-6d5f7c9b8c-4xk2p', 'shop', 'Pod') },
  evict: { verb: 'evict', target: target('checkout-6d5f7c9b8c-4xk2p', 'shop', 'Pod') },
  cordon: { verb: 'cordon', node: 'worker-a' },
  uncordon: { verb: 'uncordon', node: 'worker-c' },
  drain: { verb: 'drain', node: 'worker-b' },
  taint: { verb: 'taint', node: 'worker-a', key: 'dedicated', value: 'gpu', effect: 'NoSchedule', remove: false },
  label: { verb: 'label', target: target('checkout'), set: { tier: 'front', app: null } },
  annotate: { verb: 'annotate', target: target('blue', 'shop', 'Widget'), set: { note: 'looked at; fine' } },
  patch: {
    verb: 'patch',
    target: target('checkout'),
    type: 'strategic',
    patch: { spec: { template: { spec: { containers: [{ name: 'checkout', imagePullPolicy: 'Always' }] } } } },
  },
  apply: {
    verb: 'apply',
    manifest: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'app-config', namespace: 'shop' },
      data: { LOG_LEVEL: 'debug' },
    },
  },
  create: {
    verb: 'create',
    manifest: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'fresh', namespace: 'shop' }, data: { a: 'b' } },
  },
  delete: { verb: 'delete', target: target('checkout', 'shop', 'PodDisruptionBudget') },
  'create-job': { verb: 'create-job', from: target('nightly-report', 'shop', 'CronJob'), name: 'again' },
  suspend: { verb: 'suspend', target: target('nightly-report', 'shop', 'CronJob') },
  unsuspend: { verb: 'unsuspend', target: target('asleep', 'shop', 'CronJob') },
  'grow-pvc': { verb: 'grow-pvc', target: target('data-db-0', 'payments', 'PersistentVolumeClaim'), size: '20Gi' },
  'delete-namespace': { verb: 'delete-namespace', name: 'staging' },
}
const all = Object.values(EXAMPLES)
const compile = (action: Action, lookup = world) => compilePlan(action, 'test', lookup, { now })

it('the list holds one member per verb of core/action.ts', () => {
  const verbs = Action.options.map((option) => option.shape.verb.value)
  expect(ACTIONS.map(({ verb }) => verb).sort()).toEqual([...verbs].sort())
})

describe.each(all.map((action) => [action.verb, action] as const))('%s', (_verb, action) => {
  it('compiles to requests that only meet the objects of the card', async () => {
    const plan = await compile(action)
    expect(plan.steps.length).toBeGreaterThan(0)
    expect(plan.steps.map(bindingProblem)).toEqual(plan.steps.map(() => undefined))
    for (const { request } of plan.steps)
      expect(request.path).toMatch(/^\/apis?\/[\w./:-]+(\?fieldManager=firstmate)?$/)
  })

  it('tests every value that the card shows as before', async () => {
    for (const { request, changes } of (await compile(action)).steps) {
      if (request.contentType !== 'application/json-patch+json') continue
      const tests = (request.body as { op: string; value?: unknown }[])
        .filter(({ op }) => op === 'test')
        .map(({ value }) => (typeof value === 'string' ? value : JSON.stringify(value)))
      for (const { before } of changes)
        if (before !== null) expect(tests.map((text) => text?.length)).toContain(before.length)
    }
  })

  it('the same action on the same objects has the same digest', async () => {
    const plan = await compile(action)
    expect(plan.digest).toBe(planDigest(plan))
    expect((await compile(action)).digest).toBe(plan.digest)
    expect(plan.digest).not.toBe((await compilePlan(action, 'other', world, { now })).digest)
  })

  it('says it in words and as a kubectl line', async () => {
    for (const { words, kubectl } of (await compile(action)).steps) {
      expect(words).toMatch(/^[A-Z].{10,}/)
      expect(kubectl).toMatch(/^kubectl \w+ /)
      expect(`${words}${kubectl}`).not.toContain('\n')
    }
  })

  it('looks at every object that is there before', async () => {
    const { preconditions, steps } = await compile(action)
    expect(preconditions.length).toBeGreaterThan(0)
    for (const { uid, contentHash } of preconditions) expect(uid === null).toBe(contentHash === null)
    if (action.verb !== 'drain') expect(preconditions.length).toBeGreaterThanOrEqual(steps.length)
  })

  it('its way back is an action of the family', async () => {
    for (const undo of undoOf(await compile(action)) ?? []) expect(Action.safeParse(undo).success).toBe(true)
  })

  it('names what must be seen afterwards', async () => {
    const plan = await compile(action)
    for (const { object, seconds } of expectationsOf(plan)) {
      expect(plan.steps.map((step) => step.object)).toContainEqual(object)
      expect(seconds).toBeGreaterThan(0)
    }
  })

  it('refuses an object that is not there', async () => {
    const empty = new Snapshot({ objects: [] })
    if (['create', 'apply'].includes(action.verb)) return
    await expect(compile(action, empty)).rejects.toThrow(/is not there|no kind that this cluster|nothing autoscales/)
  })
})

describe('ways back', () => {
  it.each<[Action['verb'], unknown]>([
    ['scale', { verb: 'scale', replicas: 3 }],
    ['quarantine', { verb: 'unquarantine' }],
    ['pause', { verb: 'resume' }],
    ['resume', { verb: 'pause' }],
    ['cordon', { verb: 'uncordon' }],
    ['drain', { verb: 'uncordon' }],
    ['suspend', { verb: 'unsuspend' }],
    ['create', { verb: 'delete' }],
    ['create-hpa', { verb: 'delete-hpa' }],
    ['create-job', { verb: 'delete' }],
    ['delete-hpa', { verb: 'create', manifest: { kind: 'HorizontalPodAutoscaler', spec: { maxReplicas: 6 } } }],
    ['delete', { verb: 'create', manifest: { kind: 'PodDisruptionBudget', spec: { minAvailable: 2 } } }],
    [
      'set-image',
      {
        verb: 'patch',
        patch: [
          {
            op: 'replace',
            path: '/spec/template/spec/containers/0/image',
            value: 'registry.example.com/shop/checkout:2.4.1',
          },
        ],
      },
    ],
    [
      'set-env',
      {
        verb: 'set-env',
        env: [
          { name: 'MODE', value: null },
          { name: 'URL', value: null },
        ],
      },
    ],
    ['taint', { verb: 'patch', patch: [{ op: 'remove', path: '/spec/taints' }] }],
  ])('%s', async (verb, undo) => expect(undoOf(await compile(EXAMPLES[verb]))).toMatchObject([undo as object]))

  it.each(['restart', 'delete-pod', 'evict', 'grow-pvc', 'delete-namespace'] as const)('%s has none', async (verb) => {
    expect(undoOf(await compile(EXAMPLES[verb]))).toBeUndefined()
  })

  it('of several it is all of theirs, the last one first', async () => {
    const { plan } = await planOf([EXAMPLES.label, EXAMPLES['set-image']], 'test', world)
    expect(undoOf(plan)).toEqual([
      ...(undoOf(await compile(EXAMPLES['set-image'])) ?? []),
      ...(undoOf(await compile(EXAMPLES.label)) ?? []),
    ])
    expect(expectationsOf(plan)).toEqual([
      ...expectationsOf(await compile(EXAMPLES.label)),
      ...expectationsOf(await compile(EXAMPLES['set-image'])),
    ])
  })

  it('of several it is none as soon as one of them has none', async () => {
    const { plan } = await planOf([EXAMPLES.label, EXAMPLES.restart], 'test', world)
    expect(undoOf(plan)).toBeUndefined()
    expect(expectationsOf(plan)).not.toEqual([])
  })

  it('a recreated object carries nothing that the server had written', async () => {
    const undo = undoOf(await compile(EXAMPLES['delete-hpa']))
    expect(JSON.stringify(undo)).not.toMatch(/"uid"|resourceVersion|"status"|creationTimestamp/)
  })
})

describe('particular actions', () => {
  it('a quarantine records count and reason, and its end puts the count back', async () => {
    const [step] = (await compile(EXAMPLES.quarantine)).steps
    expect(step?.request.body).toContainEqual({
      op: 'add',
      path: '/metadata/annotations/firstmate.dev~1quarantine',
      value: '{"replicas":2,"reason":"crash loop","at":"2026-11-21T00:00:00.000Z"}',
    })
    expect((await compile(EXAMPLES.unquarantine)).steps[0]?.request.body).toContainEqual({
      op: 'replace',
      path: '/spec/replicas',
      value: 4,
    })
  })

  it('a rollback changes only what differs, and leaves the hash of the old ReplicaSet behind', async () => {
    const [step] = (await compile(EXAMPLES.rollback)).steps
    expect(step?.changes.map(({ path }) => path)).toEqual([
      'spec.template.spec.containers[0].image',
      'spec.template.spec.containers[0].env',
    ])
    expect(JSON.stringify(step?.request.body)).not.toContain('pod-template-hash')
    await expect(compile({ verb: 'rollback', target: target('checkout'), toRevision: 9 })).rejects.toThrow(
      'no revision 9; known are 4, 3',
    )
  })

  it('a drain leaves DaemonSets and protected namespaces alone, and says so', async () => {
    const { plan, notes } = await compileAction(EXAMPLES.drain, 'test', world, { now })
    expect(plan.steps[0]).toMatchObject({ rule: 'plain', request: { path: '/api/v1/nodes/worker-b' } })
    expect(plan.steps.slice(1).every(({ rule }) => rule === 'evict')).toBe(true)
    expect(JSON.stringify(plan.steps)).not.toMatch(/kube-system|node-exporter/)
    expect(notes.join()).toMatch(/1 pod of DaemonSets stays.*kube-system\/coredns/)
    await expect(compile({ verb: 'drain', node: 'worker-a' })).rejects.toThrow(/nothing would replace.*debug-shell/)
  })

  it("a Job from a CronJob is the CronJob's own template", async () => {
    const body = (await compile(EXAMPLES['create-job'])).steps[0]?.request.body as KubeObject
    expect(body.spec).toEqual(world.get('CronJob', 'shop', 'nightly-report')?.spec.jobTemplate.spec)
    expect(body.metadata.ownerReferences?.[0]).toMatchObject({
      kind: 'CronJob',
      name: 'nightly-report',
      controller: true,
    })
  })

  it('an apply is bound by uid, and creates what is not there', async () => {
    expect((await compile(EXAMPLES.apply)).steps[0]?.request).toMatchObject({
      method: 'PATCH',
      body: { metadata: { uid: world.get('ConfigMap', 'shop', 'app-config')?.metadata.uid } },
    })
    const fresh: Action = {
      verb: 'apply',
      manifest: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'new', namespace: 'shop', uid: 'forged' } },
    }
    expect((await compile(fresh)).steps[0]?.request).toMatchObject({
      method: 'POST',
      body: { metadata: { name: 'new', namespace: 'shop' } },
    })
    expect(JSON.stringify((await compile(fresh)).steps)).not.toContain('forged')
  })

  it('several actions make one plan, in order', async () => {
    const { plan } = await planOf([EXAMPLES.cordon, EXAMPLES.scale], 'test', world, { now })
    expect(plan.steps.map(({ object }) => object.kind)).toEqual(['Node', 'Deployment'])
    expect(plan.action).toBeUndefined()
  })

  it.each<[string, Action]>([
    ['nothing would change', { verb: 'scale', target: target('checkout'), replicas: 3 }],
    ['is paused', { verb: 'restart', target: target('frontend') }],
    ['already scales', { verb: 'create-hpa', target: target('frontend'), min: 1, max: 2 }],
    ['max 1 is less than min 2', { verb: 'create-hpa', target: target('checkout'), min: 2, max: 1 }],
    ['no container "nope"', { verb: 'set-image', target: target('checkout'), container: 'nope', image: 'x' }],
    ['no image reference', { verb: 'set-image', target: target('checkout'), image: 'x y' }],
    ['no quantity', { verb: 'set-resources', target: target('checkout'), limits: { memory: 'lots' } }],
    [
      'can only grow',
      { verb: 'grow-pvc', target: target('data-db-0', 'payments', 'PersistentVolumeClaim'), size: '5Gi' },
    ],
    ['not in quarantine', { verb: 'unquarantine', target: target('checkout') }],
    ['runs no replica', { verb: 'quarantine', target: { ...target('batcher', 'staging'), name: 'idle' }, reason: 'x' }],
    ['allowed are Deployment', { verb: 'restart', target: target('nightly-report', 'shop', 'CronJob') }],
    [
      'there already',
      {
        verb: 'create',
        manifest: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'app-config', namespace: 'shop' } },
      },
    ],
    ['no label value', { verb: 'label', target: target('cart'), set: { a: 'b c' } }],
    ['no label key', { verb: 'label', target: target('cart'), set: { '-a': 'b' } }],
    [
      'cannot be changed',
      { verb: 'patch', target: target('cart'), type: 'merge', patch: { metadata: { namespace: 'payments' } } },
    ],
    [
      'takes no strategic patch',
      { verb: 'patch', target: target('blue', 'shop', 'Widget'), type: 'strategic', patch: { spec: { size: 4 } } },
    ],
    [
      '"copy" is not taken',
      {
        verb: 'patch',
        target: target('cart'),
        type: 'json',
        patch: [{ op: 'copy', from: '/spec/a', path: '/spec/b' }],
      },
    ],
    ['cannot be patched', { verb: 'patch', target: target('cart'), type: 'merge', patch: {}, subresource: '../x' }],
  ])('%s', async (sentence, action) => {
    const idle = new Snapshot({
      objects: [
        ...world.objects,
        {
          ...structuredClone(world.get('Deployment', 'staging', 'web') as KubeObject),
          metadata: { name: 'idle', namespace: 'staging', uid: 'idle' },
          spec: { replicas: 0 },
        },
      ],
    })
    await expect(compile(action, idle)).rejects.toThrow(sentence)
  })
})

describe('names', () => {
  it.each(['-x', '../x', 'x/y', 'X', 'x y', 'x\n', '%2e', '', 'x'.repeat(254), 'ü'])(
    '%j reaches no path',
    async (name) => {
      for (const action of [
        { verb: 'scale', target: target(name), replicas: 2 },
        { verb: 'scale', target: { ...target('checkout'), namespace: name || '-' }, replicas: 2 },
        { verb: 'cordon', node: name },
        { verb: 'delete-namespace', name },
        { verb: 'create-job', from: target('nightly-report', 'shop', 'CronJob'), name },
      ] as Action[]) {
        await expect(compile(action)).rejects.toThrow(/cannot be/)
      }
    },
  )
  it('prototype keys are only keys', async () => {
    const action = {
      verb: 'patch',
      target: target('cart'),
      type: 'merge',
      patch: JSON.parse('{"__proto__":{"polluted":true},"metadata":{"labels":{"a":"b"}}}'),
    } as Action
    await compile(action).catch(() => undefined)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})

describe('secrets', () => {
  const password = 'hunter2-correct-horse'
  it.each<[string, Action]>([
    [
      'a Secret created',
      {
        verb: 'create',
        manifest: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'shop' }, data: { a: 'YQ==' } },
      },
    ],
    [
      'a Secret applied',
      {
        verb: 'apply',
        manifest: {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'db-credentials', namespace: 'shop' },
          stringData: { a: 'b' },
        },
      },
    ],
    [
      'a Secret patched',
      {
        verb: 'patch',
        target: target('db-credentials', 'shop', 'Secret'),
        type: 'merge',
        patch: { stringData: { password } },
      },
    ],
    [
      'a password in a variable',
      { verb: 'set-env', target: target('checkout'), env: [{ name: 'DB_PASSWORD', value: password }] },
    ],
    [
      'a token in an annotation',
      {
        verb: 'annotate',
        target: target('checkout'),
        set: { note: 'xoxb-123456789012-123456789012-abcdefghijklmnopqrstuvwx' },
      },
    ],
    [
      'a key in a ConfigMap',
      {
        verb: 'create',
        manifest: {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'c', namespace: 'shop' },
          data: { k: '-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----' },
        },
      },
    ],
  ])('%s is refused', async (_name, action) => {
    const error = await compile(action).catch((thrown: unknown) => thrown as Error)
    expect(error).toBeInstanceOf(Error)
    expect((error as Error).message).toMatch(/[Ss]ecret/)
    expect((error as Error).message).not.toContain(password)
  })
  it('a deleted Secret is not kept for the way back', async () => {
    const plan = await compile({ verb: 'delete', target: target('db-credentials', 'shop', 'Secret') })
    expect(JSON.stringify(plan)).not.toContain('cGxhY2Vob2xkZXI=')
    expect(undoOf(plan)).toBeUndefined()
  })
})
