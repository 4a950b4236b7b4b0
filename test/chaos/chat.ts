// `npm run chaos -- chat [MINUTES]`: the platforms of chat at their worst, for so long (default: 2 minutes of each trouble).
import { discordStorm } from './discord-storm.ts'
import { slackStorm } from './slack-storm.ts'

/** Resolves whether nothing was lost, said twice or out of order on any platform. */
export async function chatChaos(minutes: number): Promise<boolean> {
  const each = minutes * 60_000
  // Slack allows about 40 edits a minute in a workspace: more questions than that only make the queue longer
  const log = (line: string) => console.log(`slack: ${line}`)
  const slack = await slackStorm({ threads: 20, outageMs: each, limitedMs: each, cutsMs: each, everyMs: 3000, log })
  console.log(`slack: ${JSON.stringify(slack)}`)
  const tell = (line: string) => console.log(`discord: ${line}`)
  const storm = { threads: 20, outageMs: each, limitedMs: each, cutsMs: each, everyMs: 1500, log: tell }
  const discord = await discordStorm(storm)
  console.log(`discord: ${JSON.stringify(discord)}`)
  return [slack, discord].every((one) => one.lost + one.twice + one.disordered + one.dead === 0)
}
