// "Which one?" – "shop": what only chooses among what was asked back is the question again, made clear.
import type { AgentContext, Choice } from '../contract.ts'

const YES =
  /^(?:yes|y|yep|yeah|yup|sure|correct|right|exactly|ja|genau|sí|si|sim|oui|はい)(?:,? (?:please|pls|that one))?$/
const LEADING =
  /^(?:(?:the|one|i|mean|meant|it'?s|take|use|option|number|in|on|for|from|namespace|ns|cluster)\s+|#\s*)+(?=\S)/
const ORDINALS = ['first', 'second', 'third', 'fourth', 'fifth']

/** The question as it was meant, and where; the same when it is a question of its own. */
export function clarified(question: string, context: AgentContext): { question: string; context: AgentContext } {
  const { choices = [], ...subject } = context.subject
  const chosen = choices.length > 0 ? chosenOf(question, choices) : undefined
  if (!chosen) return { question, context }
  const { cluster = subject.cluster, namespace } = chosen
  const rest = { ...(cluster ? { cluster } : {}), ...(namespace ? { namespace } : {}) }
  return { question: chosen.question, context: { ...context, subject: { ...subject, ...rest } } }
}

function chosenOf(said: string, choices: readonly Choice[]): Choice | undefined {
  const text = said
    .slice(0, 200)
    .trim()
    .toLowerCase()
    .replace(/[.!?]+$/, '')
  const [only] = choices
  if (choices.length === 1 && YES.test(text)) return only
  const bare = text.replace(LEADING, '').replace(/(?: (?:one|namespace|cluster|please|pls))+$/, '')
  const named = choices.find(({ label }) => label.toLowerCase().replace(/^yes: /, '') === bare)
  if (named || choices.length === 1) return named
  const place = bare === 'last' ? choices.length : ORDINALS.indexOf(bare) + 1 || Number(/^\d{1,2}$/.exec(bare)?.[0])
  return choices[place - 1]
}
