// A task that proposes is delivered again when its worker died: it opens one plan, however far it had come.
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { TaskOf } from '../../src/core/task.ts'
import { ASKER, type Rig, scale, startRig, THREAD } from './rig.ts'

let rig: Rig
beforeEach(async () => {
  rig = await startRig()
})
afterEach(() => rig.stop())

const task: TaskOf<'propose'> = {
  kind: 'propose',
  id: 'propose-1',
  thread: THREAD,
  asker: ASKER,
  at: '2026-11-21T10:00:00Z',
  cluster: 'prod',
  actions: [scale(5)],
  author: 'person',
  reason: '',
}

it.each([
  ['with all of it done', false],
  ['before it had noted what it opened', true],
])('delivered again %s', async (_, forgets) => {
  await rig.run(task)
  if (forgets) await rig.store.remove(`proposed:${task.id}`)
  await rig.run(task)
  expect(await rig.context.approvals.list()).toHaveLength(1)
  expect(rig.queue.filter(({ kind }) => kind === 'preview')).toHaveLength(1)
})
