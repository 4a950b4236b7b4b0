// A store on a Redis of its own, for chat tests: started on a socket in a temporary folder, gone afterwards.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '../../src/log.ts'
import { connectStore } from '../../src/store/redis.ts'
import type { Store } from '../../src/store/store.ts'

export interface TestRedis {
  url: string
  /** a further process's view of the same data */
  connect(prefix?: string): Promise<Store>
  stop(): Promise<void>
}

export async function startRedis(): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'fm-chat-'))
  const socket = join(folder, 'redis.sock')
  const args = ['--port', '0', '--unixsocket', socket, '--save', '', '--appendonly', 'no', '--dir', folder]
  const child: ChildProcess = spawn('redis-server', [...args, '--maxmemory-policy', 'noeviction'], { stdio: 'ignore' })
  const url = `unix://${socket}`
  const stores: Store[] = []
  return {
    url,
    async connect(prefix) {
      const store = await connectStore({ url, dataDir: folder, log: silentLogger, ...(prefix ? { prefix } : {}) })
      stores.push(store)
      return store
    },
    async stop() {
      await Promise.all(stores.map((store) => store.close().catch(() => {})))
      child.kill('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Waits for something to hold; says what it waited for when it never does. */
export async function eventually<T>(
  what: string,
  check: () => Promise<T | undefined | false> | T | undefined | false,
  ms = 10_000,
): Promise<T> {
  const end = Date.now() + ms
  for (;;) {
    const value = await check()
    if (value !== undefined && value !== false) return value
    if (Date.now() > end) throw new Error(`never: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
