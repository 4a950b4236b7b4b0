// Where the tier hangs on what is live: the same bytes are mild or hard by the object that they meet.
import { expect, it } from 'vitest'
import type { KubeObject } from '../../src/objects/object.ts'
import { protectedNamespaces } from '../../src/safety/protect.ts'
import { effectsOfRequest } from '../../src/safety/requests.ts'
import { tierOf } from '../../src/safety/tier.ts'
import { container, DEPLOY, json, merge, NOTHING, post, remove, strategic, tier, world } from './requests.ts'
import { loadWorld } from './world.ts'

/** The world with one object changed. */
function where(kind: string, name: string, change: (object: KubeObject) => void) {
  return loadWorld((objects) => {
    const found = objects.find((one) => one.kind === kind && one.metadata.name === name)
    if (!found) throw new Error(`no ${kind} ${name}`)
    change(found)
  })
}

it('what a pod already has is no gain', () => {
  const state = where('Deployment', 'checkout', ({ spec }) => {
    spec.template.spec.containers[0].securityContext = { privileged: true }
  })
  expect(
    tier(strategic(`${DEPLOY}/checkout`, container({ image: 'x', securityContext: { privileged: true } })), state),
  ).toBe(7)
  // the same, but at an index that another operation has moved
  const shifted = json(
    `${DEPLOY}/checkout`,
    { op: 'add', path: '/spec/template/spec/containers/0', value: { name: 'first', image: 'x' } },
    { op: 'add', path: '/spec/template/spec/containers/0/securityContext', value: { privileged: true } },
  )
  expect(tier(shifted, state)).toBe(9)
})

it('a token that was switched off is a gain when it comes back', () => {
  const automount = (value: boolean) =>
    strategic(`${DEPLOY}/checkout`, { spec: { template: { spec: { automountServiceAccountToken: value } } } })
  const off = where('Deployment', 'checkout', ({ spec }) => {
    spec.template.spec.automountServiceAccountToken = false
  })
  expect([
    tier(automount(true), off),
    tier(automount(true)),
    tier(automount(false)),
    tier(automount(true), NOTHING),
  ]).toEqual([9, 7, 7, 9])
})

it('the account "default" is nothing new to a pod that named none, and another one to a pod that did', () => {
  const account = strategic(`${DEPLOY}/checkout`, {
    spec: { template: { spec: { serviceAccountName: 'default' } } },
  })
  const as = (name: string | undefined) =>
    where('Deployment', 'checkout', ({ spec }) => {
      if (name === undefined) delete spec.template.spec.serviceAccountName
      else spec.template.spec.serviceAccountName = name
    })
  expect([tier(account, as(undefined)), tier(account, as('default')), tier(account, as('robot'))]).toEqual([7, 7, 9])
})

const POD = '/api/v1/namespaces/shop/pods/checkout-6d5f7c9b8c-4xk2p'
const JOB_POD = '/api/v1/namespaces/shop/pods/nightly-report-29397735-h5w2c'

it.each([
  ['at work', (set: KubeObject) => void set, 7],
  ['at zero', (set: KubeObject) => void (set.spec.replicas = 0), 9],
  ['being deleted', (set: KubeObject) => void (set.metadata.deletionTimestamp = '2026-11-20T12:00:00Z'), 9],
])('a pod is replaced only by a controller that is %s', (_, change, expected) => {
  expect(tier(remove(POD), where('ReplicaSet', 'checkout-6d5f7c9b8c', change))).toBe(expected)
})

it.each([
  ['Running', 7],
  ['Succeeded', 9],
  ['Failed', 9],
])('a pod of a Job that is %s: its deletion is of tier %i', (phase, expected) => {
  const state = where('Pod', 'nightly-report-29397735-h5w2c', (pod) => {
    pod.status.phase = phase
  })
  expect(tier(remove(JOB_POD), state)).toBe(expected)
})

it("a Job is its CronJob's own only while that very CronJob is there", () => {
  const cronJob = world.find({ kind: 'CronJob', namespace: 'shop', name: 'nightly-report' })
  const job = (uid: string | undefined) =>
    post('/apis/batch/v1/namespaces/shop/jobs', {
      metadata: {
        name: 'again',
        ownerReferences: [{ apiVersion: 'batch/v1', kind: 'CronJob', name: 'nightly-report', uid, controller: true }],
      },
      spec: cronJob?.spec.jobTemplate.spec,
    })
  expect([tier(job(cronJob?.metadata.uid)), tier(job('of-an-earlier-one'))]).toEqual([5, 7])
})

it('what a move takes away counts, what a copy leaves does not', () => {
  const to = { from: '/spec/replicas', path: '/metadata/annotations/note' }
  const scaled = (op: string) => tier(json(`${DEPLOY}/checkout`, { op, ...to }))
  expect([scaled('move'), scaled('copy')]).toEqual([9, 5])
})

it('an object that deploys others is judged by what cannot be known of it', () => {
  const state = loadWorld((objects) => {
    objects.push({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'applications.argoproj.io' },
      spec: {
        group: 'argoproj.io',
        scope: 'Namespaced',
        names: { plural: 'applications', kind: 'Application' },
        versions: [{ name: 'v1alpha1', served: true }],
      },
    })
  })
  const application = post('/apis/argoproj.io/v1alpha1/namespaces/shop/applications', { metadata: { name: 'x' } })
  expect([
    tier(application, state),
    tier(post('/apis/example.com/v1/namespaces/shop/widgets', { metadata: { name: 'x' } })),
  ]).toEqual([9, 7])
})

it('further namespaces are protected by setting', () => {
  const more = protectedNamespaces({ own: 'ops', more: ['Payments'] })
  const request = merge('/apis/apps/v1/namespaces/payments/deployments/ledger', { metadata: { labels: { a: 'b' } } })
  expect(effectsOfRequest(request, world).map((effect) => tierOf(effect, more, world).denied)).toEqual([true])
})
