// Where the Redis program comes from: this machine's own package manager, and only in the open.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { SettingsError } from '../core/errors.ts'

/** Tried in this order. Valkey is the same server under its other name. */
export const REDIS_PROGRAMS: readonly string[] = [
  'redis-server',
  'valkey-server',
  '/usr/local/bin/redis-server',
  '/opt/homebrew/bin/redis-server',
]

interface PackageManager {
  name: string
  /** where its program is; the first that exists decides */
  paths: string[]
  commands: string[][]
  /** works, and insists on working, as an ordinary user */
  ownUser?: boolean
}

const MANAGERS: readonly PackageManager[] = [
  {
    name: 'apt-get',
    paths: ['/usr/bin/apt-get'],
    commands: [
      ['apt-get', 'update'],
      ['apt-get', 'install', '-y', '--no-install-recommends', 'redis-server'],
    ],
  },
  { name: 'dnf', paths: ['/usr/bin/dnf'], commands: [['dnf', 'install', '-y', 'redis']] },
  { name: 'apk', paths: ['/sbin/apk', '/usr/sbin/apk'], commands: [['apk', 'add', 'redis']] },
  { name: 'pacman', paths: ['/usr/bin/pacman'], commands: [['pacman', '-Sy', '--noconfirm', 'valkey']] },
  { name: 'zypper', paths: ['/usr/bin/zypper'], commands: [['zypper', '--non-interactive', 'install', 'redis']] },
  {
    name: 'brew',
    paths: ['/opt/homebrew/bin/brew', '/usr/local/bin/brew'],
    commands: [['brew', 'install', 'redis']],
    ownUser: true,
  },
]

export interface Machine {
  isRoot: boolean
  exists(path: string): boolean
}

function thisMachine(): Machine {
  return { isRoot: process.getuid?.() === 0, exists: existsSync }
}

/** The commands that install Redis here, each as its arguments; undefined when no package manager is known. */
export function installCommands(machine: Machine = thisMachine()): string[][] | undefined {
  const manager = MANAGERS.find(({ paths }) => paths.some((path) => machine.exists(path)))
  if (!manager) return undefined
  return machine.isRoot || manager.ownUser ? manager.commands : manager.commands.map((command) => ['sudo', ...command])
}

/** One line to type, for the sentence that says Redis is missing. */
export function howToInstall(machine: Machine = thisMachine()): string {
  const commands = installCommands(machine)
  return commands
    ? commands.map((command) => command.join(' ')).join(' && ')
    : 'the command that installs Redis 6.2 or newer on this system'
}

export interface InstallOptions {
  /** where the commands are shown before they run */
  say: (line: string) => void
  machine?: Machine
  /** Runs one command with the terminal passed through (sudo asks there) and resolves its exit code. Default: a child process. */
  run?: (program: string, args: string[]) => Promise<number>
}

/** Installs Redis by the package manager: as root, or by a sudo that everybody sees. Throws a SettingsError when it cannot. */
export async function installRedis({ say, machine = thisMachine(), run = runVisibly }: InstallOptions): Promise<void> {
  const commands = installCommands(machine)
  if (!commands)
    throw new SettingsError('No known package manager is here: install Redis 6.2 or newer yourself, or set REDIS_URL.')
  if (
    commands[0]?.[0] === 'sudo' &&
    !['/usr/bin/sudo', '/usr/local/bin/sudo', '/bin/sudo'].some((path) => machine.exists(path))
  ) {
    throw new SettingsError(
      `Redis can only be installed by root and there is no sudo: run "${howToInstall({ ...machine, isRoot: true })}" as root, or set REDIS_URL.`,
    )
  }
  for (const [program = '', ...args] of commands) {
    say(`$ ${[program, ...args].join(' ')}`)
    const code = await run(program, args)
    if (code !== 0)
      throw new SettingsError(
        `"${[program, ...args].join(' ')}" ended with code ${code}: install Redis yourself, or set REDIS_URL.`,
      )
  }
}

function runVisibly(program: string, args: string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: 'inherit' })
    child.once('error', () => resolve(127))
    child.once('close', (code) => resolve(code ?? 1))
  })
}
