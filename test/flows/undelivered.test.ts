// An answer that Slack takes nowhere: whoever asked is told, and the operator finds it in `doctor` and in the metrics.
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { doctor } from '../../src/cli/doctor.ts'
import { showBlocks } from '../fakes/slack/show.ts'
import { temporaryFolder } from '../store/redis-server.ts'
import { launch, type Ship } from './ship.ts'

let ship: Ship
beforeAll(async () => {
  ship = await launch()
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await ship.stop()
})

it('is told in private, listed by doctor, and counted', async () => {
  const { slack, app } = ship
  slack.addChannel({ id: 'CNEWS', members: ['U1', slack.world.botUser], is_restricted: true })
  slack.mention({ channel: 'CNEWS', user: 'U1', text: 'how many pods are not ready in shop?' })
  const note = await slack.until('the note', () => slack.said(slack.dm('U1'))[0], 20_000)
  expect(showBlocks(note.blocks!)).toMatch(/^I cannot answer you there\. Slack refused: restricted_action\./)
  expect(slack.said('CNEWS')).toEqual([])

  expect(await app.metrics.text()).toMatch(/^firstmate_outbox_dead [1-9]/m)
  const env = {
    REDIS_URL: ship.redis.url,
    DATA_DIR: temporaryFolder(),
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_APP_TOKEN: slack.appToken,
    SLACK_API_URL: slack.apiUrl,
  }
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  let out = ''
  const io = { out: (text: string) => (out += text), err: () => undefined }
  expect(await doctor([], io as never)).toBe(1)
  expect(out).toMatch(/^✗ undelivered +\S+ to slack CNEWS: Slack refused: restricted_action\.$/m)
}, 60_000)
