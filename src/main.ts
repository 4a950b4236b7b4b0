// Finds the command, runs it, and turns what it throws into one sentence and an exit code.
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
  // a reader that closes the pipe early (head, less) is no error
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
  process.exitCode = await run(args)
}

async function run(args: string[]): Promise<number> {
  const [name = '--help', ...rest] = args
  if (name === '--help' || name === '-h' || name === 'help') {
    processIo.out(help())
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
  const usage = error instanceof UsageError || error instanceof SettingsError || isParseArgsError(error)
  const known =
    usage || error instanceof NotFoundError || error instanceof NotPermittedError || error instanceof UnavailableError
  processIo.err(`firstmate: ${messageOf(error)}\n`)
  if (!known && error instanceof Error && error.stack) processIo.err(`${error.stack.split('\n').slice(1).join('\n')}\n`)
  return usage ? 2 : 1
}

function isParseArgsError(error: unknown): boolean {
  return error instanceof TypeError && String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS')
}

function help(): string {
  const lines = COMMANDS.map((command) => `  ${command.name.padEnd(10)} ${command.summary}`)
  return `Firstmate, the first mate of a Kubernetes cluster\n\nUsage: firstmate <command> [options]     (firstmate <command> --help tells its options)\n\n${lines.join('\n')}\n`
}
