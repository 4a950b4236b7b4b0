// What runs may complain too: a question reads a few logs of workloads that are ready, within what it may cost.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CHECKS } from '../../src/diagnose/checks/index.ts'
import { diagnose } from '../../src/diagnose/index.ts'
import { kindsToRead } from '../../src/diagnose/reads.ts'
import { type Harbor, startHarbor } from '../../src/harbor/index.ts'
import { clusterAt } from '../../src/kube/clusters.ts'
import { readSnapshot } from '../../src/kube/snapshot.ts'
import { app, namespace, node } from './build.ts'

const NOW = new Date().toISOString()
const DENIED = `E${NOW.slice(5, 7)}${NOW.slice(8, 10)} ${NOW.slice(11, 19)}.000000       1 reflector.go:204] failed to list *v1.Secret: secrets is forbidden: User "system:serviceaccount:shop:backup" cannot list resource "secrets" in API group "" in the namespace "shop"`

let harbor: Harbor
const MANY = Array.from({ length: 30 }, (_, n) => `web-${n}`)

beforeAll(async () => {
  const backup = app('backup')
  const [pod] = backup.pods
  const logs = [
    { namespace: 'shop', pod: pod!.metadata.name, container: 'backup', previous: false, text: `${DENIED}\n`.repeat(5) },
  ]
  const crowd = MANY.flatMap((name) => app(name, { namespace: 'crowd' }).objects)
  harbor = await startHarbor({
    load: { objects: [namespace('shop'), namespace('crowd'), node('node-a'), ...backup.objects, ...crowd], logs },
    controllers: false,
  })
})
afterAll(() => harbor.close())

async function look(place: string, logs: 'some' | 'failing') {
  const { reader } = clusterAt('prod', harbor.url)
  let requests = 0
  const counted = {
    ...reader,
    list: ((...args) => (requests++, reader.list(...args))) as typeof reader.list,
    logs: ((...args) => (requests++, reader.logs(...args))) as typeof reader.logs,
  }
  const snapshot = await readSnapshot(counted, { kinds: kindsToRead(CHECKS), namespaces: [place], logs })
  return { findings: diagnose(snapshot).findings, logs: snapshot.logs, requests }
}

test('a workload that runs and may not do what it needs is found', async () => {
  const { findings, requests } = await look('shop', 'some')
  expect(findings.map(({ check }) => check)).toContain('app-rbac-denied')
  expect(requests).toBeLessThanOrEqual(25)
  expect((await look('shop', 'failing')).findings).toEqual([])
})

test('of many that run, a few are listened to, one pod of each', async () => {
  const { logs, requests } = await look('crowd', 'some')
  expect(logs.length).toBeGreaterThan(0)
  expect(logs.length).toBeLessThanOrEqual(8)
  expect(new Set(logs.map(({ pod }) => pod)).size).toBe(logs.length)
  expect(requests).toBeLessThanOrEqual(25)
})
