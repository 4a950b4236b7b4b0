import { describe, expect, it } from 'vitest'
import { howToInstall, installCommands, installRedis, type Machine } from '../../src/store/install.ts'

function machine(isRoot: boolean, ...paths: string[]): Machine {
  return { isRoot, exists: (path) => paths.includes(path) }
}

describe('installing Redis', () => {
  it('names the command of this machine', () => {
    expect(howToInstall(machine(true, '/usr/bin/apt-get'))).toBe(
      'apt-get update && apt-get install -y --no-install-recommends redis-server',
    )
    expect(howToInstall(machine(false, '/usr/bin/dnf'))).toBe('sudo dnf install -y redis')
    expect(howToInstall(machine(true, '/sbin/apk'))).toBe('apk add redis')
    expect(howToInstall(machine(false, '/opt/homebrew/bin/brew'))).toBe('brew install redis')
    expect(installCommands(machine(true))).toBeUndefined()
  })

  it('shows each command before it runs it, and never hides sudo', async () => {
    const seen: string[] = []
    await installRedis({
      machine: machine(false, '/usr/bin/apt-get', '/usr/bin/sudo'),
      say: (line) => seen.push(line),
      run: async (program, args) => {
        seen.push(`ran ${[program, ...args].join(' ')}`)
        return 0
      },
    })
    expect(seen).toEqual([
      '$ sudo apt-get update',
      'ran sudo apt-get update',
      '$ sudo apt-get install -y --no-install-recommends redis-server',
      'ran sudo apt-get install -y --no-install-recommends redis-server',
    ])
  })

  it('stops with a sentence when it may not, cannot or did not', async () => {
    const run = async () => 1
    const say = () => {}
    await expect(installRedis({ machine: machine(false, '/usr/bin/apt-get'), say, run })).rejects.toThrow(
      /no sudo: run "apt-get update/,
    )
    await expect(installRedis({ machine: machine(true), say, run })).rejects.toThrow(/No known package manager/)
    await expect(installRedis({ machine: machine(true, '/sbin/apk'), say, run })).rejects.toThrow(
      '"apk add redis" ended with code 1',
    )
  })
})
