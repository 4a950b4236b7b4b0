// What is said of a plan whose executor was lost, when the object is neither as it was nor as it was asked for.
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { Action } from '../../src/core/action.ts'
import { sweep } from '../../src/tasks/sweep.ts'
import { type Rig, scale, startRig } from './rig.ts'

let rig: Rig
beforeEach(async () => {
  await rig?.stop()
  rig = await startRig()
})
afterAll(() => rig.stop())

/** The cluster takes the request, `meanwhile` happens, and the answer is lost; the claim lapses, and somebody looks. */
async function settled(
  action: Action,
  meanwhile: () => void,
): Promise<{ state: string; outcome?: string | undefined }> {
  const approval = await rig.plan(action)
  rig.bend((seen, answer, pass) => {
    if (seen.dryRun) return pass()
    pass(() => {
      meanwhile()
      answer.destroy()
    })
  })
  await rig.approve(approval)
  await rig.execute()
  await rig.lapse(await rig.read(approval))
  await sweep(rig.context)
  for (const task of rig.take('settle')) await rig.run(task)
  return rig.read(approval)
}

function capped(): void {
  rig.harbor.world.modify('Deployment', 'shop', 'web', (draft) => {
    draft.spec.replicas = 4
  })
}

describe('a request of which nobody knows the effect', () => {
  it('is done when the object is as asked', async () => {
    expect(await settled(scale(6), () => undefined)).toMatchObject({ state: 'done' })
  })

  it('is told apart from both when an admission webhook has made something else of it', async () => {
    const before = rig.replicas()
    expect(before).not.toBe(4)
    const end = await settled(scale(6), capped)
    expect(end).toMatchObject({ state: 'failed' })
    expect(end.outcome).toMatch(/0 of 1 steps in effect, and 1 neither as before nor as asked/)
  })

  it('an object that was made, and changed on its way, counts as such too', async () => {
    const manifest = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'fresh', namespace: 'shop' },
      data: { a: '1' },
    }
    const end = await settled({ verb: 'create', manifest }, () =>
      rig.harbor.world.modify('ConfigMap', 'shop', 'fresh', (draft) => {
        draft.data = { a: '2' }
      }),
    )
    expect(end.outcome).toMatch(/and 1 neither as before nor as asked/)
  })
})
