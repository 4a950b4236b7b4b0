// "who uses most memory", "how full are the nodes".
import type { Reader } from '../request.ts'
import { only } from '../words.ts'

export const top: Reader = {
  understood: only(
    'who what which how much show list most top highest biggest largest usage use used uses using consume consumes consuming eat eats eating hog hogs hogging heavy heaviest hungry memory ram mem cpu processor ten five per by each of for does need needs',
  ),
  read({ lower }) {
    const resource = /\b(memory|ram|mem|cpu|processor)\b/.exec(lower)?.[1]
    const asks =
      /\b(most|top|highest|biggest|largest|usage|use[sd]?|using|consum\w+|eat(s|ing)?|hog\w*|heavy|heaviest|hungry)\b/.test(
        lower,
      )
    const plainTop = /^top\b(?!.*\b(problem|issue|error|trouble|alert|finding)s?\b)/.test(lower)
    // "what's the cpu of web", "how much memory does it need"
    const ofOne =
      /\b(of|for|does|do|is|are)\b/.test(lower) &&
      /^(and )?(how much|what|what's|show|its?|the|cpu|memory|ram)\b/.test(lower) &&
      // what it may use stands in its spec
      !/\b(have|get|allowed|given|set)\b/.test(lower)
    if (!(resource && (asks || ofOne)) && !plainTop) return undefined
    if (/\b(why|oom|limit|killed)\b/.test(lower)) return undefined
    const count = /\btop (\d{1,3})\b/.exec(lower)?.[1]
    const of = /\b(nodes?|machines?)\b/.test(lower)
      ? 'nodes'
      : /\b(which|what|per|by|each|every) namespaces?\b/.test(lower)
        ? 'namespaces'
        : 'pods'
    return {
      kind: 'top',
      of,
      by: resource && /cpu|processor/.test(resource) ? 'cpu' : 'memory',
      count: count ? Number(count) : 10,
    }
  },
}

/** What the scheduler counts: requests against what nodes can give. */
export const room: Reader = {
  understood: only(
    'how what which much many more full busy loaded enough capacity headroom room space left free replica replicas copies instances pod fit fits schedule spare show be there memory ram cpu resources nodes utilization utilisation',
  ),
  read({ lower }) {
    const asked =
      /\bhow (full|busy|loaded)\b|\b(enough|spare|free|left|how much|show|what|remaining)\b.*\b(capacity|headroom|room|space on)\b|\b(capacity|headroom|room|space) (left|free|for)\b|\bhow many more\b|\b(node|cluster) (capacity|utili[sz]ation)\b|^(capacity|headroom)\b|\benough (memory|ram|cpu|resources|nodes)\b/
    if (!asked.test(lower) || /\b(why|disk|volume|wrong)\b/.test(lower)) return undefined
    const more = /\b(\d{1,5}) (more|other|additional|extra)\b/.exec(lower)?.[1]
    return { kind: 'room', ...(more ? { more: Number(more) } : {}) }
  },
}
