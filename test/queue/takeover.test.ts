// Workers that are killed, asked to stop, or lose Redis under load: no task is lost, no change is repeated, threads keep their order.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../store/redis-server.ts'
import { queueRig } from './rig.ts'
import { answer, execute } from './tasks.ts'

let children: ChildProcess[] = []
const killAll = () => {
  for (const child of children) child.kill('SIGKILL')
  children = []
}
beforeEach(killAll)
afterAll(killAll)
const rig = queueRig()

async function startProcess(name: string, role = 'worker', workMs = 300): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'process.ts'), rig.server.url, role, name, String(workMs)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  children.push(child)
  await once(child.stdout, 'data')
  return child
}

const runs = () => rig.store.redis.lrange('runs', 0, -1)
const has = async (line: string) => (await runs()).some((one) => one.startsWith(line))

describe('a worker that is killed', () => {
  it('has its task taken over within ten seconds, and the thread keeps its order', async () => {
    const victim = await startProcess('a', 'worker', 60_000)
    const [first, second, third] = [answer('t', 1), answer('t', 2), answer('t', 3)]
    for (const task of [first, second, third]) await rig.queue.enqueue(task)
    await eventually(() => has(`start a ${first.id}`))
    await startProcess('b')
    await sleep(2_500)
    victim.kill('SIGKILL')
    const killed = performance.now()
    await eventually(() => has(`start b ${first.id}`), 10_000)
    expect(performance.now() - killed).toBeLessThan(10_000)
    await eventually(() => has(`end b ${third.id}`), 15_000)
    expect((await runs()).filter((line) => line.includes(' b '))).toEqual(
      [first, second, third].flatMap(({ id }) => [`start b ${id}`, `end b ${id}`]),
    )
  })

  it('does not have a change repeated: it failed, and that is said once', async () => {
    const task = execute(1)
    const victim = await startProcess('a', 'executor', 60_000)
    await rig.queue.enqueue(task)
    await eventually(() => has(`start a ${task.id}`))
    victim.kill('SIGKILL')
    await startProcess('b', 'executor')
    await eventually(() => has(`failed b ${task.id}`), 12_000)
    await sleep(1_500)
    const lines = await runs()
    expect(lines.filter((line) => line.startsWith('start'))).toHaveLength(1)
    expect(lines.filter((line) => line.startsWith('failed'))).toHaveLength(1)
    const [failed] = await rig.queue.failedTasks()
    expect(failed).toMatchObject({
      task: task.id,
      kind: 'execute',
      error: expect.stringMatching(/ended before it was done/),
    })
    expect(lines.at(-1)).toContain(` ${failed?.id} `)
  })
})

describe('a worker that is asked to stop', () => {
  it('finishes what it runs, takes nothing more, and leaves the rest to others', async () => {
    const leaving = await startProcess('a', 'worker', 500)
    const [first, second] = [answer('s', 1), answer('s', 2)]
    await rig.queue.enqueue(first)
    await eventually(() => has(`start a ${first.id}`))
    await rig.queue.enqueue(second)
    leaving.kill('SIGTERM')
    await once(leaving, 'exit')
    expect(await has(`end a ${first.id}`)).toBe(true)
    await startProcess('b')
    await eventually(() => has(`end b ${second.id}`))
    expect(await runs()).toHaveLength(4)
  })
})

describe('Redis killed and restarted under load', () => {
  it('loses no task and breaks no order', async () => {
    await startProcess('a', 'worker', 5)
    await startProcess('b', 'worker', 5)
    const tasks = Array.from({ length: 300 }, (_, i) => answer(`t${i % 20}`, Math.floor(i / 20)))
    const enqueued = (async () => {
      for (const task of tasks) {
        // as a platform does: delivered again until it is taken
        while (!(await rig.queue.enqueue(task).catch(() => undefined))) await sleep(50)
      }
    })()
    await sleep(150)
    await rig.server.restart(300)
    await sleep(400)
    await rig.server.restart(100)
    await enqueued
    await eventually(
      async () =>
        new Set((await runs()).filter((line) => line.startsWith('end')).map((line) => line.split(' ')[2])).size === 300,
      25_000,
    )
    const ends = (await runs()).filter((line) => line.startsWith('end')).map((line) => line.split(' ')[2])
    for (const thread of new Set(tasks.map((task) => task.thread.thread))) {
      const expected = tasks.filter((task) => task.thread.thread === thread).map((task) => task.id)
      const first = [...new Set(ends.filter((id) => id && expected.includes(id)))]
      expect(first).toEqual(expected)
    }
    // the write of a run's end may itself be cut off, so a few may run again; each task still ends
    expect(ends.length).toBeLessThan(330)
  }, 60_000)
})
