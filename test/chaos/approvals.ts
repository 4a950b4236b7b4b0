// kill -9 of the executor at each step of a plan, over and over. Nothing approved may be lost, and nothing may be sent twice.
import { setTimeout as sleep } from 'node:timers/promises'
import { isSettled } from '../../src/safety/approval.ts'
import { createApprovals } from '../../src/safety/approvals.ts'
import { environmentOf, type Serving, startServe } from '../flows/serve.ts'
import { buttonOf, launch, type Ship } from '../flows/ship.ts'
import { startWire } from '../flows/wire.ts'

const MOMENTS = [
  'before the dry run',
  'before the request',
  'after the request',
  'after the answer',
  'soon after the click',
] as const
type Moment = (typeof MOMENTS)[number]

/** Resolves whether every approved plan came to an end, and none was sent twice. */
export async function approvalsChaos(rounds: number): Promise<boolean> {
  const ship = await launch({ roles: ['bot', 'worker'] })
  const victim = await startVictim(ship)
  try {
    for (let round = 0; round < rounds; round++) {
      const moment = MOMENTS[round % MOMENTS.length] as Moment
      await oneRound(ship, victim, round, moment)
      console.log(`${round + 1}/${rounds} killed ${moment}`)
    }
    return await count(ship, victim, rounds)
  } finally {
    await victim.stop()
    await ship.stop()
  }
}

async function oneRound(ship: Ship, victim: Victim, round: number, moment: Moment): Promise<void> {
  // two askers, because a person has a budget of changes
  const { root } = await ship.ask(
    // an object of its own for each round: whoever runs first ends the other plans for the same one
    `kubectl -n shop create configmap round-${round} --from-literal=chaos=yes`,
    /Approve/,
    round % 2 ? 'U1' : 'U3',
  )
  const card = await ship.until('the card', () => ship.thread(root).find((message) => buttonOf(message, 'Approve')))
  victim.dieAt(moment)
  ship.slack.press({ message: card, user: 'U2', action: buttonOf(card, 'Approve') ?? '' })
  if (moment === 'soon after the click') setTimeout(victim.kill, Math.random() * 150)
  const until = Date.now() + 5000
  while (victim.isAlive() && Date.now() < until) await sleep(20)
  if (!victim.isAlive()) await victim.start()
}

async function count(ship: Ship, victim: Victim, rounds: number): Promise<boolean> {
  const approvals = createApprovals(ship.app.store)
  const end = Date.now() + 120_000
  for (;;) {
    const open = (await approvals.list({ open: true })).filter(({ state }) => state !== 'pending')
    if (open.length === 0 || Date.now() > end) break
    await sleep(500)
  }
  const decided = (await approvals.list()).filter(({ decisions }) => decisions.length > 0)
  const lost = decided.filter((one) => !isSettled(one)).length
  const twice = [...victim.sent.values()].filter((times) => times > 1).length
  const states = decided.reduce<Record<string, number>>(
    (all, { state }) => ({ ...all, [state]: (all[state] ?? 0) + 1 }),
    {},
  )
  console.log(
    `approvals: ${victim.kills()} kills, ${decided.length} approved plans (${JSON.stringify(states)}): ${lost} lost, ${twice} twice`,
  )
  return lost === 0 && twice === 0 && decided.length === rounds
}

interface Victim {
  /** how often the change of each round has left the executor */
  sent: ReadonlyMap<string, number>
  dieAt(moment: Moment): void
  isAlive(): boolean
  kills(): number
  kill(): void
  start(): Promise<void>
  stop(): Promise<void>
}

/** An executor in a process of its own, behind a wire that sees where it is and kills it there. */
async function startVictim(ship: Ship): Promise<Victim> {
  const sent = new Map<string, number>()
  let moment: Moment | undefined
  let executor: Serving | undefined
  let kills = 0
  const wire = await startWire(ship.harbor.url, ({ method, path, body, dryRun }, answer, pass) => {
    if (method !== 'POST' || !path.includes('/configmaps')) return pass()
    if (dryRun) return moment === 'before the dry run' ? kill() : pass()
    const round = /round-\d+/.exec(body)?.[0] ?? 'unknown'
    sent.set(round, (sent.get(round) ?? 0) + 1)
    if (moment === 'before the request') return kill()
    if (moment === 'after the request') return pass(kill)
    if (moment === 'after the answer') answer.once('finish', () => setTimeout(kill, 2))
    pass()
  })
  const env = {
    ...(await environmentOf(ship.redis, ship.harbor, wire.url)),
    CLUSTERS: 'prod=practice',
    DATA_DIR: ship.dataDir,
  }

  function kill(): void {
    moment = undefined
    kills++
    void executor?.kill()
    executor = undefined
  }

  async function start(): Promise<void> {
    executor = await startServe(['--roles', 'executor'], env)
  }

  await start()
  return {
    sent,
    dieAt(next) {
      moment = next
    },
    isAlive: () => executor !== undefined,
    kills: () => kills,
    kill,
    start,
    async stop() {
      kill()
      await wire.close()
    },
  }
}
