// Firstmate as a process of its own, as a cluster runs it: started, killed, measured.
import { spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Harbor } from '../../src/harbor/index.ts'
import { temporaryFolder } from '../store/redis-server.ts'

export const BIN = join(import.meta.dirname, '../../src/bin.mjs')

export interface Serving {
  /** kill -9; resolves when the process is gone */
  kill(): Promise<void>
  /** resident set, as the kernel counts it */
  residentMb(): Promise<number>
}

/** Resolves once it says that it is ready; rejects with what it said instead when it ends before. */
export async function startServe(args: string[], env: NodeJS.ProcessEnv): Promise<Serving> {
  const child = spawn(process.execPath, [BIN, 'serve', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  // a failed test leaves nothing behind
  const reap = () => child.kill('SIGKILL')
  process.once('exit', reap)
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => {
      process.off('exit', reap)
      resolve()
    })
  })
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => chunk.toString().includes('ready') && resolve())
    child.once('exit', (code) => reject(new Error(`serve ${args.join(' ')} ended with ${code}: ${errors}`)))
  })
  return {
    async kill() {
      child.kill('SIGKILL')
      await gone
    },
    async residentMb() {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8')
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024
    },
  }
}

/** A home of its own, that Redis, and the practice cluster, at another address where somebody stands between. */
export async function environmentOf(
  redis: { url: string },
  harbor?: Harbor,
  address?: string,
): Promise<Record<string, string>> {
  const folder = temporaryFolder()
  const kubeconfig = join(folder, 'kubeconfig')
  if (harbor) await writeFile(kubeconfig, harbor.kubeconfig().replaceAll(harbor.url, address ?? harbor.url))
  return {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    ...(harbor ? { KUBECONFIG: kubeconfig } : {}),
    DATA_DIR: folder,
    REDIS_URL: redis.url,
    HEALTH_PORT: '0',
    LOG_LEVEL: 'error',
  }
}
