// "what is the memory limit of cart", "what env does checkout have": what somebody's pod template says.
import type { Reader, SpecPart } from '../request.ts'
import { only } from '../words.ts'

const PARTS: readonly [SpecPart, RegExp][] = [
  ['yaml', /\b(yaml|manifest|spec)\b/],
  ['env', /\b(env|environment( variables?)?|variables|[a-z0-9]+_[a-z0-9_]{1,100})\b/],
  ['probes', /\b(probes?|health ?checks?)\b/],
  [
    'resources',
    /\b((cpu|memory|resource) )?(limits?|requests)\b|\bhow much (memory|ram|cpu) (does|do|can|may|has|is)\b.{1,100}\b(have|get|allowed|given|set)\b/,
  ],
  ['ports', /\bports?\b/],
  ['replicas', /\b(how many|number of) (replicas|instances|copies)\b/],
]
const ASKED =
  /^(and )?(its? |the )?(ya?ml|manifest|spec|env|environment( variables?)?|ports?|probes?|limits?|requests|(cpu|memory|resource) (limits?|requests)|resources|replicas)( (of|for)\b|\W*$)|^(and )?(how much|what|what's|which|show|get|print|give|list|does|do|has|have|how many|number of|is there|are there)\b/

export const spec: Reader = {
  understood: only(
    'what which show get print give list how much many number is are ready of for and its has given allowed yaml manifest spec env environment variable variables probe probes readiness liveness startup health check checks resource cpu memory limit limits request requests port ports replicas instances copies set configured expose exposes listen listens use uses any run running',
  ),
  read({ lower, scope }) {
    if (scope.mentions.length === 0 && !/\b(it|its|this)\b/.test(lower)) return undefined
    if (!ASKED.test(lower) || /\b(why|wrong|fail\w*|reach|exceed\w*|hit|wait\w*)\b/.test(lower)) return undefined
    const part = PARTS.find(([, pattern]) => pattern.test(lower))
    return part && { kind: 'spec', of: part[0] }
  },
}
