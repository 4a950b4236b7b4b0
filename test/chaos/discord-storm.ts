// Discord at its worst, while people go on asking: away for minutes, limiting everything, dropping its connection and forgetting the
// session, every event twice and out of order. Two bots with one token. Short in the tests, long in `npm run chaos -- chat`.
import { setTimeout as sleep } from 'node:timers/promises'
import { createDiscord } from '../../src/chat/discord/adapter.ts'
import { textCard } from '../../src/core/card.ts'
import { startBot } from '../chat/rigs/bot.ts'
import { discordConfig, harbour, MIRA } from '../chat/rigs/discord.ts'
import { eventually, startRedis } from '../chat/support.ts'
import { showBody } from '../fakes/discord/show.ts'
import type { StormOptions, StormReport } from './slack-storm.ts'

export async function discordStorm(options: StormOptions): Promise<StormReport> {
  const { log = () => {} } = options
  const redis = await startRedis()
  const discord = await harbour({ twice: true, shuffleMs: 100 })
  const given = new Map<string, string[]>()
  const taken = new Set<string>()

  const start = async () =>
    startBot(
      await redis.connect(),
      (parts) => createDiscord({ ...parts, config: discordConfig(discord) }, { leaseMs: 3000 }),
      {
        taken,
        leaseMs: 3000,
        async onTask(task, outbox) {
          if (task.kind !== 'answer') return
          const name = task.thread.thread
          given.set(name, [...(given.get(name) ?? []), task.text])
          const put = (text: string) =>
            outbox.put({
              kind: 'post',
              key: task.id,
              thread: task.thread,
              card: textCard(text),
              attachments: [],
              root: false,
            })
          await put('⏳ Looking…')
          void sleep(300).then(() => put(`answer to ${task.text}`))
        },
      },
    )
  const bots = [await start(), await start()]

  const roots = Array.from({ length: options.threads }, () =>
    discord.mention({ channel: discord.addChannel({}).id, user: MIRA, text: 'q0' }),
  )
  const asked = new Set(roots.map(({ id }) => `${id} q0`))
  await discord.until('the threads', () => roots.every(({ id }) => discord.world.channels.has(id)))
  let asking = true
  const people = (async () => {
    for (let n = 1; asking; n += 1) {
      await sleep(options.everyMs)
      const { id } = roots[n % roots.length]!
      // in a thread of ours nobody has to mention us
      const say = n % 2 ? discord.write : discord.mention
      say({ channel: id, user: MIRA, text: `q${n}` })
      asked.add(`${id} q${n}`)
    }
  })()

  await sleep(500)
  log(`Discord is away for ${options.outageMs} ms`)
  discord.outage(true)
  await sleep(options.outageMs)
  discord.outage(false)
  log(`everything is limited for ${options.limitedMs} ms`)
  const calm = discord.fault({ route: '*', retryAfter: 1, scope: 'global' })
  await sleep(options.limitedMs)
  calm()
  log(`the connection breaks for ${options.cutsMs} ms`)
  for (const end = Date.now() + options.cutsMs; Date.now() < end; await sleep(800)) discord.gateway.cut()
  log('a new session')
  discord.gateway.forget()
  discord.gateway.cut()
  asking = false
  await people

  const answers = () =>
    roots.flatMap(({ id }) =>
      discord.said(id).flatMap((message) => {
        const question = /answer to (q\d+)$/.exec(showBody(message))?.[1]
        return question ? [{ name: `${id} ${question}`, question, thread: id }] : []
      }),
    )
  await eventually(
    'every answer',
    () => new Set(answers().map(({ name }) => name)).size === asked.size,
    60_000 + 3 * options.outageMs,
  ).catch(() => undefined)
  // what would come twice gets its chance
  await sleep(1500)
  const all = answers()
  const unfinished = roots.flatMap(({ id }) => discord.said(id)).filter((one) => !/answer to/.test(showBody(one)))
  const report = {
    asked: asked.size,
    lost: [...asked].filter((name) => !all.some((one) => one.name === name)).length + unfinished.length,
    twice: all.length - new Set(all.map(({ name }) => name)).size,
    disordered: [...given].filter(([thread, questions]) => {
      const shown = all.filter((one) => one.thread === thread)
      return shown.map(({ question }) => question).join() !== questions.join()
    }).length,
    dead: (await bots[0]!.outbox.dead()).length,
    limited: discord.requests.filter(({ status }) => status === 429).length,
  }
  for (const bot of bots) await bot.stop()
  await discord.stop()
  await redis.stop()
  return report
}
