// The embedded `redis-server` as a process: found, started in its folder, asked how it is, stopped when nobody uses it.
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, realpathSync, rmSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { messageOf, SettingsError } from '../core/errors.ts'
import type { Logger } from '../log.ts'
import { isNewEnough } from './checks.ts'
import { isAlive } from './folder-lock.ts'
import { howToInstall, REDIS_PROGRAMS } from './install.ts'

export interface ServerOptions {
  /** the connection name of this process; `fm:…` names are what the last one to leave counts */
  name: string
  log: Logger
  /** programs to try, in order */
  programs?: readonly string[]
}

const START_MS = 30_000
const STOP_MS = 10_000

/** Joins the server of this folder, or starts it. Throws a SettingsError that says why there is none. */
export async function ensureRunning(folder: string, socket: string, options: ServerOptions): Promise<void> {
  const deadline = performance.now() + START_MS
  let server: { child: ChildProcess; program: string } | undefined
  for (;;) {
    const state = await probe(socket)
    if (state === 'ready') break
    if (server && (hasExited(server.child) || (state === 'absent' && performance.now() > deadline))) {
      server.child.kill('SIGKILL')
      throw new SettingsError(`${server.program} did not start in ${folder}: ${lastWords(folder)}.`)
    }
    // a server that reads a long history is left to it
    if (state === 'absent' && !server) {
      await endUnreachable(folder)
      rmSync(socket, { force: true })
      server = await startServer(folder, socket, options.programs ?? REDIS_PROGRAMS)
    }
    await sleep(10)
  }
  if (!server) return
  server.child.unref()
  options.log.info({ folder, pid: server.child.pid }, 'embedded Redis started')
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

async function startServer(
  folder: string,
  socket: string,
  programs: readonly string[],
): Promise<{ child: ChildProcess; program: string }> {
  for (const program of programs) {
    const child = spawn(program, serverArguments(folder, socket), { cwd: folder, detached: true, stdio: 'ignore' })
    const started = await new Promise<boolean>((resolve, reject) => {
      child.once('spawn', () => resolve(true))
      child.once('error', (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? resolve(false) : reject(error)))
    })
    if (started) return { child, program }
  }
  throw new SettingsError(
    `redis-server is not installed: run "${howToInstall()}", or set REDIS_URL to a Redis that runs already.`,
  )
}

function serverArguments(folder: string, socket: string): string[] {
  const settings: Record<string, string> = {
    // no TCP at all: whoever may open the folder may open the socket, nobody else
    port: '0',
    unixsocket: socket,
    unixsocketperm: '600',
    daemonize: 'no',
    dir: folder,
    pidfile: join(folder, 'redis.pid'),
    logfile: join(folder, 'redis.log'),
    databases: '1',
    // Chat platforms are told "received" once a task is stored. With everysec a reply may come up to two seconds before its write;
    // always writes and syncs once per round of commands before any of them is answered, which one team's chat cannot notice.
    appendonly: 'yes',
    appendfsync: 'always',
    'aof-load-truncated': 'yes',
    save: '',
    maxmemory: '0',
    'maxmemory-policy': 'noeviction',
  }
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
}

/** A server of this folder that lives but cannot be reached (its socket was swept away) would write to the same files as the next one. */
async function endUnreachable(folder: string): Promise<void> {
  const pid = serverPid(folder)
  if (pid === undefined) return
  process.kill(pid, 'SIGTERM')
  if (await gone(pid, STOP_MS)) return
  process.kill(pid, 'SIGKILL')
  await gone(pid, STOP_MS)
}

/** The process in the pid file, if it is still a Redis that works in this folder; the number alone may be another process's by now. */
function serverPid(folder: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(folder, 'redis.pid'), 'utf8').trim())
    if (!isAlive(pid) || process.platform !== 'linux') return undefined
    const name = readFileSync(`/proc/${pid}/comm`, 'utf8')
    return /^(?:redis|valkey)/.test(name) && realpathSync(`/proc/${pid}/cwd`) === folder ? pid : undefined
  } catch {
    return undefined
  }
}

async function gone(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  while (isAlive(pid)) {
    if (performance.now() > deadline) return false
    await sleep(10)
  }
  return true
}

/** Never rejects: a server that cannot be stopped keeps running, and the next process joins it. */
export async function stopUnlessUsed(folder: string, socket: string, { name, log }: ServerOptions): Promise<void> {
  if (!(await isListening(socket))) return
  await withConnection(socket, async (redis) => {
    const list = String(await redis.client('LIST'))
    const others = list.split('\n').filter((line) => / name=fm:/.test(line) && !line.includes(` name=${name} `))
    if (others.length > 0) {
      log.debug({ users: others.length }, 'embedded Redis left running for others')
      return
    }
    const pid = serverPid(folder)
    // the reply to SHUTDOWN is the closing of the connection
    await redis.call('SHUTDOWN').catch(() => undefined)
    if (pid !== undefined) await gone(pid, STOP_MS)
    else
      for (const deadline = performance.now() + STOP_MS; performance.now() < deadline && (await isListening(socket)); )
        await sleep(10)
    log.info({ folder }, 'embedded Redis stopped')
  }).catch((error: unknown) => log.warn({ error: messageOf(error) }, 'the embedded Redis could not be stopped'))
}

async function withConnection<T>(socket: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis({
    path: socket,
    lazyConnect: true,
    retryStrategy: null,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
  })
  redis.on('error', () => {})
  try {
    await redis.connect()
    return await work(redis)
  } finally {
    redis.disconnect()
  }
}

async function probe(socket: string): Promise<'ready' | 'loading' | 'absent'> {
  if (!(await isListening(socket))) return 'absent'
  try {
    await withConnection(socket, (redis) => redis.ping())
    return 'ready'
  } catch (error) {
    // it may have died between the two looks
    return /LOADING/.test(messageOf(error)) ? 'loading' : 'absent'
  }
}

function isListening(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = createConnection(socket)
    connection.once('connect', () => {
      connection.destroy()
      resolve(true)
    })
    connection.once('error', () => resolve(false))
  })
}

function lastWords(folder: string): string {
  try {
    const lines = readFileSync(join(folder, 'redis.log'), 'utf8').trim().split('\n')
    const telling =
      lines.slice(-20).findLast((line) => /fatal|error|can't|cannot|failed|bad file/i.test(line)) ?? lines.at(-1) ?? ''
    return telling.replace(/^\d+:\w \d+ \w+ \d+ [\d:.]+ [.*#-] /, '').replace(/[.\s]+$/, '') || 'it said nothing'
  } catch {
    return 'it said nothing'
  }
}

/** Is there a usable server program? Resolves its version, or undefined. */
export async function findRedisServer(
  programs: readonly string[] = REDIS_PROGRAMS,
): Promise<{ program: string; version: string } | undefined> {
  for (const program of programs) {
    const text = await new Promise<string>((resolve) => {
      const child = spawn(program, ['--version'], { stdio: ['ignore', 'pipe', 'ignore'] })
      let out = ''
      child.stdout.on('data', (chunk: Buffer) => {
        out += chunk.toString('utf8').slice(0, 1_000)
      })
      child.once('error', () => resolve(''))
      child.once('close', () => resolve(out))
    })
    const version = /v=(\d+\.\d+\.\d+)/.exec(text)?.[1]
    if (version && isNewEnough(version)) return { program, version }
  }
  return undefined
}
