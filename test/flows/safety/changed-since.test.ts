// What was approved was approved for the world that the card showed: an object that is another one now is not written, and a fresh plan is offered.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { World } from '../../../src/harbor/world.ts'
import type { KubeObject } from '../../../src/objects/object.ts'
import { type Rig, scale, startRig, web } from '../../tasks/rig.ts'

let rig: Rig
beforeEach(async () => {
  rig = await startRig()
})
afterEach(() => rig.stop())

describe('between the approval and the start', () => {
  it.each<[string, (world: World) => void, RegExp]>([
    [
      'the object changed in what the plan changes',
      (world) =>
        world.modify('Deployment', 'shop', 'web', (draft) => {
          draft.spec.replicas = 2
        }),
      /changed since it was planned/,
    ],
    [
      'the object changed in something else',
      (world) =>
        world.modify('Deployment', 'shop', 'web', (draft) => {
          draft.metadata.labels = { ...draft.metadata.labels, other: 'one' }
        }),
      /changed since it was planned/,
    ],
    [
      'the object was replaced by another one of the same name',
      (world) => {
        const { metadata, ...rest } = structuredClone(world.get('Deployment', 'shop', 'web'))
        world.delete('Deployment', 'shop', 'web')
        const { uid: _uid, resourceVersion: _version, ...kept } = metadata
        world.create({ ...rest, metadata: kept })
      },
      /replaced by another object of that name since it was planned/,
    ],
  ])('%s: nothing is sent, and a fresh plan is offered', async (_, happens, outcome) => {
    const approval = await rig.approve(await rig.plan(scale(5)))
    happens(rig.harbor.world)
    await rig.execute()
    expect(rig.writes).toEqual([])
    expect((await rig.read(approval)).outcome).toMatch(outcome)
    expect(rig.take('propose')).toMatchObject([{ actions: [scale(5)] }])
  })

  it('what its tier relied on is no longer so: it is asked about afresh', async () => {
    await rig.stop()
    rig = await startRig({ controllers: false })
    const approval = await rig.approve(await rig.plan({ ...scale(0), target: { ...web, name: 'checkout' } }))
    expect(approval).toMatchObject({ tier: 6, state: 'approved' })
    // nothing of it was ready, so that nothing would have been lost
    const recovers = (draft: KubeObject) => {
      draft.status = { ...draft.status, readyReplicas: 1 }
    }
    rig.harbor.world.modify('Deployment', 'shop', 'checkout', recovers, { subresource: 'status' })
    await rig.execute()
    expect(rig.writes).toEqual([])
    expect((await rig.read(approval)).outcome).toMatch(/readyReplicas was 0 and is 1 since it was planned/)
  })

  it('a plan of several actions is offered afresh as a whole', async () => {
    const actions = [scale(5), { verb: 'label' as const, target: web, set: { team: 'x' } }]
    await rig.approve(await rig.plan(scale(5), { actions }))
    rig.harbor.world.modify('Deployment', 'shop', 'web', (draft) => {
      draft.spec.replicas = 2
    })
    await rig.execute()
    expect(rig.writes).toEqual([])
    expect(rig.take('propose')).toMatchObject([{ actions }])
  })

  it('the plan has become harder than the tier that was approved: it is asked about afresh', async () => {
    const [pod] = rig.harbor.world.list('Pod', { namespace: 'shop' })
    const target = { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: pod?.metadata.name ?? '' }
    const approval = await rig.approve(await rig.plan({ verb: 'evict', target }))
    expect(approval).toMatchObject({ tier: 7, state: 'approved' })
    // with the node cordoned by somebody else, the same eviction empties it
    rig.harbor.world.modify('Node', undefined, pod?.spec?.nodeName as string, (draft) => {
      draft.spec = { ...draft.spec, unschedulable: true }
    })
    await rig.execute()
    expect(rig.writes).toEqual([])
    expect((await rig.read(approval)).outcome).toMatch(/must be asked about afresh, because drains a node/)
  })
})
