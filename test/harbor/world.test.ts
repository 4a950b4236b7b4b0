// The world as controllers use it: without HTTP.
import { afterEach, describe, expect, it } from 'vitest'
import { createClock } from '../../src/harbor/clock.ts'
import { type Harbor, startHarbor } from '../../src/harbor/index.ts'
import { createRealm } from '../../src/harbor/live.ts'
import { StatusError } from '../../src/harbor/status.ts'
import type { Change } from '../../src/harbor/world.ts'

function world() {
  const clock = createClock({ start: Date.parse('2026-01-01T00:00:00Z'), ticking: false })
  const { world: made } = createRealm('test', clock, 7)
  made.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  return made
}
const configMap = (data: Record<string, string> = { a: '1' }) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'shop' },
  data,
})
const refused = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    if (error instanceof StatusError) return `${error.code} ${error.message}`
    throw error
  }
  return 'not refused'
}

describe('the world', () => {
  it('creates with uid, time and revision, and refuses what the API refuses', () => {
    const here = world()
    const created = here.create(configMap())
    expect(created.metadata).toMatchObject({ creationTimestamp: '2026-01-01T00:00:00Z' })
    expect(created.metadata.uid).toMatch(/^[0-9a-f-]{36}$/)
    expect(refused(() => here.create(configMap()))).toBe('409 configmaps "settings" already exists')
    expect(refused(() => here.create({ ...configMap(), metadata: { name: 'x', namespace: 'nowhere' } }))).toBe(
      '404 namespaces "nowhere" not found',
    )
    expect(refused(() => here.get('ConfigMap', 'shop', 'absent'))).toBe('404 configmaps "absent" not found')
  })

  it('refuses an update of an old revision, and writes nothing for an equal one', () => {
    const here = world()
    const first = here.create(configMap())
    const second = here.update({ ...first, data: { a: '2' } })
    expect(refused(() => here.update({ ...first, data: { a: '3' } }))).toMatch(/^409 .*the object has been modified/)
    const before = here.revision()
    expect(here.update({ ...second })).toBe(second)
    expect(here.revision()).toBe(before)
  })

  it('modifies without a chance of conflict, and says so when the object is gone', () => {
    const here = world()
    here.create(configMap())
    const changed = here.modify('ConfigMap', 'shop', 'settings', (draft) => void (draft.data.b = '2'))
    expect(changed?.data).toEqual({ a: '1', b: '2' })
    expect(here.modify('ConfigMap', 'shop', 'absent', () => undefined)).toBeUndefined()
  })

  it('writes status and spec apart, and counts generations of spec only', () => {
    const here = world()
    const labels = { app: 'web' }
    const template = { metadata: { labels }, spec: { containers: [{ name: 'a', image: 'a:1' }] } }
    const created = here.create({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { selector: { matchLabels: labels }, template },
    })
    const counted = here.updateStatus({ ...created, status: { replicas: 1 }, spec: { ...created.spec, replicas: 9 } })
    expect(counted.spec.replicas).toBe(1)
    expect(counted.metadata.generation).toBe(1)
    const scaled = here.modify('Deployment', 'shop', 'web', (draft) => {
      draft.spec.replicas = 4
      draft.status = {}
    })
    expect(scaled?.status).toEqual({ replicas: 1 })
    expect(scaled?.metadata.generation).toBe(2)
  })

  it('holds a deletion for finalizers and lets go with the last one', () => {
    const here = world()
    here.create({ ...configMap(), metadata: { name: 'held', namespace: 'shop', finalizers: ['example.com/hold'] } })
    expect(here.delete('ConfigMap', 'shop', 'held')?.metadata.deletionTimestamp).toBe('2026-01-01T00:00:00Z')
    here.modify('ConfigMap', 'shop', 'held', (draft) => void (draft.metadata.finalizers = []))
    expect(here.find('ConfigMap', 'shop', 'held')).toBeUndefined()
  })

  it('tells every change once, in order', () => {
    const here = world()
    const seen: Change[] = []
    const stop = here.subscribe((change) => void seen.push(change))
    here.create(configMap())
    here.modify('ConfigMap', 'shop', 'settings', (draft) => void (draft.data.a = '2'))
    here.delete('ConfigMap', 'shop', 'settings')
    stop()
    here.create(configMap())
    expect(seen.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED'])
    expect(seen.map(({ revision }) => revision)).toEqual(seen.map(({ revision }) => revision).toSorted((a, b) => a - b))
  })

  it('is repeatable: the same seed makes the same names', () => {
    const name = () =>
      world().create({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { generateName: 'x-', namespace: 'shop' } as never,
      }).metadata.name
    expect(name()).toBe(name())
    expect(name()).toMatch(/^x-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
  })
})

describe('the clock', () => {
  it('runs what falls due in order of time, also what is scheduled on the way', () => {
    const clock = createClock({ start: 0, ticking: false })
    const ran: string[] = []
    clock.after(2000, () => ran.push(`late at ${clock.now()}`))
    clock.after(1000, () => {
      ran.push(`early at ${clock.now()}`)
      clock.after(500, () => ran.push(`between at ${clock.now()}`))
    })
    const cancel = clock.after(1500, () => ran.push('never'))
    cancel()
    clock.advance(3000)
    expect(ran).toEqual(['early at 1000', 'between at 1500', 'late at 2000'])
    expect(clock.now()).toBe(3000)
  })
})

describe('several practice clusters', () => {
  const open: Harbor[] = []
  afterEach(async () => {
    await Promise.all(open.splice(0).map((harbor) => harbor.close()))
  })

  it('in one process are worlds of their own', async () => {
    const [one, two] = await Promise.all([startHarbor({ name: 'one' }), startHarbor({ name: 'two' })])
    open.push(one, two)
    one.world.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'only-here' } })
    const status = async (url: string) => (await fetch(`${url}/api/v1/namespaces/only-here`)).status
    expect([await status(one.url), await status(two.url)]).toEqual([200, 404])
  })

  it('begin with system namespaces, two ready nodes and a default StorageClass, and say what they are', async () => {
    const harbor = await startHarbor({ controllers: false })
    open.push(harbor)
    const { world: here } = harbor
    expect(here.list('Namespace').map(({ metadata }) => metadata.name)).toEqual([
      'default',
      'kube-node-lease',
      'kube-public',
      'kube-system',
    ])
    const nodes = here.list('Node')
    expect(nodes).toHaveLength(2)
    for (const node of nodes) {
      expect(node.spec.taints).toBeUndefined()
      expect(node.status.conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: 'True' }))
      expect(JSON.stringify(node.metadata.annotations)).toMatch(/practice cluster/)
    }
    const [storage] = here.list('StorageClass')
    expect(storage?.metadata.annotations).toEqual({ 'storageclass.kubernetes.io/is-default-class': 'true' })
    const response = await fetch(`${harbor.url}/version`)
    expect(response.headers.get('server')).toMatch(/practice-cluster/)
    expect(JSON.stringify(await response.json())).toMatch(/practice cluster/)
  })
})
