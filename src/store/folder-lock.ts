// One process at a time may start, join or leave the embedded Redis of a folder. Held for moments; a dead holder's lock is taken over.
import { randomBytes } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { UnavailableError } from '../core/errors.ts'

/** Longer than the slowest start of a Redis that has to read its data. */
const WAIT_MS = 60_000
/** A holder on another machine (a shared folder) cannot be asked whether it lives. */
const FOREIGN_STALE_MS = 120_000

/** Resolves how to give it back. */
export async function lockFolder(path: string, waitMs = WAIT_MS): Promise<() => void> {
  const nonce = randomBytes(8).toString('hex')
  const mine = `${process.pid} ${hostname()} ${nonce}\n`
  const deadline = performance.now() + waitMs
  for (;;) {
    if (create(path, mine)) return () => remove(path, mine)
    breakStale(path)
    if (performance.now() > deadline) {
      throw new UnavailableError(
        `${path} has been held by process ${read(path).split(' ')[0]} for a minute: end that process, or remove the file if it is not a firstmate.`,
      )
    }
    await sleep(20 + Math.random() * 30)
  }
}

// Written whole under another name and linked into place, so that nobody ever reads half a lock.
function create(path: string, content: string): boolean {
  const draft = `${path}.${content.trim().split(' ')[2]}`
  writeFileSync(draft, content, { mode: 0o600 })
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

function remove(path: string, content: string): void {
  if (read(path) === content) rmSync(path, { force: true })
}

function breakStale(path: string): void {
  const content = read(path)
  if (content === '' || !isStale(path, content)) return
  const aside = `${path}.stale-${process.pid}`
  try {
    renameSync(path, aside)
  } catch {
    return
  }
  // somebody else broke it first and this is the lock of the next holder: put it back
  if (read(aside) !== content) {
    try {
      linkSync(aside, path)
    } catch {}
  }
  unlinkSync(aside)
}

function isStale(path: string, content: string): boolean {
  const [pid = '', host = ''] = content.trim().split(' ')
  if (host === hostname()) return !isAlive(Number(pid))
  try {
    return Date.now() - statSync(path).mtimeMs > FOREIGN_STALE_MS
  } catch {
    return false
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** A process that has ended but was not collected by its parent yet does nothing any more. */
export function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 1) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return !/^\d+ \(.*\) Z /s.test(read(`/proc/${pid}/stat`))
}
