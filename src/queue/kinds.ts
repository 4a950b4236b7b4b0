// Which role does which kind of task, and how: the table of DESIGN §1 as data.
import type { TaskKind } from '../core/task.ts'

/** One queue each. The executor is alone with the writer account, the bot with the chat tokens. */
export const TASK_ROLES = ['worker', 'executor', 'bot'] as const
export type TaskRole = (typeof TASK_ROLES)[number]

export interface KindRules {
  role: TaskRole
  /** one at a time per thread, first in first out, over all processes */
  threadLock: boolean
  /** runs at most this often when it fails; 1 = never repeated, not even after a crash */
  attempts: number
}

const READS = { role: 'worker', threadLock: false, attempts: 3 } as const
const ONCE = { role: 'executor', threadLock: false, attempts: 1 } as const
const CHAT = { role: 'bot', threadLock: false, attempts: 3 } as const

export const KINDS: Readonly<Record<TaskKind, KindRules>> = {
  answer: { ...READS, threadLock: true },
  investigate: { ...READS, threadLock: true },
  propose: READS,
  preview: ONCE,
  execute: ONCE,
  verify: READS,
  settle: READS,
  decide: CHAT,
  expire: CHAT,
  report: CHAT,
}
