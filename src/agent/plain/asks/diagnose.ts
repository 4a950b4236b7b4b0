// "what is wrong in shop", "why is checkout failing", or no more than a name.
import type { Reader, Sentence } from '../request.ts'

const TROUBLE =
  /\b(why|wrong|are you sure|(no|without) endpoints?|reach\w*|summar\w+|overview|(the|current) state|compar\w+|fix|repair|diagnos\w*|investigat\w*|troubleshoot\w*|debug|check|inspect|analy[sz]e|problems?|issues?|broken|break\w*|fail\w*|crash\w*|down|errors?|slow|health\w*|unhealthy|status|stuck|pending|hang\w*|hung|oom\w*|dies|dying|died|dead|kill\w*|restart\w*|not (working|ready|starting|responding|reachable|running)|unavailable|unreachable|trouble|happen\w*|going on|ok(ay)?|alive|fine|sick|look at|50[0-4]|time(s|d)? ?out|refus\w*|can'?t|cannot|does ?n'?o?t|isn'?t|aren'?t|won'?t|how (is|are)|what about|explain|evict\w*|oomkilled|backoff|terminating|up|zero|desired|missing|more and more|too many|pil(e|es|ing) up|come from|0 (pods|replicas)|(has|have|with|gets?|got|are|is) no\b|nobody|no ?one|did ?n[o']?t|never|nothing|broke|expir\w*|resolves?|resolving|outage|arriv\w*|warns?|complain\w*|lost|alert\w*|alarm\w*|fixed|solved|recover\w*|on fire|burning|what (should|can|do) (i|we) do|since when|how long|notready|errimage\w*|createcontainer\w*|containercreating|failed(scheduling|mount)|\w+pressure|unschedulable|\d+\/\d+)\b/

// comparing, explaining, advising, foretelling: checks cannot, whatever else the sentence says
const MORE =
  /\b(compar\w*|versus|vs|differ\w*|similar|safe|safely|should (i|we|it|this)|(can|could|may) (i|we)|better|best|worth|recommend\w*|advi[cs]e|suggest\w*|what (would|will|happens?)\b.*\bif|what if|how (do|can|should|would|could) (i|we|you|one)|explain (what|how|this|that|me)|what (is|are|does|do)\b.*\b(for|do|mean|used)\b|faster|slower|perform\w*|design|redesign|architecture|migrat\w*|impact|depend\w*|who (talks|calls)|summar\w*|optimi[sz]e|improv\w*|predict|forecast|likely|risk\w*|plan|since when|when did|correlat\w*|trend|normal|usual(ly)?)\b/

export const diagnose: Reader = {
  // what people say in passing about trouble is no further question
  understood: asksNoMore,
  read: ({ lower }) => (TROUBLE.test(lower) ? { kind: 'diagnose' } : undefined),
}

/** Only a name: "checkout", "shop/checkout", "deployment checkout please". */
export const bareName: Reader = {
  understood: asksNoMore,
  read({ words, scope }) {
    const named = scope.mentions.length > 0 || scope.namespace !== undefined
    return named && words.length <= 4 ? { kind: 'diagnose', onlyIfNamed: true } : undefined
  },
}

/** Names apart: a workload may be called recommender or plan. */
function asksNoMore({ words, scope }: Sentence): boolean {
  const names = new Set(scope.mentions.map(({ name }) => name))
  return !MORE.test(words.filter((word) => !names.has(word.slice(word.lastIndexOf('/') + 1))).join(' '))
}
