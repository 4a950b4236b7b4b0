// What became of the plans of this thread, from its memory.
import type { AnswerInput } from '../../../core/answer.ts'
import type { AgentContext } from '../../contract.ts'
import { readNotes } from '../../notes.ts'

const SHOWN = 3

// words are text: a plan is decided and taken back by its own buttons, or by who may on the command line
const HOW = {
  decide:
    'Words decide nothing here: press Approve or Reject on the plan itself. "approvals" shows what waits for you; on the command line it is firstmate approvals approve ID.',
  undo: 'A plan that has run is taken back by Undo on its own card, through the same gate. To go back to the revision before, say so by name, as in "roll back checkout".',
}

/** `wants`: said as if words could do it; how it is done is told first. */
export async function outcomeAnswer(
  { store, thread, subject, clusters }: AgentContext,
  wants?: keyof typeof HOW,
): Promise<AnswerInput> {
  const notes = store && thread ? await readNotes(store, thread) : []
  const plans = notes.filter(({ text }) => text.startsWith('Plan ')).slice(-SHOWN)
  const how = wants ? HOW[wants] : ''
  if (plans.length === 0) {
    const none = 'No plan of this conversation has been decided or run so far.'
    return {
      tone: wants ? 'ask' : 'info',
      text: how ? `${how} ${none}` : `${none} One that waits carries its buttons.`,
    }
  }
  const items = plans.toReversed().map(({ at, text }) => `${at.slice(0, 16).replace('T', ' ')} UTC: ${text}`)
  const cluster = subject.cluster ?? clusters.default.name
  return {
    tone: wants ? 'ask' : 'info',
    text: [...(how ? [how] : []), ...items].join('\n'),
    blocks: [...(how ? [{ kind: 'text' as const, text: how }] : []), { kind: 'list', items }],
    offers: [
      {
        label: 'Diagnose again',
        intent: { kind: 'diagnose', cluster, ...(subject.namespace ? { namespace: subject.namespace } : {}) },
      },
    ],
  }
}
