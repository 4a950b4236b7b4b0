// What a read verb is given: the command as the grammar understood it, and where to ask.

import type { Cluster } from '../clusters.ts'
import type { Reader } from '../reader.ts'
import type { Command } from './grammar-command.ts'

export type ReadCommand = Pick<Command, 'verb' | 'subverb' | 'args' | 'flags' | 'namespace' | 'allNamespaces'>

export interface ReadContext {
  command: ReadCommand
  cluster: Pick<Cluster, 'name' | 'context' | 'reader' | 'connection'>
  reader: Reader
  /** the namespace asked about; undefined: all of them */
  namespace: string | undefined
  now: Date
  signal: AbortSignal | undefined
}

/** One verb: its text as kubectl prints it. A trailing newline is added by whoever runs it. */
export type Verb = (context: ReadContext) => Promise<string>

/** The last value of a flag, as kubectl takes it. */
export function flag(command: ReadCommand, name: string): string | undefined {
  return command.flags.get(name)?.at(-1)
}

export function isSet(command: ReadCommand, name: string): boolean {
  return flag(command, name) === 'true'
}

/** Values of a flag that may be repeated or hold a list. */
export function values(command: ReadCommand, name: string): string[] {
  return (command.flags.get(name) ?? []).flatMap((value) => value.split(',')).filter(Boolean)
}
