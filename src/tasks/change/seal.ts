// A decision, an order or a question is sealed where the person was authenticated. A task that somebody wrote into Redis carries no seal that holds.
import { personKey } from '../../core/people.ts'
import type { TaskOf } from '../../core/task.ts'
import { threadKey } from '../../core/thread.ts'
import type { Signer } from '../../safety/signature.ts'

type Sealed = TaskOf<'answer'> | TaskOf<'decide'> | TaskOf<'report'>

// the queue may be behind, a copy kept for later must not work
const FRESH_MS = 15 * 60_000

export function sealed<T extends Sealed>(task: T, signer: Signer): T {
  return { ...task, seal: signer.seal(task.kind, wordsOf(task)) }
}

export function sealHolds(task: Sealed, signer: Signer, now = new Date()): boolean {
  const age = now.getTime() - Date.parse(task.at)
  return age > -60_000 && age < FRESH_MS && signer.sealHolds(task.kind, wordsOf(task), task.seal)
}

/** What a press of Undo says, as words that can be sealed. */
export function undoWords(approval: string): string {
  return `undo plan ${approval}`
}

export function undoneBy(words: string): string | undefined {
  return /^undo plan ([\w-]{1,64})$/.exec(words)?.[1]
}

function wordsOf(task: Sealed): unknown {
  const { id, at, asker, thread } = task
  return [id, at, personKey(asker), asker.workspace, threadKey(thread), ...about(task)]
}

function about(task: Sealed): unknown[] {
  switch (task.kind) {
    case 'answer':
      return [task.text, task.scope ?? null]
    case 'decide':
      return [task.approval, task.decision, task.reason ?? null, task.typedName ?? null]
    case 'report':
      return [task.subject]
  }
}
