// "describe cart", "events in shop", "rollout history of checkout", "who owns cart".
import type { Reader } from '../request.ts'
import { only } from '../words.ts'

const HISTORY =
  /\b(rollout history|revisions?|history of|(deployment|deploy|release) history|what changed|when was .* (deployed|released|rolled out)|last deploy(ed|ment)?)\b/

export const history: Reader = {
  understood: only(
    'show list what which when rollout rolled out history revision revisions deploy deployed deployment release released last changed',
  ),
  read: ({ lower }) => (HISTORY.test(lower) ? { kind: 'history' } : undefined),
}

export const owner: Reader = {
  understood: only('who what which owns owner owned manages managed deployed runs by'),
  read: ({ lower }) =>
    /\bwho (owns|manages|deployed|runs)\b|\b(owned|managed|deployed) by\b|\bowner of\b/.test(lower)
      ? { kind: 'owner' }
      : undefined,
}

export const describe: Reader = {
  understood: only('describe detail details about tell more on show'),
  read: ({ lower }) =>
    /^(please )?(describe|details? (of|for|about)|tell me about|more (about|on)|show details)\b/.test(lower)
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
