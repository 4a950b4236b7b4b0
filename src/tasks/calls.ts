// The tool calls of a run on record: written as each ends, and all of them before its answer is given.
import type { AgentContext } from '../agent/contract.ts'
import type { ChangeContext } from './change/context.ts'

export interface CallsOnRecord {
  onCall: NonNullable<AgentContext['onCall']>
  /** Rejects when one of them could not be written: such an answer is not given. */
  written(): Promise<unknown>
}

/** `asked`: who, in which thread, for which task. */
export function callsOnRecord(
  audit: ChangeContext['audit'],
  asked: { who: string; thread: string; subject: string },
): CallsOnRecord {
  const writes: Promise<unknown>[] = []
  return {
    onCall({ id, agent, tool, args, ok }) {
      const write = audit.append({ ...asked, kind: 'tool', data: { call: id, agent, tool, args, ok } })
      // a run that fails before it asks what was written must not take the process with it
      write.catch(() => undefined)
      writes.push(write)
    },
    written: () => Promise.all(writes),
  }
}
