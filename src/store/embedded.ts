// One `redis-server` per data folder, on a private socket: started by the first process, shared by all, stopped by the last to leave.
import { createHash } from 'node:crypto'
import { chmodSync, lstatSync, mkdirSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { SettingsError } from '../core/errors.ts'
import { lockFolder } from './folder-lock.ts'
import { ensureRunning, type ServerOptions, stopUnlessUsed } from './redis-server.ts'

export interface EmbeddedOptions extends ServerOptions {
  dataDir: string
}

/**
 * The server is nobody's child for its whole life: it is started in a session of its own (a Ctrl-C for us is none for it), outlives its
 * starter while others use it, and after kill -9 of all of them it keeps running and the next process joins it. Who uses it is read from its
 * own list of connections, which the system keeps true even when a process is killed.
 */
export interface EmbeddedRedis {
  socket: string
  folder: string
  /** Call it once the named connection stands: from then on this process counts. */
  joined(): Promise<void>
  /** Starts it again if it is gone. */
  revive(): Promise<void>
  /** Call it when all connections are closed: stops the server if no other process uses it. */
  leave(): Promise<void>
}

/** `sun_path` is 108 bytes on Linux, 104 on macOS, with the closing zero. */
const SOCKET_PATH_LIMIT = 103

/** Resolves with the folder's lock still held: `joined` or `leave` gives it back. */
export async function joinEmbedded(options: EmbeddedOptions): Promise<EmbeddedRedis> {
  const folder = openFolder(options.dataDir)
  const socket = socketPath(folder)
  const lockFile = join(folder, 'lock')
  let left = false
  let reviving: Promise<void> | undefined
  let release: (() => void) | undefined = await lockFolder(lockFile)
  try {
    await ensureRunning(folder, socket, options)
  } catch (error) {
    release()
    throw error
  }

  function unlock(): void {
    release?.()
    release = undefined
  }

  async function locked(work: () => Promise<void>): Promise<void> {
    const done = await lockFolder(lockFile)
    try {
      if (!left) await work()
    } finally {
      done()
    }
  }

  return {
    socket,
    folder,
    async joined() {
      unlock()
    },
    revive() {
      if (left || release) return Promise.resolve()
      reviving ??= locked(() => ensureRunning(folder, socket, options)).finally(() => {
        reviving = undefined
      })
      return reviving
    },
    async leave() {
      if (left) return
      await reviving?.catch(() => {})
      if (release) {
        left = true
        try {
          await stopUnlessUsed(folder, socket, options)
        } finally {
          unlock()
        }
        return
      }
      await locked(() => stopUnlessUsed(folder, socket, options))
      left = true
    },
  }
}

function openFolder(dataDir: string): string {
  const folder = join(dataDir, 'redis')
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    chmodSync(folder, 0o700)
    // two spellings of one folder are one folder
    return realpathSync(folder)
  } catch (error) {
    throw new SettingsError(
      `DATA_DIR is "${dataDir}", where nothing can be stored (${(error as NodeJS.ErrnoException).code}): set it to a folder that can be written.`,
    )
  }
}

/** In the data folder where that is short enough, else in a private folder named for it. */
export function socketPath(folder: string): string {
  const path = join(folder, 'redis.sock')
  if (Buffer.byteLength(path) <= SOCKET_PATH_LIMIT) return path
  const hash = createHash('sha256').update(folder).digest('hex').slice(0, 16)
  const short = [tmpdir(), '/tmp']
    .map((base) => join(base, `firstmate-${hash}`, 'redis.sock'))
    .find((one) => Buffer.byteLength(one) <= SOCKET_PATH_LIMIT)
  if (!short)
    throw new SettingsError(`DATA_DIR is ${folder.length} characters long, too long for a socket: use a shorter path.`)
  openPrivate(dirname(short))
  return short
}

/** A folder in a place that everybody can write is used only if it is ours alone. */
function openPrivate(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const found = lstatSync(folder)
  if (!found.isDirectory() || (process.getuid && found.uid !== process.getuid())) {
    throw new SettingsError(`${folder} belongs to somebody else: remove it, or set DATA_DIR to a shorter path.`)
  }
  chmodSync(folder, 0o700)
}
