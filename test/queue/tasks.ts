// Tasks as adapters make them, for the tests of this room.
import { type Task, taskId } from '../../src/core/task.ts'

export function answer(thread: string, n: number | string): Task {
  return { ...base('answer', thread, n), kind: 'answer', text: `question ${n}` }
}

export function execute(n: number | string): Task {
  return { ...base('execute', 'ops', n), kind: 'execute', approval: `approval-${n}` }
}

export function expire(n: number | string): Task {
  return { ...base('expire', 'ops', n), kind: 'expire', approval: `approval-${n}` }
}

function base(kind: Task['kind'], thread: string, n: number | string) {
  return {
    id: taskId(kind, thread, String(n)),
    thread: { platform: 'terminal' as const, workspace: '', channel: 'terminal', thread, direct: false },
    asker: { platform: 'terminal' as const, workspace: '', id: 'mira' },
    at: '2026-11-21T10:00:00Z',
  }
}
