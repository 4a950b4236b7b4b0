// Answers without a model: understand the request by patterns, find its place in the cluster by code, and reply from the objects themselves.
import type { AnswerInput } from '../../core/answer.ts'
import type { Agent, AgentContext } from '../contract.ts'
import { clarified } from './choice.ts'
import { parseRequest } from './parse.ts'
import { findPlaces, type Place } from './place.ts'
import { changeReply, otherChangeAnswer } from './replies/change.ts'
import { changesReply } from './replies/changes.ts'
import { clustersAnswer } from './replies/clusters.ts'
import { diagnoseReply } from './replies/diagnose.ts'
import { helpAnswer, pasteAnswer, programAnswer, thanksAnswer, unknownAnswer } from './replies/help.ts'
import { imagesReply } from './replies/images.ts'
import { describeReply, eventsReply, historyReply, ownerReply } from './replies/inspect.ts'
import { kubectlReply } from './replies/kubectl.ts'
import { listReply } from './replies/list.ts'
import { logsReply } from './replies/logs.ts'
import { outcomeAnswer } from './replies/outcome.ts'
import { quarantinedReply } from './replies/quarantined.ts'
import { restartsReply } from './replies/restarts.ts'
import { roomReply } from './replies/room.ts'
import { specReply } from './replies/spec.ts'
import { topReply } from './replies/top.ts'
import { wasteReply } from './replies/waste.ts'
import type { Ask, Request } from './request.ts'
import { together } from './together.ts'

export const plainAgent: Agent = async (said, given) => {
  const { question, context } = clarified(said, given)
  return (await answerRequest(parseRequest(question), context)).answer
}

export interface Answered {
  answer: AnswerInput
  /** where it looked; empty when it did not come to that */
  places: readonly Place[]
  /** the answer is a question of ours: which one, did you mean */
  asksBack: boolean
}

/** Never throws for what a person wrote. `loose`: see FindOptions. */
export async function answerRequest(
  request: Request,
  context: AgentContext,
  options: { loose?: boolean } = {},
): Promise<Answered> {
  const { ask } = request
  const clusters = context.clusters.list()
  const nowhere = (answer: AnswerInput): Answered => ({ answer, places: [], asksBack: false })
  if (ask.kind === 'help') return nowhere(helpAnswer(clusters))
  if (ask.kind === 'thanks') return nowhere(thanksAnswer())
  if (ask.kind === 'unknown') return nowhere(unknownAnswer(request.text, clusters))
  if (ask.kind === 'other-change') return nowhere(otherChangeAnswer(ask.verb))
  if (ask.kind === 'paste') return nowhere(pasteAnswer(ask.of, clusters))
  if (ask.kind === 'program') return nowhere(programAnswer(ask.name))
  if (ask.kind === 'outcome') return nowhere(await outcomeAnswer(context, ask.wants))
  if (ask.kind === 'clusters') return nowhere(await clustersAnswer(context))
  const found = await findPlaces(request, context, options)
  if ('ask' in found) return { answer: found.ask, places: [], asksBack: true }
  const [first] = found.places
  if (ask.kind === 'diagnose' && ask.onlyIfNamed && !isNamed(first) && !isComplaint(request, first)) {
    return nowhere(unknownAnswer(request.text, clusters))
  }
  const each = found.places.flatMap((place) => (ONE_AT_A_TIME.has(ask.kind) ? eachName(place) : [place]))
  // what is not going to be planned as it was said is said once
  const places = ask.kind === 'change' && !request.sure ? each.slice(0, 1) : each
  const answers = await Promise.all(places.map((place) => reply(request, place, context)))
  return { answer: withGaps(together(places, answers), request, first), places: found.places, asksBack: false }
}

function isNamed({ objects, said }: Place): boolean {
  return objects.length > 0 || said
}

/** "browser warns": words that name nothing, where the thread has a namespace to look at. */
function isComplaint({ text }: Request, { namespace, unknown }: Place): boolean {
  return namespace !== undefined && unknown.length > 0 && /\S\s+\S/.test(text)
}

/** These speak about one thing; the others put several into one table. */
const ONE_AT_A_TIME = new Set<Ask['kind']>([
  'diagnose',
  'logs',
  'describe',
  'events',
  'history',
  'owner',
  'change',
  'spec',
])

/** Things of one name belong together: a Deployment and its Service. */
function eachName(place: Place): Place[] {
  const names = [...new Set(place.objects.map(({ name }) => name))]
  if (names.length < 2) return [place]
  return names.map((name) => ({ ...place, objects: place.objects.filter((ref) => ref.name === name) }))
}

function reply(request: Request, place: Place, context: AgentContext): Promise<AnswerInput> {
  const { ask } = request
  const input = { request, place, context }
  switch (ask.kind) {
    case 'kubectl':
      return kubectlReply(ask.line, place, context)
    case 'list':
      return listReply({ ...input, ask })
    case 'logs':
      return logsReply({ ...input, ask })
    case 'restarts':
      return restartsReply({ ...input, ask })
    case 'top':
      return topReply({ ...input, ask })
    case 'describe':
      return describeReply({ ...input, ask })
    case 'events':
      return eventsReply({ ...input, ask })
    case 'history':
      // of nothing in particular: what was rolled out lately
      if (place.objects.length === 0 && place.unknown.length === 0)
        return changesReply({ ...input, ask: { kind: 'changes', sinceMinutes: 7 * 1440, words: 'in the last 7 days' } })
      return historyReply({ ...input, ask })
    case 'changes':
      return changesReply({ ...input, ask })
    case 'room':
      return roomReply({ ...input, ask })
    case 'spec':
      return specReply({ ...input, ask })
    case 'images':
      return imagesReply({ ...input, ask })
    case 'owner':
      return ownerReply({ ...input, ask })
    case 'quarantined':
      return quarantinedReply({ ...input, ask })
    case 'waste':
      return wasteReply({ ...input, ask })
    case 'change':
      return changeReply({ ...input, ask })
    case 'diagnose':
      return diagnoseReply({ ...input, ask })
    case 'help':
    case 'thanks':
    case 'other-change':
    case 'outcome':
    case 'program':
    case 'paste':
    case 'clusters':
    case 'unknown':
      return Promise.resolve(helpAnswer(context.clusters.list()))
  }
}

/** What of the question was left out is said, not passed over. */
function withGaps(answer: AnswerInput, { ask, sure }: Request, place: Place): AnswerInput {
  if (answer.tone === 'ask') return answer
  const { objects, unknown, guess, namespace, cluster } = place
  const inPassing = ask.kind === 'diagnose' && objects.length === 0
  const where = namespace ?? cluster.name
  const guessed = ask.kind === 'diagnose' && ask.onlyIfNamed === true && !isNamed(place)
  const gaps = [
    ...(guessed ? [`I took this for a complaint about ${where}`] : []),
    ...(guess ? [`there is no ${guess.said} in ${where}. Did you mean ${guess.meant}? This is about it`] : []),
    ...(unknown.length > 0 && !inPassing ? [`nothing is named ${unknown.slice(0, 3).join(', ')} in ${where}`] : []),
    ...(sure
      ? []
      : ['this asks for more than I can read out by checks and lists; the rest needs a model (LLM_PROVIDER)']),
  ]
  return gaps.length === 0 ? answer : { ...answer, partial: [...(answer.partial ?? []), ...gaps] }
}
