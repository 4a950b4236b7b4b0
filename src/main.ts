// Finds the command, runs it, and turns what it throws into one sentence and an exit code.
import { readFileSync } from 'node:fs'
import { COMMANDS } from './cli/index.ts'
import { processIo } from './cli/io.ts'
import {
  messageOf,
  NotFoundError,
  NotPermittedError,
  SettingsError,
  UnavailableError,
  UsageError,
} from './core/errors.ts'

export async function main(args: string[]): Promise<void> {
  process.stdout.once('error', (error: NodeJS.ErrnoException) => {
    process.stdout.on('error', () => undefined)
    if (error.code !== 'EPIPE') process.exit(1)
    // a reader that closes the pipe early (head, less) is no error: what runs longer cleans up as when it is asked to end
    if (!process.emit('SIGTERM', 'SIGTERM')) process.exit(0)
  })
  process.exitCode = await run(args)
}

async function run(args: string[]): Promise<number> {
  const [name = '--help', ...rest] = args
  if (name === '--help' || name === '-h' || name === 'help') {
    processIo.out(help())
    return 0
  }
  if (name === '--version') {
    processIo.out(`${version()}\n`)
    return 0
  }
  const command = COMMANDS.find((known) => known.name === name)
  if (!command) {
    processIo.err(
      `firstmate: "${name}" is no command; allowed are ${COMMANDS.map((known) => known.name).join(', ')}.\n`,
    )
    return 2
  }
  try {
    const start = await command.load()
    return await start(rest, processIo)
  } catch (error) {
    return failure(error)
  }
}

function failure(error: unknown): number {
  const usage = error instanceof UsageError || error instanceof SettingsError
  const known =
    usage || error instanceof NotFoundError || error instanceof NotPermittedError || error instanceof UnavailableError
  processIo.err(`firstmate: ${messageOf(error)}\n`)
  if (!known && error instanceof Error && error.stack) processIo.err(`${error.stack.split('\n').slice(1).join('\n')}\n`)
  return usage ? 2 : 1
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return version
}

function help(): string {
  const lines = COMMANDS.map((command) => `  ${command.name.padEnd(10)} ${command.summary}`)
  return `Firstmate, the first mate of a Kubernetes cluster\n\nUsage: firstmate <command> [options]     (firstmate <command> --help tells its options; firstmate --version)\n\n${lines.join('\n')}\n`
}
