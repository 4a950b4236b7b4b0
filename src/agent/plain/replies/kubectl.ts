// A kubectl line in a message: reads run at once and print as kubectl prints; changes become a plan to propose; the rest is refused with the reason.
import { actionsOf } from '../../../actions/from-kubectl.ts'
import { actionsOfManifest, pastedManifest } from '../../../actions/from-manifest.ts'
import { lookupOf } from '../../../actions/lookup.ts'
import type { Action } from '../../../core/action.ts'
import type { AnswerInput } from '../../../core/answer.ts'
import { ConflictError, NotFoundError, UsageError } from '../../../core/errors.ts'
import { nearest } from '../../../diagnose/look/names.ts'
import type { Command } from '../../../kube/kubectl/grammar.ts'
import { parseCommand } from '../../../kube/kubectl/grammar.ts'
import { runRead } from '../../../kube/kubectl/run.ts'
import { isReadVerb } from '../../../safety/command-reads.ts'
import { judgeCommand } from '../../../safety/judge.ts'
import type { AgentContext } from '../../contract.ts'
import { namesOf } from '../names.ts'
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
    return proposal(first, command, place, base, () => actionsOfManifest(pasted, placed.namespace))
  }
  const judgement = judgeCommand(line, { level: 'L1' })
  if (judgement.verdict === 'deny') return refusal(line, judgement.reasons, base)
  const command = parseCommand(line)
  if (!command.ok) return { ...base, tone: 'stop', text: `I cannot run this: ${command.reason}.` }
  const reads = isReadVerb(command.program, [command.verb, command.subverb].filter(Boolean).join(' '))
  if (judgement.tier === 0 && !reads && command.program === 'kubectl') return dryRun(line, base)
  if (judgement.tier === 0 && command.program === 'kubectl') {
    const answer = await printed(line, command, place, context)
    const missing = await missingNamespace(command, answer.text, place, context)
    return missing ? { ...answer, partial: [...(answer.partial ?? []), missing] } : answer
  }
  if (judgement.tier === 0)
    return {
      ...base,
      tone: 'info',
      text: 'helm reads are judged, but not run here: ask about the release in plain words, or use kubectl.',
    }
  // it would only have looked, but not like this
  if (reads)
    return {
      ...base,
      tone: 'ask',
      text: `I cannot run this: it ${judgement.reasons[0]}. Whole lines are such as "kubectl get pods -n shop".`,
    }
  const placed = { ...command, namespace: command.namespace ?? place.namespace ?? place.cluster.namespace ?? 'default' }
  return proposal(line, command, place, base, () => actionsOf(placed, lookupOf(place.cluster, context.signal)))
}

/** Behind a pipe there is often no more than a filter: what stands before it is offered, if it only reads. */
function refusal(line: string, reasons: readonly string[], base: Omit<AnswerInput, 'text'>): AnswerInput {
  const text = `I will not run this: ${reasons.join('; ')}.`
  const [before = line] = line.split('|', 1)
  const alone = before.trim()
  if (alone === line || judgeCommand(alone, { level: 'L1' }).tier !== 0) return { ...base, tone: 'stop', text }
  return {
    ...base,
    tone: 'ask',
    text: `${text} Without what stands behind the pipe it only reads: ${alone}`,
    offers: [
      { label: `Yes: ${alone}`.slice(0, 75), intent: { kind: 'ask', cluster: base.cluster ?? '', question: alone } },
    ],
  }
}

/** Every plan is tried by the server before anybody approves it, so that a dry run of its own shows less. */
function dryRun(line: string, base: Omit<AnswerInput, 'text'>): AnswerInput {
  const real = line.replace(/\s--dry-run(?:=\S+)?/g, '')
  return {
    ...base,
    tone: 'ask',
    text: 'I do not run this: a plan shows what the server would do, and runs only when approved. Without --dry-run the line becomes one.',
    offers: [
      { label: `Yes: ${real}`.slice(0, 75), intent: { kind: 'ask', cluster: base.cluster ?? '', question: real } },
    ],
  }
}

/** kubectl finds nothing in a namespace that does not exist, and says no more than that. */
async function missingNamespace(
  { namespace }: Command,
  printed: string,
  { cluster }: Place,
  { signal }: AgentContext,
): Promise<string | undefined> {
  if (!namespace || !printed.startsWith('No resources found')) return undefined
  const known = await namesOf(cluster, signal).namespaces()
  if (!known || known.includes(namespace)) return undefined
  const near = nearest(namespace, known)
  return `there is no namespace ${namespace} in ${cluster.name}${near ? `. Did you mean ${near}?` : ''}`
}

/** A change compiles to actions, or is refused with the reason; nothing is sent here. */
async function proposal(
  line: string,
  { namespace }: Command,
  place: Place,
  base: AnswerInput | Omit<AnswerInput, 'text'>,
  compile: () => Action[] | Promise<Action[]>,
): Promise<AnswerInput> {
  try {
    const actions = await compile()
    return {
      ...base,
      // the thread goes on where the line said, not where a line without -n falls
      ...(namespace ? { namespace } : {}),
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
