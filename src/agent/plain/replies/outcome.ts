// What became of the plans of this thread, from its memory.
import type { AnswerInput } from '../../../core/answer.ts'
import type { AgentContext } from '../../contract.ts'
import { readNotes } from '../../notes.ts'

const SHOWN = 3

export async function outcomeAnswer({ store, thread, subject, clusters }: AgentContext): Promise<AnswerInput> {
  const notes = store && thread ? await readNotes(store, thread) : []
  const plans = notes.filter(({ text }) => text.startsWith('Plan ')).slice(-SHOWN)
  if (plans.length === 0)
    return {
      tone: 'info',
      text: 'No plan of this conversation has been decided or run so far. One that waits carries its buttons.',
    }
  const items = plans.toReversed().map(({ at, text }) => `${at.slice(0, 16).replace('T', ' ')} UTC: ${text}`)
  const cluster = subject.cluster ?? clusters.default.name
  return {
    tone: 'info',
    text: items.join('\n'),
    blocks: [{ kind: 'list', items }],
    offers: [
      {
        label: 'Diagnose again',
        intent: { kind: 'diagnose', cluster, ...(subject.namespace ? { namespace: subject.namespace } : {}) },
      },
    ],
  }
}
