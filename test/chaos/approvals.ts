// kill -9 of the executor at each step of a plan, over and over. Nothing approved may be lost, and nothing may be sent twice.
import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isSettled } from '../../src/safety/approval.ts'
import { createApprovals } from '../../src/safety/approvals.ts'
import { buttonOf, launch, type Ship } from '../flows/ship.ts'
import { temporaryFolder } from '../store/redis-server.ts'

const BIN = join(import.meta.dirname, '../../src/bin.mjs')
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

/** An executor in a process of its own, behind a proxy that sees where it is and kills it there. */
async function startVictim(ship: Ship): Promise<Victim> {
  const sent = new Map<string, number>()
  let moment: Moment | undefined
  let executor: ChildProcess | undefined
  let kills = 0
  const proxy = createServer((incoming, answer) => void pass(incoming, answer))
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const folder = temporaryFolder()
  const kubeconfig = join(folder, 'kubeconfig')
  await writeFile(
    kubeconfig,
    ship.harbor.kubeconfig().replaceAll(ship.harbor.url, `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`),
  )

  async function pass(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const path = incoming.url ?? ''
    const isChange = incoming.method === 'POST' && path.includes('/configmaps')
    const isReal = isChange && !path.includes('dryRun')
    if (isChange && !isReal && moment === 'before the dry run') return kill()
    if (isReal) {
      const round = /round-\d+/.exec(body.toString())?.[0] ?? 'unknown'
      sent.set(round, (sent.get(round) ?? 0) + 1)
      if (moment === 'before the request') return kill()
    }
    const to = request(
      new URL(path, ship.harbor.url),
      { method: incoming.method, headers: { ...incoming.headers, host: new URL(ship.harbor.url).host } },
      (from) => {
        if (isReal && moment === 'after the request') {
          from.resume()
          return kill()
        }
        answer.writeHead(from.statusCode ?? 500, from.headers)
        from.pipe(answer)
        if (isReal && moment === 'after the answer') setTimeout(kill, 2)
      },
    )
    to.on('error', () => answer.destroy())
    to.end(body)
  }

  function kill(): void {
    moment = undefined
    kills++
    executor?.removeAllListeners('exit')
    executor?.kill('SIGKILL')
    executor = undefined
  }

  async function start(): Promise<void> {
    const env = {
      PATH: process.env.PATH ?? '',
      HOME: folder,
      KUBECONFIG: kubeconfig,
      CLUSTERS: 'prod=practice',
      DATA_DIR: ship.dataDir,
      REDIS_URL: ship.redis.url,
      HEALTH_PORT: '0',
      LOG_LEVEL: 'error',
    }
    const child = spawn(process.execPath, [BIN, 'serve', '--roles', 'executor'], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    executor = child
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => chunk.toString().includes('ready') && resolve())
      child.once('exit', (code) => reject(new Error(`the executor ended with ${code}`)))
    })
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
      proxy.closeAllConnections()
      await new Promise((resolve) => proxy.close(resolve))
    },
  }
}
