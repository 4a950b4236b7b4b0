// "describe cart", "events in shop", "rollout history of checkout", "who owns cart".
import type { Reader } from '../request.ts'
import { SINCE_WORDS, sinceMinutes, sinceWords } from '../since.ts'
import { only } from '../words.ts'

const HISTORY =
  /\b(rollout history|revisions?|history of|(deployment|deploy|release) history|when was .* (deployed|released|rolled out)|last deploy(ed|ment)?)\b/

export const history: Reader = {
  understood: only(
    'show list what which when rollout rolled out history revision revisions deploy deployed deployment release released last changed',
  ),
  read: ({ lower }) => (HISTORY.test(lower) ? { kind: 'history' } : undefined),
}

export const changes: Reader = {
  understood: only(
    `what which show list anything something change changed changes did has have it recent recently new deploy deployed deploys deployment deployments rollout rollouts rolled out latest last was were went live ${SINCE_WORDS}`,
  ),
  read({ lower }) {
    const asked =
      /\bwhat('s| has| have)? (been )?changed\b|\b(recent|latest|last) (changes|deploys|deployments|rollouts|releases)\b|\bwhat (was|were|got) (deployed|rolled out|released)\b|\bany(thing)? (changed|changes|new)\b|\b(did|has|have) (anything|something|it) changed?\b/
    if (!asked.test(lower) || /\bwhy\b/.test(lower)) return undefined
    const minutes = sinceMinutes(lower)
    return {
      kind: 'changes',
      words: sinceWords(lower, minutes),
      ...(minutes === undefined ? {} : { sinceMinutes: minutes }),
    }
  },
}

export const owner: Reader = {
  understood: only('who what which owns owner owned manages managed deployed runs by'),
  read: ({ lower }) =>
    /\bwho (owns|manages|deployed|runs)\b|\b(owned|managed|deployed) by\b|\bowner of\b/.test(lower)
      ? { kind: 'owner' }
      : undefined,
}

export const describe: Reader = {
  understood: only('describe detail details labels annotations age uptime about tell more on show'),
  read: ({ lower }) =>
    /^(please )?(describe|(details?|labels|annotations|age|uptime) (of|for|about)|tell me about|more (about|on)|show details)\b/.test(
      lower,
    )
      ? { kind: 'describe' }
      : undefined,
}

export const events: Reader = {
  understood: only('show list what which event events warning warnings recent latest last newest happened about'),
  read({ lower }) {
    if (!/\b(events?|warnings?)\b/.test(lower) || /\bwhy\b/.test(lower)) return undefined
    return { kind: 'events', warningsOnly: /\bwarnings?\b/.test(lower) }
  },
}
