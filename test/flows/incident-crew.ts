// A crew of separate processes in a storm: a bot with a worker, and two watchers, which a story kills and starts again. Slack and Discord hear of the same cluster.
import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Harbor, startHarbor } from '../../src/harbor/index.ts'
import { createDesk, type Desk } from '../../src/incidents/desk.ts'
import { silentLogger } from '../../src/log.ts'
import { connectStore } from '../../src/store/redis.ts'
import { GUILD, startFakeDiscord } from '../fakes/discord/discord.ts'
import { startFakeSlack } from '../fakes/slack/slack.ts'
import { type RedisServer, startRedis, temporaryFolder } from '../store/redis-server.ts'
import { type Board, discordBoard, slackBoard } from './boards.ts'
import { stormyWorld } from './storm.ts'

const BIN = join(import.meta.dirname, '../../src/bin.mjs')
const ROLES = { bot: 'bot,worker', first: 'watcher', second: 'watcher' } as const
export type Member = keyof typeof ROLES

export interface Crew {
  harbor: Harbor
  boards: Board[]
  redis: RedisServer
  desk: Desk
  start(member: Member): Promise<void>
  kill(member: Member): Promise<void>
  /** workloads that are in an open incident */
  workloads(): Promise<number>
  /** all is said: every workload in an incident, every root with its diagnosis, nothing left in the outbox */
  settled(ms: number): Promise<void>
  /** what is wrong with what was said; empty when on each platform each of the four causes has one root and one diagnosis */
  faults(): string[]
  stop(): Promise<void>
}

/** The storm of storm.ts, with everybody on board. */
export async function muster(): Promise<Crew> {
  const [harbor, slack, discord, redis] = await Promise.all([
    startHarbor({ load: stormyWorld(), controllers: false }),
    startFakeSlack(),
    startFakeDiscord(),
    startRedis(),
  ])
  const { id: channel } = discord.addChannel({ name: 'incidents' })
  const boards = [slackBoard(slack, 'COPS'), discordBoard(discord, channel)]
  const folder = temporaryFolder()
  const kubeconfig = join(folder, 'kubeconfig')
  await writeFile(kubeconfig, harbor.kubeconfig())
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    KUBECONFIG: kubeconfig,
    DATA_DIR: folder,
    REDIS_URL: redis.url,
    HEALTH_PORT: '0',
    LOG_LEVEL: 'error',
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_APP_TOKEN: slack.appToken,
    SLACK_API_URL: slack.apiUrl,
    DISCORD_BOT_TOKEN: discord.token,
    DISCORD_API_URL: discord.apiUrl,
    DISCORD_GUILDS: GUILD,
    INCIDENT_CHANNELS: `slack:COPS,discord:${channel}`,
    WATCHDOG_CHECKS_EVERY: '0s',
    INCIDENT_EDIT_EVERY: '3s',
  }
  const store = await connectStore({ url: redis.url, dataDir: folder, log: silentLogger })
  const desk = createDesk(store)
  const children = new Map<Member, ChildProcess>()

  async function start(member: Member): Promise<void> {
    const child = spawn(process.execPath, [BIN, 'serve', '--roles', ROLES[member]], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    children.set(member, child)
    let errors = ''
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => chunk.toString().includes('ready') && resolve())
      child.once('exit', (code) => reject(new Error(`${member} ended with ${code}: ${errors}`)))
    })
  }

  async function kill(member: Member): Promise<void> {
    const child = children.get(member)
    if (!child) return
    children.delete(member)
    child.removeAllListeners('exit')
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }

  const workloads = async () =>
    (await desk.list({ open: true })).flatMap((one) => one.owners.filter((owner) => owner.kind === 'Deployment')).length

  function faults(): string[] {
    return boards.flatMap((board) => {
      const roots = board.roots()
      return [
        ...(roots.length === 4 ? [] : [`${roots.length} roots instead of 4`]),
        ...roots.flatMap((root) => {
          const below = `below ${root.text.slice(0, 60)}`
          const [diagnosed, replies] = [board.said(root, /Diagnosis/).length, board.replies(root).length]
          return [
            ...(diagnosed === 1 ? [] : [`${diagnosed} diagnoses ${below}`]),
            ...(replies <= 3 ? [] : [`${replies} replies ${below}`]),
          ]
        }),
      ].map((fault) => `${board.platform}: ${fault}`)
    })
  }

  async function settled(ms: number): Promise<void> {
    const until = Date.now() + ms
    const isSaid = (board: Board) =>
      board.roots().length > 0 && board.roots().every((root) => board.said(root, /Diagnosis/).length > 0)
    const done = async () => (await workloads().catch(() => 0)) === 40 && boards.every(isSaid)
    while (!(await done()) && Date.now() < until) await sleep(250)
    // a second message would come now
    await sleep(5000)
  }

  await start('bot')
  await start('first')
  await start('second')
  return {
    harbor,
    boards,
    redis,
    desk,
    start,
    kill,
    workloads,
    settled,
    faults,
    async stop() {
      for (const member of children.keys()) await kill(member)
      await store.close()
      await Promise.all([harbor.close(), slack.stop(), discord.stop(), redis.stop()])
    },
  }
}
