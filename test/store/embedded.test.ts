import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/log.ts'
import { joinEmbedded, socketPath } from '../../src/store/embedded.ts'
import { isAlive } from '../../src/store/folder-lock.ts'
import { connectStore } from '../../src/store/redis.ts'
import { findRedisServer } from '../../src/store/redis-server.ts'
import { answers, eventually, temporaryFolder } from './redis-server.ts'

const folders: string[] = []
const users: User[] = []

interface User {
  child: ChildProcess
  say(line: string): Promise<string>
  close(): Promise<void>
  kill(): Promise<void>
}

function folder(): string {
  const path = temporaryFolder()
  folders.push(path)
  return path
}

async function start(dataDir: string): Promise<User> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'user.ts'), dataDir], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const next = async () => String((await lines.next()).value)
  const user: User = {
    child,
    say(line) {
      child.stdin.write(`${line}\n`)
      return next()
    },
    async close() {
      child.stdin.write('close\n')
      expect(await next()).toBe('closed')
      await exited
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
  users.push(user)
  expect(await next()).toBe('ready')
  return user
}

const pidOf = (dataDir: string) => Number(readFileSync(join(dataDir, 'redis', 'redis.pid'), 'utf8'))
const socketOf = (dataDir: string) => socketPath(join(dataDir, 'redis'))

afterEach(async () => {
  for (const { child } of users.splice(0)) child.kill('SIGKILL')
  for (const path of folders.splice(0)) {
    try {
      if (isAlive(pidOf(path))) process.kill(pidOf(path), 'SIGKILL')
    } catch {}
    rmSync(path, { recursive: true, force: true })
  }
})

it.skipIf(!existsSync('/proc/self/stat'))(
  'a process that has ended is not alive, collected by its parent or not',
  async () => {
    // the shell becomes a program that never asks what its child has become; the child ends only then
    const ends = 'sh -c \'until grep -q sleep "/proc/$PPID/comm"; do :; done\''
    const parent = spawn('sh', ['-c', `${ends} & echo $!; exec sleep 60`], { stdio: ['ignore', 'pipe', 'ignore'] })
    const [printed] = (await once(parent.stdout, 'data')) as [Buffer]
    const child = Number(printed.toString())
    await eventually(() => /^\d+ \(.*\) Z /.test(readFileSync(`/proc/${child}/stat`, 'utf8')))
    expect(isAlive(child)).toBe(false)
    expect(isAlive(parent.pid ?? 0)).toBe(true)
    parent.kill('SIGKILL')
    await eventually(() => !isAlive(parent.pid ?? 0))
  },
)

describe('the embedded Redis', () => {
  it('is started once by processes that start together, on a private socket and no port, and stopped by the last', async () => {
    const dataDir = folder()
    const [a, b, c] = await Promise.all([start(dataDir), start(dataDir), start(dataDir)])
    await a.say('set x from-a')
    expect(await b.say('get x')).toBe('from-a')
    const pid = pidOf(dataDir)
    expect(statSync(join(dataDir, 'redis')).mode & 0o777).toBe(0o700)
    expect(statSync(socketOf(dataDir)).mode & 0o777).toBe(0o600)
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toMatch(/:[1-9]\d*$/)

    await a.close()
    expect(await c.say('get x')).toBe('from-a')
    await b.close()
    expect(await c.say('get x')).toBe('from-a')
    expect(isAlive(pid)).toBe(true)
    await c.close()
    await eventually(() => !isAlive(pid))
  })

  it('keeps its data over a clean stop', async () => {
    const dataDir = folder()
    const before = await start(dataDir)
    await before.say('set x kept')
    await before.close()
    expect(await answers(socketOf(dataDir))).toBe(false)
    const after = await start(dataDir)
    expect(await after.say('get x')).toBe('kept')
    await after.close()
  })

  it('outlives a starter that is killed, is joined by the next process, and then stopped', async () => {
    const dataDir = folder()
    const starter = await start(dataDir)
    await starter.say('set x kept')
    const pid = pidOf(dataDir)
    await starter.kill()
    expect(isAlive(pid)).toBe(true)
    const next = await start(dataDir)
    expect(await next.say('get x')).toBe('kept')
    expect(pidOf(dataDir)).toBe(pid)
    await next.close()
    await eventually(() => !isAlive(pid))
  })

  it('is started again by its users when it is killed, with every answered write', async () => {
    const dataDir = folder()
    const [a, b] = await Promise.all([start(dataDir), start(dataDir)])
    for (let i = 0; i < 20; i++) await a.say(`set x ${i}`)
    const pid = pidOf(dataDir)
    process.kill(pid, 'SIGKILL')
    expect(await b.say('get x')).toBe('19')
    expect(await a.say('get x')).toBe('19')
    expect(pidOf(dataDir)).not.toBe(pid)
    await a.close()
    await b.close()
    expect(await answers(socketOf(dataDir))).toBe(false)
  })

  it('recovers when it and its user were both killed in the middle of things', async () => {
    const dataDir = folder()
    const user = await start(dataDir)
    await user.say('set x kept')
    process.kill(pidOf(dataDir), 'SIGKILL')
    await user.kill()
    // the user died while it held the folder's lock
    writeFileSync(join(dataDir, 'redis', 'lock'), `${user.child.pid} ${hostname()} 00\n`)
    const next = await start(dataDir)
    expect(await next.say('get x')).toBe('kept')
    await next.close()
  })

  it('is replaced, not doubled, when its socket was swept away', async () => {
    const dataDir = folder()
    const first = await start(dataDir)
    await first.say('set x kept')
    const pid = pidOf(dataDir)
    await first.kill()
    rmSync(socketOf(dataDir))
    const next = await start(dataDir)
    expect(await next.say('get x')).toBe('kept')
    expect(isAlive(pid)).toBe(false)
    await next.close()
  })

  it('works in a folder whose path is too long for a socket', async () => {
    const dataDir = join(folder(), 'deep'.repeat(40), 'with space')
    mkdirSync(dataDir, { recursive: true })
    const user = await start(dataDir)
    await user.say('set x 1')
    const socket = socketOf(dataDir)
    expect(Buffer.byteLength(socket)).toBeLessThan(104)
    expect(statSync(dirname(socket)).mode & 0o777).toBe(0o700)
    await user.close()
    rmSync(dirname(socket), { recursive: true })
  })

  it('says what to run when no program is found', async () => {
    const joining = joinEmbedded({
      dataDir: folder(),
      name: 'fm:1:00000000',
      log: silentLogger,
      programs: ['no-such-redis-server'],
    })
    await expect(joining).rejects.toThrow(
      /^redis-server is not installed: run ".+", or set REDIS_URL to a Redis that runs already\.$/,
    )
    expect(await findRedisServer(['no-such-redis-server'])).toBeUndefined()
    expect((await findRedisServer())?.version).toMatch(/^\d+\.\d+\.\d+$/)
  })

  it('says why it cannot start on data it cannot read, and where it cannot write', async () => {
    const dataDir = folder()
    const files = join(dataDir, 'redis', 'appendonlydir')
    mkdirSync(files, { recursive: true })
    writeFileSync(join(files, 'appendonly.aof.manifest'), 'not a manifest\n')
    await expect(connectStore({ dataDir, log: silentLogger }).then(() => 'started')).rejects.toThrow(
      /^redis-server did not start in .+: .+/,
    )
    const file = join(folder(), 'a-file')
    writeFileSync(file, '')
    await expect(connectStore({ dataDir: file, log: silentLogger }).then(() => 'started')).rejects.toThrow(
      /^DATA_DIR is ".+a-file", where nothing can be stored \(ENOTDIR\)/,
    )
  })
})
