// `npm run chaos -- incidents [ROUNDS]`: a storm each round, and kill -9 of every process at a random moment of it. No message twice, no incident lost.
import { setTimeout as sleep } from 'node:timers/promises'
import { type Crew, type Member, muster } from '../flows/incident-crew.ts'
import { report } from '../flows/storm.ts'

const EVENTS = 1600
const MEMBERS: readonly Member[] = ['bot', 'first', 'second']
/** the first round has the long outage of the chat platform, the others short ones */
const LONG_OUTAGE_MS = 120_000

/** Resolves whether every round went well. */
export async function incidentsChaos(rounds: number): Promise<boolean> {
  let kills = 0
  let twice = 0
  let lost = 0
  for (let round = 0; round < rounds; round++) {
    const crew = await muster()
    try {
      const faults = await storm(crew, round === 0 ? LONG_OUTAGE_MS : 2000 + Math.random() * 6000)
      kills += MEMBERS.length
      const missing = 40 - (await crew.workloads())
      twice += faults.length
      lost += missing
      const how =
        [...faults, ...(missing === 0 ? [] : [`${missing} workloads are in no incident`])].join('; ') || 'well'
      console.log(`${round + 1}/${rounds} ${how}`)
      if (how !== 'well') for (const board of crew.boards) console.log(board.show())
    } finally {
      await crew.stop()
    }
  }
  console.log(`${rounds} storms, ${kills} kills: ${twice} messages too many or too few, ${lost} workloads lost`)
  return twice === 0 && lost === 0
}

async function storm(crew: Crew, outageMs: number): Promise<string[]> {
  const plan = new Map<number, () => Promise<void>>()
  const at = (what: () => Promise<void>) => {
    let index = Math.floor(Math.random() * EVENTS)
    while (plan.has(index)) index = (index + 1) % EVENTS
    plan.set(index, what)
  }
  for (const member of MEMBERS)
    at(async () => {
      await crew.kill(member)
      await sleep(Math.random() * 3000)
      await crew.start(member)
    })
  at(() => crew.redis.restart(Math.random() * 1000))
  at(async () => crew.harbor.disconnect())
  at(async () => {
    for (const board of crew.boards) board.outage(true)
    await sleep(outageMs)
    for (const board of crew.boards) board.outage(false)
  })
  const under: Promise<void>[] = []
  for (let index = 0; index < EVENTS; index++) {
    report(crew.harbor, index)
    const now = plan.get(index)
    if (now) under.push(now())
    if (index % 20 === 19) await sleep(100)
  }
  await Promise.all(under)
  await crew.settled(90_000)
  return crew.faults()
}
