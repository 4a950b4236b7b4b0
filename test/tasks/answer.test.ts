// How often the line changes that says what is being looked at, and that the answer comes last whatever is set.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import type { Agent } from '../../src/agent/contract.ts'
import { loadConfig } from '../../src/config.ts'
import { answer } from '../../src/tasks/answer.ts'
import { ASKER, type Rig, startRig, THREAD } from './rig.ts'

let rig: Rig | undefined
afterEach(async () => {
  await rig?.stop()
  rig = undefined
})

/** Says a line of progress every 50 ms for a second, 300 ms after it began. */
const talkative: Agent = async (_question, { progress }) => {
  await sleep(300)
  for (let n = 1; n <= 20; n += 1) {
    progress(`Looking at pod ${n}`)
    await sleep(50)
  }
  return { text: 'All is well.' }
}

/** Everything that was put as the message of the answer, in order, and when. */
async function saidWith(env: Record<string, string>): Promise<{ text: string; at: number }[]> {
  rig = await startRig({ env })
  const { context } = rig
  const said: { text: string; at: number }[] = []
  const outbox: typeof context.outbox = {
    ...context.outbox,
    async put(one) {
      if (one.kind === 'post') said.push({ text: JSON.stringify(one.card.blocks), at: performance.now() })
      return context.outbox.put(one)
    },
  }
  const task = { kind: 'answer', id: 'answer-1', thread: THREAD, asker: ASKER, at: '', text: 'how is shop?' } as const
  await answer(task, { ...context, outbox, agent: talkative }, new AbortController().signal)
  return said
}

it('changes at most as often as PROGRESS_EVERY says', async () => {
  const said = await saidWith({ PROGRESS_EVERY: '300ms' })
  expect(said[0]?.text).toContain('Looking…')
  expect(said.at(-1)?.text).toContain('All is well.')
  const lines = said.slice(1, -1)
  expect(lines.length).toBeGreaterThanOrEqual(2)
  for (const { text } of lines) expect(text).toMatch(/Looking at pod \d+/)
  const pauses = lines.slice(1).map(({ at }, n) => at - (lines[n]?.at ?? 0))
  // a timer may come a moment early by this clock
  for (const pause of pauses) expect(pause).toBeGreaterThan(280)
})

it.each(['off', '60s'])('%s: nothing stands between "Looking…" and an answer that comes soon', async (every) => {
  const said = await saidWith({ PROGRESS_EVERY: every })
  expect(said).toHaveLength(2)
  expect(said[0]?.text).toContain('Looking…')
  expect(said[1]?.text).toContain('All is well.')
})

it('is five seconds, and refuses what is no time with what is allowed', () => {
  expect(loadConfig({}, false).PROGRESS_EVERY).toBe(5000)
  expect(() => loadConfig({ PROGRESS_EVERY: 'often' }, false)).toThrow(
    'PROGRESS_EVERY is "often"; allowed is off, or a number with a unit: 500ms, 30s, 10m.',
  )
})

it('fails, and takes nothing with it, when a tool call cannot be put on record', async () => {
  rig = await startRig()
  const { context } = rig
  const audit: typeof context.audit = {
    ...context.audit,
    append: (entry) =>
      entry.kind === 'tool' ? Promise.reject(new Error('Redis is gone')) : context.audit.append(entry),
  }
  const task = { kind: 'answer', id: 'answer-2', thread: THREAD, asker: ASKER, at: '', text: 'how is shop?' } as const
  const signal = new AbortController().signal
  const call = { id: 'c1', agent: 'monitoring', tool: 'get_pods', args: '{}', ok: true }
  const failing: Agent = async (_question, { onCall }) => {
    onCall?.(call)
    await sleep(20)
    throw new Error('the model broke')
  }
  // a rejection that nobody hears would end the process, and this run of the tests
  await expect(answer(task, { ...context, audit, agent: failing }, signal)).rejects.toThrow('the model broke')
  const fine: Agent = async (_question, { onCall }) => {
    onCall?.(call)
    return { text: 'All is well.' }
  }
  await expect(answer(task, { ...context, audit, agent: fine }, signal)).rejects.toThrow('Redis is gone')
})
