// Snapshot files in a practice cluster.
import { afterEach, describe, expect, it } from 'vitest'
import { type Harbor, startHarbor } from '../../src/harbor/index.ts'
import { parseObjects } from '../../src/objects/files.ts'

const SNAPSHOT = `
apiVersion: v1
kind: Pod
metadata: {name: web-1, namespace: shop, uid: web-1-uid, creationTimestamp: "2026-03-01T10:00:00Z"}
spec:
  nodeName: far
  containers: [{name: web, image: "web:1"}]
status:
  phase: Running
  containerStatuses:
  - {name: web, ready: true, restartCount: 3, image: "web:1", imageID: x, started: true, state: {running: {startedAt: "2026-03-01T11:00:00Z"}}, lastState: {terminated: {exitCode: 1, reason: Error, finishedAt: "2026-03-01T10:59:00Z"}}}
---
apiVersion: v1
kind: Event
metadata: {name: web-1.x, namespace: shop, creationTimestamp: "2026-03-01T11:00:00Z"}
involvedObject: {kind: Pod, namespace: shop, name: web-1}
reason: BackOff
message: Back-off restarting
type: Warning
count: 4
firstTimestamp: "2026-03-01T10:30:00Z"
lastTimestamp: "2026-03-01T12:00:00Z"
---
apiVersion: firstmate.dev/v1alpha1
kind: PodLog
metadata: {namespace: shop, name: web-1}
container: web
previous: true
text: |
  starting
  panic: no database
---
apiVersion: metrics.k8s.io/v1beta1
kind: PodMetrics
metadata: {namespace: shop, name: web-1}
containers: [{name: web, usage: {cpu: 250m, memory: 64Mi}}]
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop, namespace: argocd}
spec: {project: default}
status: {sync: {status: OutOfSync}}
---
apiVersion: v1
kind: Node
metadata: {name: far}
status: {conditions: [{type: Ready, status: "True"}], capacity: {cpu: "8", memory: 32Gi, pods: "110"}}
`

const open: Harbor[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((harbor) => harbor.close()))
})
async function load(options: Parameters<typeof startHarbor>[0] = {}): Promise<Harbor> {
  const harbor = await startHarbor({ load: parseObjects(SNAPSHOT), controllers: false, ...options })
  open.push(harbor)
  return harbor
}
const text = async (harbor: Harbor, path: string) => (await fetch(harbor.url + path)).text()
const json = async (harbor: Harbor, path: string) => JSON.parse(await text(harbor, path))

describe('a loaded snapshot', () => {
  it('has its times shifted so that the newest is now, and their distances kept', async () => {
    const { world } = await load()
    const event = world.get('Event', 'shop', 'web-1.x')
    const last = Date.parse(event.lastTimestamp)
    expect(Math.abs(last - Date.now())).toBeLessThan(20_000)
    expect(last - Date.parse(event.firstTimestamp)).toBe(90 * 60_000)
    const pod = world.get('Pod', 'shop', 'web-1')
    expect(last - Date.parse(pod.metadata.creationTimestamp ?? '')).toBe(120 * 60_000)
  })

  it('keeps its times when now is pinned', async () => {
    const { world } = await load({ now: '2026-03-01T12:00:30Z' })
    expect(world.get('Event', 'shop', 'web-1.x').lastTimestamp).toBe('2026-03-01T12:00:00Z')
    expect(world.clock.iso()).toMatch(/^2026-03-01T12:00:3/)
  })

  it('serves logs of the last run, metrics, and custom objects that came without a definition', async () => {
    const harbor = await load()
    const logs = '/api/v1/namespaces/shop/pods/web-1/log'
    expect(await text(harbor, `${logs}?previous=true`)).toBe('starting\npanic: no database\n')
    expect(await text(harbor, `${logs}?previous=true&tailLines=1&timestamps=true`)).toMatch(
      /^2\S+Z panic: no database\n$/,
    )
    const metrics = await json(harbor, '/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods/web-1')
    expect(metrics.containers).toEqual([{ name: 'web', usage: { cpu: '250m', memory: '64Mi' } }])
    const apps = await json(harbor, '/apis/argoproj.io/v1alpha1/namespaces/argocd/applications')
    expect(apps.items[0]).toMatchObject({ kind: 'Application', spec: { project: 'default' } })
    const groups = await json(harbor, '/apis')
    expect(groups.groups.map((group: { name: string }) => group.name)).toContain('argoproj.io')
  })

  it('brings its own nodes, and its namespaces exist though the files left them out', async () => {
    const { world } = await load()
    expect(world.list('Node').map(({ metadata }) => metadata.name)).toEqual(['far'])
    expect(world.find('Namespace', undefined, 'shop')?.status.phase).toBe('Active')
  })

  it('cannot be watched from before it was loaded', async () => {
    const harbor = await load()
    const answer = await text(harbor, '/api/v1/pods?watch=1&resourceVersion=1')
    expect(JSON.parse(answer)).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } })
  })
})
