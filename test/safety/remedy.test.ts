// That a plan is a finding's remedy is never believed: the checks look again, and must come to this very action.
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { compilePlan } from '../../src/actions/compile.ts'
import { lookupOf } from '../../src/actions/lookup.ts'
import type { Action } from '../../src/core/action.ts'
import { type Plan, planDigest } from '../../src/core/plan.ts'
import { type Harbor, startHarbor } from '../../src/harbor/index.ts'
import { clusterAt } from '../../src/kube/clusters.ts'
import { loadFiles } from '../../src/objects/files.ts'
import type { KubeObject } from '../../src/objects/object.ts'
import { isCurrentRemedy } from '../../src/tasks/change/remedies.ts'
import { CORPORA } from './world.ts'

let harbor: Harbor | undefined
afterEach(() => harbor?.close())

const target = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'media', name: 'thumbnailer' }
const remedy: Action = {
  verb: 'set-resources',
  target,
  container: 'thumbnailer',
  limits: { memory: '256Mi' },
}

/** A Deployment whose containers are killed at their memory limit. */
async function isRemedy(
  action: Action,
  change?: (objects: KubeObject[]) => void,
  forge: (plan: Plan) => Plan | Promise<Plan> = (plan) => plan,
): Promise<boolean> {
  const load = await loadFiles([join(CORPORA, 'scenarios', 'p05-thumbnailer', 'cluster.yaml')])
  change?.(load.objects)
  harbor = await startHarbor({ load, controllers: false })
  const cluster = clusterAt('practice', harbor.url)
  const plan = await forge(await compilePlan(action, 'practice', lookup()))
  return isCurrentRemedy(plan, cluster, AbortSignal.timeout(20_000))
}

const lookup = () => lookupOf(clusterAt('practice', harbor?.url ?? ''), AbortSignal.timeout(20_000))

it('the remedy of a current finding is one', async () => expect(await isRemedy(remedy)).toBe(true))

it('the same fix with other numbers is none', async () =>
  expect(await isRemedy({ ...remedy, limits: { memory: '512Mi' } })).toBe(false))

it('a quarantine that no restarts call for is none', async () =>
  expect(await isRemedy({ verb: 'quarantine', target, reason: 'because' })).toBe(false))

it('other requests behind the action of a remedy are none', async () => {
  const forged = async (plan: Plan): Promise<Plan> => {
    const other = await compilePlan({ verb: 'scale', target, replicas: 9 }, 'practice', lookup())
    const bare = { ...plan, steps: other.steps }
    return { ...bare, digest: planDigest(bare) }
  }
  expect(await isRemedy(remedy, undefined, forged)).toBe(false)
})

it('when the trouble is over there is no remedy for it', async () => {
  const heal = (objects: KubeObject[]) => {
    const trouble = (object: KubeObject) => object.kind === 'Pod' && object.metadata.namespace === 'media'
    objects.splice(0, objects.length, ...objects.filter((object) => !trouble(object) && object.kind !== 'Event'))
  }
  expect(await isRemedy(remedy, heal)).toBe(false)
})
