// "list pods in shop", "how many pods are not ready", "which jobs failed".
import type { Kind } from '../../../objects/kinds.ts'
import type { Filter, Reader } from '../request.ts'
import { only, spokenKinds } from '../words.ts'

const WORDS =
  'list show get display print give tell what which see how many number count total are there is not yet ready unready running healthy unhealthy ok up unavailable notready down broken sick crash crashing crashed crashes pending unscheduled waiting fail failed failing errored error restart restarted restarting completed succeeded finished done available with their status every everywhere across whole all-namespaces exist exists keep keeps keeping run runs have do got get oom oomkilled oom-killed out memory problem fine does behind part of'

export const count: Reader = {
  understood: only(WORDS),
  read({ lower, kinds }) {
    if (!/\b(how many|number of|count( of| the)?|total( of)?)\b/.test(lower) || kinds.length === 0) return undefined
    // "how many pods are in namespace shop": the namespace is the scope, not what is counted
    const counted = kinds.filter((kind, at) => at === 0 || kind.kind !== 'Namespace')
    return {
      kind: 'list',
      of: counted.slice(0, 1).concat(counted.length > 1 && / and |,/.test(lower) ? counted.slice(1) : []),
      filter: filterOf(lower),
      count: true,
    }
  },
}

const LIST =
  /^(?:please )?(?:(?:can|could) you )?(?:list|show|get|display|print|give me|tell me|what|what's|which|are there|is there|do(?:es)? \S{1,253} have|is \S{1,253} (?:behind|in|on|part of) an?|are (?:all|any|the|our)(?: the| our)? (?:nodes|machines)|do we have|any|all|see)\b/

/** "what runs on worker-a", "which node does web run on", "where is checkout" */
export const running: Reader = {
  understood: only(
    'what which where node nodes show list is are run runs running scheduled lives pods workloads hosts host placed',
  ),
  read({ lower, scope }) {
    if (scope.mentions.length === 0 && scope.namespace === undefined) return undefined
    const nodes =
      /\b(which|what) nodes? (do|does|is|are|runs?|hosts?)\b|^(and )?where (is|are|does|do)\b(?!.* (wrong|fail))/.test(
        lower,
      )
    const on = /^(and )?what('s| is| are)? (all )?(runs?|running|scheduled)\b.* (on|in)\b/.test(lower)
    if (!nodes && !on) return undefined
    return { kind: 'list', of: spokenKinds('pod'), filter: 'all', count: false, ...(nodes ? { nodes } : {}) }
  },
}

const EVERYTHING = ['deployments', 'statefulsets', 'daemonsets', 'cronjobs', 'services', 'pods']

/** "get all in shop" */
export const everything: Reader = {
  understood: only('get list show all everything what deployed installed'),
  read: ({ lower }) =>
    /^(get|list|show)( me)? (all|everything)( (in|from|of|on) .{1,100}| -n .{1,100})?$|^what('s| is| are)? (deployed|installed)\b/.test(
      lower,
    )
      ? { kind: 'list', of: EVERYTHING.flatMap(spokenKinds), filter: 'all', count: false }
      : undefined,
}

/** "which pods are not ready", "failing pods in shop", "any pods pending?" */
export const troubledList: Reader = {
  understood: only(WORDS),
  read({ lower, kinds }) {
    const filter = filterOf(lower)
    if (kinds.length === 0 || filter === 'all' || /\bwhy\b|\bwrong\b/.test(lower)) return undefined
    if (/\b(no|without) endpoints?\b/.test(lower)) return undefined
    const plural = kinds.some((kind) =>
      new RegExp(`\\b(${kind.plural}|containers|machines|workloads|jobs|pvcs|pvs|hpas|pdbs)\\b`).test(lower),
    )
    if (!plural) return undefined
    if (
      !LIST.test(lower) &&
      !/^(failing|failed|crash\w*|pending|unhealthy|broken|not ready|unready|running|restarted)\b/.test(lower)
    )
      return undefined
    return { kind: 'list', of: listed(kinds), filter, count: false }
  },
}

export const list: Reader = {
  understood: only(WORDS),
  read(sentence) {
    const { lower, kinds, scope } = sentence
    if (
      kinds.length === 0 ||
      /\b(why|wrong|problem|broken|issue|trouble|(no|without) endpoints?|\d+\/\d+)\b|^deploy \S+:\S/.test(lower)
    )
      return undefined
    // "deployment checkout" is about one object, "pods of checkout" is a list
    const [first] = kinds
    const single = first && scope.mentions.some((mention) => mention.kind === first)
    if (single && !LIST.test(lower)) return undefined
    // "gateway?": a workload of that name is meant sooner than a kind beside Kubernetes' own
    if (!LIST.test(lower) && first && scope.mentions.some(({ name, perhaps }) => perhaps && name === first.singular))
      return undefined
    // "can I deploy to shop" names no kind, though deploy is one
    if (!LIST.test(lower) && (!BARE(sentence) || ASKING.test(lower))) return undefined
    return { kind: 'list', of: listed(kinds), filter: 'all', count: false }
  },
}

const ASKING = /\b(can|could|would|will|i|we|do|does|did|has|have)\b/

/** what may stand beside kinds and places without a verb: "pods and services in shop with their status" */
const BARE = only('with their status every everywhere across used mounted bound belonging')

/** "list pods in namespace shop" lists pods; "list namespaces" lists namespaces. */
function listed(kinds: readonly Kind[]): Kind[] {
  return kinds.length > 1 ? kinds.filter((kind) => kind.kind !== 'Namespace') : [...kinds]
}

function filterOf(lower: string): Filter {
  if (
    /\b(not (yet )?(ready|running|healthy|ok|up)|unready|un-?healthy|aren't ready|isn't ready|unavailable|notready|down|broken|sick)\b/.test(
      lower,
    )
  )
    return 'not-ready'
  if (/\boom\w*\b|\bout of memory\b/.test(lower)) return 'oom-killed'
  if (/\bcrash\w*\b/.test(lower)) return 'crashing'
  if (/\b(pending|unscheduled|waiting)\b/.test(lower)) return 'pending'
  if (/\b(fail(ed|ing)?|errored|error)\b/.test(lower)) return 'failed'
  if (/\brestart\w*\b/.test(lower)) return 'restarted'
  if (/\b(completed|succeeded|finished|done)\b/.test(lower)) return 'completed'
  if (/\brunning\b/.test(lower)) return 'running'
  if (/\b(ready|healthy|available|fine|ok)\b/.test(lower)) return 'ready'
  return 'all'
}
