// Loaded clusters: their trouble stays as it is, restarts do not heal it, and the right change does.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import type { World } from '../../../src/harbor/world.ts'
import type { KubeObject } from '../../../src/objects/object.ts'
import { type Lab, startLab } from './lab.ts'
import { CASES } from './remedies.ts'

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
