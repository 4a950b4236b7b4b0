// Slack at its worst, while people go on asking: away for minutes, limiting everything, dropping sockets, every event twice and
// out of order. Two bots on one store. Short in the tests, long in `npm run chaos -- chat`.
import { setTimeout as sleep } from 'node:timers/promises'
import { createSlack } from '../../src/chat/slack/adapter.ts'
import { type Card, textCard } from '../../src/core/card.ts'
import type { Task } from '../../src/core/task.ts'
import { threadKey } from '../../src/core/thread.ts'
import { startBot } from '../chat/rigs/bot.ts'
import { slackConfig } from '../chat/rigs/slack.ts'
import { eventually, startRedis } from '../chat/support.ts'
import { showBlocks } from '../fakes/slack/show.ts'
import { startFakeSlack } from '../fakes/slack/slack.ts'

export interface StormOptions {
  /** conversations, each in a channel of its own */
  threads: number
  /** how long each of the troubles lasts, in ms */
  outageMs: number
  limitedMs: number
  cutsMs: number
  /** somebody asks this often */
  everyMs: number
  log?: (line: string) => void
}

export interface StormReport {
  asked: number
  /** without an answer, or with an unfinished one */
  lost: number
  twice: number
  /** threads whose answers are not in the order in which they were given */
  disordered: number
  dead: number
  /** how often Slack had to say 429 */
  limited: number
}

export async function slackStorm(options: StormOptions): Promise<StormReport> {
  const { log = () => {} } = options
  const redis = await startRedis()
  const slack = await startFakeSlack({ twice: true, shuffleMs: 400, redeliverMs: 1000 })
  slack.addUser({ id: 'U1', name: 'mira' })
  const given = new Map<string, string[]>()
  const taken = new Set<string>()

  const start = async () =>
    startBot(await redis.connect(), (parts) => createSlack({ ...parts, config: slackConfig(slack) }), {
      taken,
      leaseMs: 3000,
      async onTask(task: Task, outbox) {
        if (task.kind !== 'answer') return
        const name = threadKey(task.thread)
        given.set(name, [...(given.get(name) ?? []), task.text])
        const put = (card: Card, growing: object) =>
          outbox.put({
            kind: 'post',
            key: task.id,
            thread: task.thread,
            card,
            attachments: [],
            root: false,
            ...growing,
          })
        await put({ blocks: [{ kind: 'note', text: '⏳ Looking…' }], controls: [] }, { growing: task.asker })
        void sleep(300).then(() => put(textCard(`answer to ${task.text}`), {}))
      },
    })
  const bots = [await start(), await start()]

  const roots = Array.from({ length: options.threads }, (_, n) => {
    const channel = slack.addChannel({ id: `C${String(n).padStart(4, '0')}` }).id
    return slack.mention({ channel, user: 'U1', text: 'q0' })
  })
  const asked = new Set(roots.map(({ channel }) => `${channel} q0`))
  let asking = true
  const people = (async () => {
    for (let n = 1; asking; n += 1) {
      await sleep(options.everyMs)
      const { channel, ts } = roots[n % roots.length]!
      // in a thread of ours nobody has to mention us
      const say = n % 2 ? slack.write : slack.mention
      say({ channel, user: 'U1', text: `q${n}`, thread_ts: ts })
      asked.add(`${channel} q${n}`)
    }
  })()

  await sleep(500)
  log(`Slack is away for ${options.outageMs} ms`)
  slack.outage(true)
  await sleep(options.outageMs)
  slack.outage(false)
  log(`everything is limited for ${options.limitedMs} ms`)
  const calm = slack.fault({ method: '*', retryAfter: 1 })
  await sleep(options.limitedMs)
  calm()
  log(`sockets break for ${options.cutsMs} ms`)
  for (const end = Date.now() + options.cutsMs; Date.now() < end; await sleep(400)) slack.wire.cut()
  asking = false
  await people

  const answers = () =>
    slack.world.messages.flatMap((one) => {
      const text = one.bot_id ? showBlocks(one.blocks ?? []) : ''
      const question = /answer to (q\d+)$/.exec(text)?.[1]
      return question && !one.streaming
        ? [{ name: `${one.channel} ${question}`, question, channel: one.channel, ts: one.ts }]
        : []
    })
  await eventually(
    'every answer',
    () => new Set(answers().map(({ name }) => name)).size === asked.size,
    60_000 + 3 * options.outageMs,
  ).catch(() => undefined)
  // what would come twice gets its chance
  await sleep(2000)
  const all = answers()
  const unfinished = slack.world.messages.filter((one) => one.bot_id && !/answer to/.test(showBlocks(one.blocks ?? [])))
  const report = {
    asked: asked.size,
    lost: [...asked].filter((name) => !all.some((one) => one.name === name)).length + unfinished.length,
    twice: all.length - new Set(all.map(({ name }) => name)).size,
    disordered: [...given].filter(([name, questions]) => {
      const channel = name.split('/')[2]
      const shown = all.filter((one) => one.channel === channel).toSorted((a, b) => a.ts.localeCompare(b.ts))
      return shown.map(({ question }) => question).join() !== questions.join()
    }).length,
    dead: (await bots[0]!.outbox.dead()).length,
    limited: slack.requests.filter(({ status }) => status === 429).length,
  }
  for (const bot of bots) await bot.stop()
  await slack.stop()
  await redis.stop()
  return report
}
