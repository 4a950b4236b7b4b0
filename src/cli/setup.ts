// `setup`: installs what npm cannot bring, which is redis-server, by the machine's package manager; shows every command before it runs it.

import { installRedis } from '../store/install.ts'
import { findRedisServer } from '../store/redis-server.ts'
import type { Io } from './io.ts'
import { readOptions } from './options.ts'

const USAGE = `Usage: firstmate setup

Installs redis-server with the machine's package manager when it is not there: as root, or by a sudo that is shown before it runs.
`

export async function setup(args: string[], io: Io): Promise<number> {
  if (!readOptions(args, {}, USAGE, io)) return 0
  const found = await findRedisServer()
  if (found) {
    io.out(`redis-server ${found.version} is here: ${found.program}\n`)
    return 0
  }
  await installRedis({ say: (line) => io.out(`${line}\n`) })
  io.out(`redis-server ${(await findRedisServer())?.version ?? ''} is installed\n`)
  return 0
}
