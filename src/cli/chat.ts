// `chat`: the terminal as a chat platform, with everything behind it: queue, worker, outbox.
import { userInfo } from 'node:os'
import { startApp } from '../app.ts'
import { createTerminal, type Terminal } from '../chat/terminal/adapter.ts'
import { loadConfig } from '../config.ts'
import { UsageError } from '../core/errors.ts'
import { createLogger } from '../log.ts'
import { chooseAgent } from './agent.ts'
import type { Io } from './io.ts'
import { files, readOptions, text } from './options.ts'
import { openServeClusters } from './serve-clusters.ts'
import { stopSignal } from './signals.ts'

const USAGE = `Usage: firstmate chat [--practice] [--load FILE…] [--as USER]

  --practice   talk about the practice cluster
  --load FILE  what the practice cluster starts with
  --as USER    speak as somebody else (only with --practice)
`

export async function chat(args: string[], io: Io): Promise<number> {
  const parsed = readOptions(
    args,
    { practice: { type: 'boolean' }, load: { type: 'string', multiple: true }, as: { type: 'string' } },
    USAGE,
    io,
    'load',
  )
  if (!parsed) return 0
  const practice = parsed.values.practice === true
  const as = text(parsed, 'as')
  if (as !== undefined && !practice)
    throw new UsageError('--as is allowed only with --practice: on a real cluster a terminal person is the OS user.')
  const config = loadConfig()
  // the conversation owns the screen; what goes wrong inside is worth a line, what goes right is not
  const log = createLogger({ level: config.LOG_LEVEL === 'info' ? 'error' : config.LOG_LEVEL, format: 'pretty' })
  const { clusters, writers, close } = await openServeClusters(config, practice, files(parsed, 'load'), io)
  let terminal: Terminal | undefined
  const app = await startApp({
    config: { ...config, SLACK_BOT_TOKEN: undefined, DISCORD_BOT_TOKEN: undefined },
    roles: ['bot', 'worker', 'executor'],
    clusters,
    ...(writers ? { writers } : {}),
    practice,
    log,
    health: false,
    agent: () => chooseAgent(config),
    adapters: (context) => {
      terminal = createTerminal(context, {
        input: process.stdin,
        output: process.stdout,
        user: as ?? userInfo().username,
        prompt: '› ',
      })
      return [terminal]
    },
  }).catch(async (error: unknown) => {
    await close()
    throw error
  })
  io.out(
    `Firstmate on ${practice ? 'the practice cluster' : clusters.list().join(', ')}. Ask away; /help helps, /quit leaves.\n`,
  )
  try {
    await Promise.race([terminal?.closed, stopSignal()])
    return 0
  } finally {
    await app.stop()
    await close()
  }
}
