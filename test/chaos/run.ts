// `npm run chaos -- chat [MINUTES]`: see chat.ts. `npm run chaos [-- ROUNDS]`: kill -9 of the executor at a random moment of each plan. Nothing approved may be lost, and nothing may be sent twice.
import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isSettled } from '../../src/safety/approval.ts'
import { createApprovals } from '../../src/safety/approvals.ts'
import { buttonOf, launch } from '../flows/ship.ts'
import { temporaryFolder } from '../store/redis-server.ts'

if (process.argv[2] === 'chat') {
  const { chatChaos } = await import('./chat.ts')
  process.exit((await chatChaos(Number(process.argv[3] ?? 2))) ? 0 : 1)
}

const MOMENTS = [
  'before the dry run',
  'before the request',
  'after the request',
  'after the answer',
  'soon after the click',
] as const
const rounds = Number(process.argv[2] ?? 50)
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error('chaos takes a number of rounds from 1.')
  process.exit(2)
}

const ship = await launch({ roles: ['bot', 'worker'] })
const sent = new Map<string, number>()
let moment: (typeof MOMENTS)[number] | undefined
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
  const isReal = incoming.method === 'PATCH' && !path.includes('dryRun')
  if (incoming.method === 'PATCH' && !isReal && moment === 'before the dry run') return kill()
  if (isReal) {
    // the patch tests the value before it sets its own
    const round = [...body.toString().matchAll(/round-\d+/g)].at(-1)?.[0] ?? 'unknown'
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
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, '../../src/bin.mjs'), 'serve', '--roles', 'executor'],
    { env, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  executor = child
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => chunk.toString().includes('ready') && resolve())
    child.once('exit', (code) => reject(new Error(`the executor ended with ${code}`)))
  })
}

await start()
for (let round = 0; round < rounds; round++) {
  // two askers, because a person has a budget of changes
  const { root } = await ship.ask(
    `kubectl -n shop annotate deployment catalog chaos=round-${round} --overwrite`,
    /Approve/,
    round % 2 ? 'U1' : 'U3',
  )
  const card = await ship.until('the card', () => ship.thread(root).find((message) => buttonOf(message, 'Approve')))
  const chosen = MOMENTS[round % MOMENTS.length]
  moment = chosen
  ship.slack.press({ message: card, user: 'U2', action: buttonOf(card, 'Approve') ?? '' })
  if (chosen === 'soon after the click') setTimeout(kill, Math.random() * 150)
  const until = Date.now() + 5000
  while (executor && Date.now() < until) await sleep(20)
  if (!executor) await start()
  console.log(`${round + 1}/${rounds} killed ${chosen}`)
}

const approvals = createApprovals(ship.app.store)
const end = Date.now() + 120_000
for (;;) {
  const open = (await approvals.list({ open: true })).filter(({ state }) => state !== 'pending')
  if (open.length === 0 || Date.now() > end) break
  await sleep(500)
}
const decided = (await approvals.list()).filter(({ decisions }) => decisions.length > 0)
const lost = decided.filter((one) => !isSettled(one)).length
const twice = [...sent.values()].filter((times) => times > 1).length
console.log(`${kills} kills, ${decided.length} approved plans: ${lost} lost, ${twice} twice`)
kill()
proxy.closeAllConnections()
proxy.close()
await ship.stop()
process.exit(lost === 0 && twice === 0 && decided.length === rounds ? 0 : 1)
