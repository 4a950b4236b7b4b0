// Answers without a model: understand the request by patterns, find its place in the cluster by code, and reply from the objects themselves.
import type { AnswerInput } from '../../core/answer.ts'
import type { Agent } from '../contract.ts'
import { parseRequest } from './parse.ts'
import { changeReply } from './replies/change.ts'
import { clustersAnswer } from './replies/clusters.ts'
import { diagnoseReply } from './replies/diagnose.ts'
import { helpAnswer, unknownAnswer } from './replies/help.ts'
import { imagesReply } from './replies/images.ts'
import { describeReply, eventsReply, historyReply, ownerReply } from './replies/inspect.ts'
import { kubectlReply } from './replies/kubectl.ts'
import { listReply } from './replies/list.ts'
import { logsReply } from './replies/logs.ts'
import { quarantinedReply } from './replies/quarantined.ts'
import { restartsReply } from './replies/restarts.ts'
import { topReply } from './replies/top.ts'
import { wasteReply } from './replies/waste.ts'
import type { Request } from './request.ts'
import { findPlace, type Place } from './scope.ts'

export const plainAgent: Agent = async (question, context) => {
  const request = parseRequest(question)
  const { ask } = request
  if (ask.kind === 'help') return helpAnswer(context.clusters.list())
  if (ask.kind === 'unknown') return unknownAnswer(request.text, context.clusters.list())
  if (ask.kind === 'clusters') return clustersAnswer(context)
  const found = await findPlace(request, context)
  if ('ask' in found) return found.ask
  const { place } = found
  if (ask.kind === 'diagnose' && ask.onlyIfNamed && place.objects.length === 0 && !place.namespace) {
    return unknownAnswer(request.text, context.clusters.list())
  }
  return withGaps(await reply(request, place, context), place)
}

function reply(request: Request, place: Place, context: Parameters<Agent>[1]): Promise<AnswerInput> {
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
      return historyReply({ ...input, ask })
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
    case 'clusters':
    case 'unknown':
      return Promise.resolve(helpAnswer(context.clusters.list()))
  }
}

/** A name in the question that nothing bears is said, not passed over. */
function withGaps(answer: AnswerInput, place: Place): AnswerInput {
  if (place.unknown.length === 0 || place.objects.length === 0) return answer
  return {
    ...answer,
    partial: [...(answer.partial ?? []), `nothing is named ${place.unknown.slice(0, 3).join(', ')} here`],
  }
}
