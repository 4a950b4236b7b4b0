// The vocabulary of plain questions: what kinds are called by people, and words that never name an object.
import { KINDS, type Kind, kindByName } from '../../objects/kinds.ts'
import type { Scope, Sentence } from './request.ts'
import { SINCE_WORDS } from './since.ts'

// short names that are English words too: "no", "so", "limits" must not turn a sentence into a list of nodes
const NOT_AS_KIND = new Set(
  'no so limits ro pa ap cs app apps cr crs gc dr vs ip pc cert all rollout rollouts application applications event ev'.split(
    ' ',
  ),
)

// what people say for a kind, beyond kubectl's own names; two words are joined by a space
const SPOKEN: Record<string, string[]> = {
  workload: ['Deployment', 'StatefulSet', 'DaemonSet'],
  workloads: ['Deployment', 'StatefulSet', 'DaemonSet'],
  container: ['Pod'],
  containers: ['Pod'],
  deploys: ['Deployment'],
  'stateful set': ['StatefulSet'],
  'stateful sets': ['StatefulSet'],
  'daemon set': ['DaemonSet'],
  'daemon sets': ['DaemonSet'],
  'replica set': ['ReplicaSet'],
  'replica sets': ['ReplicaSet'],
  'cron job': ['CronJob'],
  'cron jobs': ['CronJob'],
  crons: ['CronJob'],
  'config map': ['ConfigMap'],
  'config maps': ['ConfigMap'],
  configs: ['ConfigMap'],
  'network policy': ['NetworkPolicy'],
  'network policies': ['NetworkPolicy'],
  'service account': ['ServiceAccount'],
  'service accounts': ['ServiceAccount'],
  'persistent volume claim': ['PersistentVolumeClaim'],
  'persistent volume claims': ['PersistentVolumeClaim'],
  'volume claims': ['PersistentVolumeClaim'],
  pvcs: ['PersistentVolumeClaim'],
  volumes: ['PersistentVolumeClaim'],
  'persistent volumes': ['PersistentVolume'],
  pvs: ['PersistentVolume'],
  hpas: ['HorizontalPodAutoscaler'],
  autoscaler: ['HorizontalPodAutoscaler'],
  autoscalers: ['HorizontalPodAutoscaler'],
  pdbs: ['PodDisruptionBudget'],
  'disruption budgets': ['PodDisruptionBudget'],
  machines: ['Node'],
  machine: ['Node'],
  svcs: ['Service'],
  ingress: ['Ingress'],
  ingresses: ['Ingress'],
  quotas: ['ResourceQuota'],
  'storage class': ['StorageClass'],
  'storage classes': ['StorageClass'],
}

function kindsNamed(names: string[]): Kind[] {
  return names.flatMap((name) =>
    KINDS.filter((kind) => kind.kind === name && !kind.apiVersion.startsWith('metrics')).slice(0, 1),
  )
}

/** The kinds that one or two spoken words name; empty when they name none. */
export function spokenKinds(words: string): Kind[] {
  const text = words.toLowerCase()
  const spoken = Object.hasOwn(SPOKEN, text) ? SPOKEN[text] : undefined
  if (spoken) return kindsNamed(spoken)
  if (NOT_AS_KIND.has(text) || text.length < 2) return []
  const kind = kindByName(text)
  return kind ? [kind] : []
}

// what the kubelet and kubectl call the state of things
const STATES =
  'terminating notready crashloopbackoff imagepullbackoff errimagepull invalidimagename createcontainerconfigerror createcontainererror runcontainererror containercreating podinitializing backoff evicted unschedulable schedulingdisabled failedscheduling failedmount memorypressure diskpressure pidpressure networkunavailable progressdeadlineexceeded deadlineexceeded nodelost nodenotready segfault panic'

