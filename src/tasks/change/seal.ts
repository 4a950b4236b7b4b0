// A decision or an order is sealed where the person was authenticated. A task that somebody wrote into Redis carries no seal that holds.
import { personKey } from '../../core/people.ts'
import type { TaskOf } from '../../core/task.ts'
import { threadKey } from '../../core/thread.ts'
import type { Signer } from '../../safety/signature.ts'

type Sealed = TaskOf<'decide'> | TaskOf<'report'>

// the queue may be behind, a copy kept for later must not work
const FRESH_MS = 15 * 60_000

export function sealed<T extends Sealed>(task: T, signer: Signer): T {
  return { ...task, seal: signer.seal(task.kind, wordsOf(task)) }
}

export function sealHolds(task: Sealed, signer: Signer, now = new Date()): boolean {
  const age = now.getTime() - Date.parse(task.at)
  return age > -60_000 && age < FRESH_MS && signer.sealHolds(task.kind, wordsOf(task), task.seal)
}

function wordsOf(task: Sealed): unknown {
  const { id, at, asker, thread } = task
  const about =
    task.kind === 'decide'
      ? [task.approval, task.decision, task.reason ?? null, task.typedName ?? null]
      : [task.subject]
  return [id, at, personKey(asker), asker.workspace, threadKey(thread), ...about]
}
