// kill -9 of the executor while a request is on its way: what really happened is read from the cluster, and nothing is sent twice.
import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { FakeMessage } from '../fakes/slack/world.ts'
import { temporaryFolder } from '../store/redis-server.ts'
import { buttonOf, launch, type Ship, textOf } from './ship.ts'

const BIN = join(import.meta.dirname, '../../src/bin.mjs')
let ship: Ship
let proxy: Server
let executor: ChildProcess | undefined
let env: Record<string, string>
const writes: string[] = []
const stalled: string[] = []

beforeAll(async () => {
  ship = await launch({ roles: ['bot', 'worker'] })
  proxy = createServer((incoming, outgoing) => void pass(incoming, outgoing))
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const folder = temporaryFolder()
  const kubeconfig = join(folder, 'kubeconfig')
  await writeFile(
    kubeconfig,
    ship.harbor.kubeconfig().replaceAll(ship.harbor.url, `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`),
  )
  env = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    KUBECONFIG: kubeconfig,
    CLUSTERS: 'prod=practice',
    DATA_DIR: ship.dataDir,
    REDIS_URL: ship.redis.url,
    HEALTH_PORT: '0',
    LOG_LEVEL: 'error',
  }
  await start()
}, 60_000)

afterAll(async () => {
  executor?.kill('SIGKILL')
  proxy.closeAllConnections()
  proxy.close()
  await ship.stop()
})

/** Changes of `catalog` take effect but are never answered; changes of `web` never arrive. */
async function pass(incoming: IncomingMessage, outgoing: import('node:http').ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const path = incoming.url ?? ''
  const real = incoming.method === 'PATCH' && !path.includes('dryRun')
  const name = path.split('?')[0]?.split('/').at(-1) ?? ''
  if (real) writes.push(name)
  if (real && name === 'web') {
    stalled.push(name)
    return
  }
  const url = new URL(path, ship.harbor.url)
  const forward = request(
    url,
    { method: incoming.method, headers: { ...incoming.headers, host: url.host } },
    (answer) => {
      if (real && name === 'catalog') {
        answer.resume()
        stalled.push(name)
        return
      }
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(outgoing)
    },
  )
  forward.on('error', () => outgoing.destroy())
  forward.end(Buffer.concat(chunks))
}

async function start(): Promise<void> {
  const child = spawn(process.execPath, [BIN, 'serve', '--roles', 'executor'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  executor = child
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => chunk.toString().includes('ready') && resolve())
    child.once('exit', (code) => reject(new Error(`the executor ended with ${code}: ${errors}`)))
  })
}

async function approved(question: string): Promise<FakeMessage> {
  const { root } = await ship.ask(question, /Approve/)
  const card = await ship.until('the card', () => ship.thread(root).find((message) => buttonOf(message, 'Approve')))
  ship.slack.press({ message: card, user: 'U2', action: buttonOf(card, 'Approve') ?? '' })
  return root
}

it('settles both: the one that took effect is done, the one that did not is said, and each was sent once', async () => {
  const done = await approved('scale catalog to 5 in shop')
  const lost = await approved('scale web to 6 in shop')
  await ship.until('both on their way', () => stalled.length === 2)
  const gone = new Promise((resolve) => {
    executor?.removeAllListeners('exit')
    executor?.once('exit', resolve)
  })
  executor?.kill('SIGKILL')
  await gone
  await start()
  await ship.until(
    'both settled',
    () =>
      /every step took effect/.test(textOf(ship.thread(done))) &&
      /0 of 1 steps in effect/.test(textOf(ship.thread(lost))),
    60_000,
  )
  expect(writes.sort()).toEqual(['catalog', 'web'])
  expect(ship.harbor.world.get('Deployment', 'shop', 'catalog').spec.replicas).toBe(5)
  expect(ship.harbor.world.get('Deployment', 'shop', 'web').spec.replicas).toBe(3)
}, 120_000)
