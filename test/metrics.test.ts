import { expect, it } from 'vitest'
import { createMetrics } from '../src/metrics.ts'

it('counts, sets, watches and observes by name, each registry for itself', async () => {
  const [metrics, other] = [createMetrics(), createMetrics()]
  metrics.count('tasks_total', 'Tasks.', { kind: 'answer' })
  metrics.count('tasks_total', 'Tasks.', { kind: 'answer' }, 2)
  metrics.set('open', 'Open.', 5)
  let waiting = 3
  metrics.watch('waiting', 'Waiting.', () => waiting, { role: 'bot' })
  metrics.observe('seconds', 'Seconds.', 0.3)
  let text = await metrics.text()
  expect(text).toContain('firstmate_tasks_total{kind="answer"} 3')
  expect(text).toContain('firstmate_open 5')
  expect(text).toContain('firstmate_waiting{role="bot"} 3')
  expect(text).toContain('firstmate_seconds_bucket{le="0.5"} 1')
  waiting = 4
  text = await metrics.text()
  expect(text).toContain('firstmate_waiting{role="bot"} 4')
  expect((await other.text()).trim()).toBe('')
})

it('a watched number that cannot be read is left out, and the rest is there', async () => {
  const metrics = createMetrics({ process: true })
  metrics.watch('gone', 'Gone.', () => Promise.reject(new Error('away')), { role: 'bot' })
  const text = await metrics.text()
  expect(text).not.toMatch(/^firstmate_gone\{/m)
  expect(text).toContain('process_resident_memory_bytes')
})
