// What may not be looked at: the cause is still found where something else tells it, and never made up.
import { expect, test } from 'vitest'
import { diagnose } from '../../src/diagnose/index.ts'
import type { KubeObject } from '../../src/objects/object.ts'
import { Snapshot } from '../../src/objects/snapshot.ts'
import { ago, app, crashing, diagnoseWorld, NOW, namespace, rootNames, roots, service, wordsOf } from './build.ts'

const withoutNodes = (objects: readonly KubeObject[]) =>
  diagnose(new Snapshot({ objects: [namespace('shop'), ...objects], logs: [], now: NOW, unread: ['Node'] }))

/** Pods as the node controller leaves them when a kubelet has gone silent. */
function lost(name: string, on: string): KubeObject[] {
  const made = app(name, { replicas: 2 })
  const [pod] = made.pods
  pod!.spec.nodeName = on
  pod!.metadata.deletionTimestamp = ago(8)
  pod!.status.conditions = [
    { type: 'Ready', status: 'False', lastTransitionTime: ago(13) },
    { type: 'ContainersReady', status: 'True', lastTransitionTime: ago(600) },
  ]
  return [...made.objects, service(name, { app: name })]
}

test('a node nobody may read is named by the pods lost on it', () => {
  const found = withoutNodes(['cart', 'orders', 'search'].flatMap((name) => lost(name, 'node-x')))
  expect(rootNames(found)).toEqual(['Node/node-x node-unseen'])
  expect(wordsOf(roots(found)[0])).toMatch(/3 pods lost on it.*not permitted to be read/s)
})

test('a pod that the kubelet itself calls not ready says nothing of its node', () => {
  const made = app('cart', { replicas: 1, state: { running: { startedAt: ago(30) } } })
  expect(rootNames(withoutNodes(made.objects))).toEqual(['Deployment/cart probe-failing'])
})

test('without a log, a Service that the variables name and that has no ready pod is the likely cause', () => {
  const world = (minutes: number) => {
    const db = crashing('db', 'PANIC: could not locate a valid checkpoint record', { replicas: 1 })
    for (const pod of db.app.pods) pod.status.conditions[0].lastTransitionTime = ago(minutes)
    const cart = crashing('cart', '', { container: { env: [{ name: 'DB_URL', value: 'postgres://db:5432/cart' }] } })
    const objects = [...db.objects, ...cart.objects, service('db', { app: 'db' })]
    return rootNames(diagnoseWorld(objects, db.logs))
  }
  expect(world(32)).toEqual(['Deployment/db app-data-damaged'])
  // it was well when the other one began to crash
  expect(world(3)).toEqual(['Deployment/cart crash-loop', 'Deployment/db app-data-damaged'])
})
