// The troubles of test/chaos/slack-storm.ts in seconds instead of minutes: nothing lost, nothing twice, order kept.
import { expect, it } from 'vitest'
import { slackStorm } from '../../chaos/slack-storm.ts'

it('an outage, limits on everything and broken sockets lose nothing, say nothing twice and keep the order', async () => {
  const report = await slackStorm({ threads: 6, outageMs: 1500, limitedMs: 1500, cutsMs: 1200, everyMs: 300 })
  expect(report).toMatchObject({ lost: 0, twice: 0, disordered: 0, dead: 0 })
  expect(report.asked).toBeGreaterThan(15)
  expect(report.limited).toBeGreaterThan(0)
}, 90_000)
