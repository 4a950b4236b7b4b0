// A real redis-server for one test file, on a socket in a temporary folder.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from '../../src/store/store.ts'

export interface RedisServer {
  url: string
  /** kill -9, and start again on the same data */
  restart(downMs?: number): Promise<void>
  stop(): Promise<void>
}

export async function startRedis(args: string[] = []): Promise<RedisServer> {
  const folder = temporaryFolder()
  const socket = join(folder, 's')
  let child = await start()

  async function start(): Promise<ChildProcess> {
    rmSync(socket, { force: true })
    const started = spawn(
      'redis-server',
      [
        '--port',
        '0',
        '--unixsocket',
        socket,
        '--dir',
        folder,
        '--appendonly',
        'yes',
        '--appendfsync',
        'always',
        '--save',
        '',
        ...args,
      ],
      { stdio: 'ignore' },
    )
    // a failed test leaves nothing behind
    const reap = () => started.kill('SIGKILL')
    process.once('exit', reap)
    started.once('exit', () => process.off('exit', reap))
    for (let i = 0; i < 500 && !(await answers(socket)); i++) await sleep(10)
    return started
  }

  async function end(): Promise<void> {
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }

  return {
    url: `unix://${socket}`,
    async restart(downMs = 0) {
      await end()
      await sleep(downMs)
      child = await start()
    },
    async stop() {
      await end()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The same connection, whose scripts arrive twice: as when a reply was lost and the client has sent the command again. */
export function heardTwice(redis: Redis): Redis {
  return new Proxy(redis, {
    get: (target, name) =>
      name === 'eval'
        ? async (...args: Parameters<Redis['eval']>) => {
            await target.eval(...args)
            return target.eval(...args)
          }
        : Reflect.get(target, name).bind(target),
  })
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'fm-test-'))
}

export function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = createConnection(socket)
    connection.once('connect', () => {
      connection.destroy()
      resolve(true)
    })
    connection.once('error', () => resolve(false))
  })
}

export async function eventually(done: () => boolean | Promise<boolean>, limitMs = 20_000): Promise<void> {
  const deadline = Date.now() + limitMs
  while (!(await done())) {
    if (Date.now() > deadline) throw new Error(`not within ${limitMs} ms`)
    await sleep(20)
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