/** Words of plain English that are never taken for the name of an object, unless quoted or said with a kind. */
export const COMMON = new Set(
  `a about across after again alive all also am an and any anybody anyone anything app apps application applications are aren't around as ask at away back bad be because been before behind being best
  better between big bigger biggest both bring broke broken but by call can cannot can't cant cause causing change changed check checking cluster clusters come consume consumes consuming container containers
  could count cpu crash crashed crashes crashing crashloop crashlooping current currently customers day days dead debug default deploy deployed deploying describe detail details diagnose diagnosis did die died dies different do does
  doesn't doing done don't down dying each eating eats else error errors even event events ever every everybody everything everywhere exactly exist exists explain fail failed failing fails failure fast find fine
  first fix fixed for found from get gets getting give go goes going gone good got had happen happened happening happens has have having healthy hello help here hey hi high highest history hog hogging hang hangs hanging desired finished install installed upgrade upgraded delete deleted hung
  hour hours how hung i idle if image images in inside instance instances into investigate is isn't issue issues it it's its just keep keeps kill killed know largest last late latest least left let like line lines list
  little log logs long look looks lot low made make many matter may me mean memory might minute minutes missing money more morning most much my name named names namespace namespaces need needs never new next night no
  node not nothing now number of off often ok okay old on once one ones only oom oomkilled open or other our out over owns page part past pending people perhaps place please pls pod pods possible previous
  problem problems production project properly ps pull put quick quickly ram read ready really reason recent recently replicas report request requests resource resources restart restarted restarting restarts result
  return revision right roll rollback rolled rollout run running runs same save say scale second seconds see seem seems send service services set should show shows sick since single slow so some someone
  something soon spend spent start started starting starts state status still stop stopped stuck such summary sure take taking tell than thank thanks that that's the their them then there there's these they thing things think this
  those though three time times to today together told tomorrow too top total traffic trouble troubleshoot try two unable under unhealthy unready until up us usage use used user users uses using usually version versions very via
  wait waiting want wants was wasn't waste wasted watch way we week well went were what what's whats when where which while who who's whole whose why will with without wonder work working works worst would wrong year yes
  yesterday yet you your zero compare comparison versus vs differ differs difference similar safe safely slower faster risk risky risks plan plans explain explains summarize summarise summary overview state states max maximum min minimum exist exists capacity full busy room headroom utilization utilisation yaml manifest spec env environment variable variables port ports probe probes readiness liveness limit limits approve approves approval approvals reject rejected expire expired expires expiring init outage arrive arrived resolve resolves browser browsers expose exposes keep keeping next schedule scheduled oomkills happen survive loss lose lost worth better answer answers conclusion reasoning careful carefully thorough double-check cross-check verify reflect twice opinion tail grep nobody enough room ingress kubectl helm firstmate bot alert alerts warning warnings latency response responding respond unreachable reach reachable connect connection refused timeout timeouts cordon uncordon drain evict quarantine quarantined quarantines unquarantine suspend resume pause unsuspend bounce revert undo rolling 500 502 503 504 404
  thx ty tks cheers u ya plz kindly asap guys folks team mate yep yeah nope lol hmm wow sorry urgent immediately fire burning per sorted grouped cost costs unused create apply patch annotate taint rename enable disable destroy nuke wipe purge terminate reboot saving savings orphan orphans orphaned
  overprovisioned over-provisioned rightsizing fixed solved recovered recover stable behind deployed installed increase decrease raise lower reduce bump lines grep follow containing matching exception exceptions fatal
  update updated updating trigger root rca age uptime labels annotations changes free pressure unavailable anybody
  ${STATES} completed`
    .split(/\s+/)
    .filter(Boolean),
)

function wordSet(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/).filter(Boolean))
}

// times, order, and what is said of things instead of naming them
const NEVER = wordSet(
  `${SINCE_WORDS} first second third next same other another different wrong right least most more less many much few fewer average detail details short between before after not no never still
  down up stuck dead slow fast broken ok bad good healthy unhealthy ready unready full failing failed crashing crashed restarting restarted terminating pending running evicted oomkilled notready because if when why how one ones two three zero everything everybody nothing anything something all state states trouble ${STATES} log logs line lines event events usage use used uses resource resources help thanks`,
)

// small words that ask for nothing by themselves
const SMALL = wordSet(
  `a an the this that these those of for in on at from to across everywhere whole entire inside within under by and or with my our your me us we i you it its it's them they there here
  is are was were be been do does did has have had can could would will please pls kindly hey hi hello ok okay so now then just also all any every each right currently
  namespace namespaces ns cluster clusters -n --namespace --context --cluster -a --all-namespaces what's`,
)

/** An ordinary word that somebody may have named a namespace or a workload after: `default`, `production`, `report`. */
export function mayBeName(word: string): boolean {
  return (
    COMMON.has(word) && !NEVER.has(word) && !SMALL.has(word) && /^[a-z]/.test(word) && spokenKinds(word).length === 0
  )
}

/** Tells whether a sentence consists of this vocabulary, beside names, kinds, numbers and small words. */
export function only(vocabulary: string): (sentence: Sentence) => boolean {
  const known = wordSet(vocabulary)
  return ({ words, scope }) => words.every((word, at) => known.has(word) || isSmall(word) || isNamed(words, at, scope))
}

function isSmall(word: string): boolean {
  // a number, an image, a flag with its value
  return SMALL.has(word) || /^\d+[a-z%]{0,3}$|[:=]/.test(word)
}

function isNamed(words: readonly string[], at: number, scope: Scope): boolean {
  const word = words[at] ?? ''
  if (word === scope.namespace || word === scope.cluster) return true
  if (scope.mentions.some(({ name }) => word === name || word.endsWith(`/${name}`))) return true
  const spoken = [word, `${word} ${words[at + 1] ?? ''}`, `${words[at - 1] ?? ''} ${word}`]
  return spoken.some((text) => spokenKinds(text).length > 0)
}
