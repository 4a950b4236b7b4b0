// A kubectl line in a message: reads run at once and print as kubectl prints; changes become a plan to propose; the rest is refused with the reason.
import { actionsOf } from '../../../actions/from-kubectl.ts'
import { actionsOfManifest, pastedManifest } from '../../../actions/from-manifest.ts'
import { lookupOf } from '../../../actions/lookup.ts'
import type { Action } from '../../../core/action.ts'
import type { AnswerInput } from '../../../core/answer.ts'
import { ConflictError, NotFoundError, UsageError } from '../../../core/errors.ts'
import type { Command } from '../../../kube/kubectl/grammar.ts'
import { parseCommand } from '../../../kube/kubectl/grammar.ts'
import { runRead } from '../../../kube/kubectl/run.ts'
import { judgeCommand } from '../../../safety/judge.ts'
import type { AgentContext } from '../../contract.ts'
import type { Place } from '../place.ts'
import { about } from './reply.ts'

const LINES_IN_MESSAGE = 40
const MAX_BYTES = 1024 * 1024

export async function kubectlReply(line: string, place: Place, context: AgentContext): Promise<AnswerInput> {
  const base = {
    cluster: place.cluster.name,
    partial: place.partial,
    ...(place.namespace ? { namespace: place.namespace } : {}),
  }
  const pasted = pastedManifest(line)
  if (pasted) {
    const { command } = pasted
    const placed = {
      ...command,
      namespace: command.namespace ?? place.namespace ?? place.cluster.namespace ?? 'default',
    }
    // the manifest itself is in the plan
    const [first = ''] = line.split('\n', 1)
    return proposal(first, placed, place, base, () => actionsOfManifest(pasted, placed.namespace))
  }
  const judgement = judgeCommand(line, { level: 'L1' })
  if (judgement.verdict === 'deny')
    return { ...base, tone: 'stop', text: `I will not run this: ${judgement.reasons.join('; ')}.` }
  const command = parseCommand(line)
  if (!command.ok) return { ...base, tone: 'stop', text: `I cannot run this: ${command.reason}.` }
  if (judgement.tier === 0 && command.program === 'kubectl') return printed(line, command, place, context)
  if (judgement.tier === 0)
    return {
      ...base,
      tone: 'info',
      text: 'helm reads are judged, but not run here: ask about the release in plain words, or use kubectl.',
    }
  const placed = { ...command, namespace: command.namespace ?? place.namespace ?? place.cluster.namespace ?? 'default' }
  return proposal(line, placed, place, base, () => actionsOf(placed, lookupOf(place.cluster, context.signal)))
}

/** A change compiles to actions, or is refused with the reason; nothing is sent here. */
async function proposal(
  line: string,
  { namespace }: Command & { namespace: string },
  place: Place,
  base: AnswerInput | Omit<AnswerInput, 'text'>,
  compile: () => Action[] | Promise<Action[]>,
): Promise<AnswerInput> {
  try {
    const actions = await compile()
    return {
      ...base,
      namespace,
      text: `This changes ${place.cluster.name}, so it needs a plan and an approval.`,
      propose: { actions, author: 'person', reason: line },
    }
  } catch (error) {
    if (error instanceof UsageError || error instanceof NotFoundError || error instanceof ConflictError)
      return { ...base, tone: 'stop', text: `I cannot plan this: ${error.message}.` }
    throw error
  }
}

/** Runs a read that we have built ourselves or judged before. */
export async function printed(
  line: string,
  command: Command,
  place: Place,
  context: AgentContext,
): Promise<AnswerInput> {
  const namespace = command.namespace ?? place.namespace ?? place.cluster.namespace ?? 'default'
  context.progress(line.length > 80 ? `${line.slice(0, 80)}…` : line)
  const { text, truncated } = await runRead(command, place.cluster, {
    defaultNamespace: namespace,
    signal: context.signal,
    maxBytes: MAX_BYTES,
    now: context.now(),
  })
  const lines = text.trimEnd().split('\n')
  const shown = lines.slice(0, LINES_IN_MESSAGE)
  const long = lines.length > shown.length
  const notes = [
    long ? `the first ${shown.length} of ${lines.length} lines; all of them in the file` : '',
    truncated ? 'cut at 1 MiB' : '',
  ].filter(Boolean)
  return {
    ...about(place),
    ...(command.allNamespaces ? {} : { namespace }),
    text: text.trimEnd(),
    blocks: [
      { kind: 'code', text: shown.join('\n') || '(nothing)' },
      ...(notes.length > 0 ? [{ kind: 'note' as const, text: notes.join(' · ') }] : []),
    ],
    attachments: long ? [{ name: 'output.txt', title: line.slice(0, 100), data: text }] : [],
  }
}

/** Builds the line itself: the words come from the cluster's own lists, so a failure to parse is ours. */
export async function ownLine(words: string[], place: Place, context: AgentContext): Promise<AnswerInput> {
  const line = ['kubectl', ...words].join(' ')
  const command = parseCommand(line)
  if (!command.ok) return { ...about(place), tone: 'ask', text: `I cannot look at that: ${command.reason}.` }
  return printed(line, command, place, context)
}
