// Troubles that a log explains, over all containers that suffer: worked out once, told by one check per kind of trouble.
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Draft } from '../check.ts'
import { type SickGroup, sickGroups } from '../look/ailments.ts'
import { exitMeaning } from '../look/exits.ts'
import { type LogKind, type LogReason, linesEach, logReason, logText } from '../look/logs.ts'
import { groupBy, perSnapshot } from '../look/memo.ts'
import { onlyHostOf } from '../look/named-hosts.ts'
import { isOwnTrouble } from '../look/own-trouble.ts'
import { type Container, containersOf, isLive, isReady, refsOf } from '../look/pods.ts'
import { probeFault } from '../look/probes.ts'
import { type RecentChange, recentChange, rollbackOf } from '../look/revisions.ts'
import { podsOfGroup, restartsOf, severityOf, sinceOf } from '../look/sick.ts'
import { count, evidence, restartText } from '../look/words.ts'
import { workloadOf } from '../look/workloads.ts'
import { blame } from './index.ts'

interface Trouble {
  kind: LogKind
  draft: Draft
}

/** The drafts of the kinds of trouble that one check is about. */
export function troublesOf(snapshot: Snapshot, ...kinds: LogKind[]): Draft[] {
  return kinds.flatMap((kind) => byKind(snapshot).get(kind) ?? []).map(({ draft }) => draft)
}

/** Whether a log already explains this container: then no other check needs to. */
export function isExplained(snapshot: Snapshot, group: SickGroup): boolean {
  return explanation(snapshot, group) !== undefined
}

const byKind = perSnapshot((snapshot) => groupBy(allTroubles(snapshot), (trouble) => trouble.kind))

function allTroubles(snapshot: Snapshot): Trouble[] {
  return [
    ...sickGroups(snapshot, 'crash').flatMap((group) => told(snapshot, group, 'crash-looping')),
    ...sickGroups(snapshot, 'init').flatMap((group) => told(snapshot, group, 'waiting in their init container')),
    ...sickGroups(snapshot, 'probe').flatMap((group) => told(snapshot, group, 'killed by their probe')),
    ...sickGroups(snapshot, 'unready').flatMap((group) => told(snapshot, group, 'not ready')),
    ...running(snapshot),
  ]
}

interface Explanation {
  pod: KubeObject
  container: Container
  reason: LogReason
}

// lines looked at in one snapshot, of all that is sick and of all that runs: a cluster full of talkative pods takes seconds, not minutes
const SICK_LINES = 40_000
const RUNNING_LINES = 20_000
const PODS_TOLD = 20

const linesOfSick = perSnapshot((snapshot) => {
  const groups = (['crash', 'init', 'probe', 'unready'] as const).flatMap((ailment) => sickGroups(snapshot, ailment))
  return linesEach(
    groups.reduce((sum, { sick }) => sum + Math.min(sick.length, PODS_TOLD), 0),
    SICK_LINES,
  )
})

/** The first pod of a group whose log says why; a probe that is itself wrong is not the application's fault. */
function explanation(snapshot: Snapshot, group: SickGroup): Explanation | undefined {
  for (const { pod, container, ailment } of group.sick.slice(0, PODS_TOLD)) {
    if ((ailment === 'probe' || ailment === 'unready') && probeFault(snapshot, pod, container)?.certain)
      return undefined
    const text = logText(snapshot, pod, container.name, ailment === 'crash' || ailment === 'probe')
    const reason = text === undefined ? undefined : logReason(text, linesOfSick(snapshot))
    if (!reason || (reason.resolved && ailment !== 'crash')) continue
    // a container that the kubelet kills has not failed over a line of its own, unless that line is about what it waits for
    if (ailment !== 'crash' && ailment !== 'init' && !ONGOING.has(reason.kind)) continue
    return { pod, container, reason }
  }
  return undefined
}

// what keeps a running application from being ready, or from working though it is
const ONGOING = new Set<LogKind>([
  'connection',
  'dns',
  'pool',
  'tls',
  'auth',
  'not-granted',
  'disk-full',
  'rbac',
  'cloud-denied',
  'app-memory',
  'watch-limit',
  'migration',
  'data-corrupt',
  'locked',
  'license',
  'env-missing',
])

function told(snapshot: Snapshot, group: SickGroup, state: string): Trouble[] {
  const found = explanation(snapshot, group)
  if (!found) return []
  const { workload, sick } = group
  const { pod, container, reason } = found
  const change = recentChange(snapshot, workload, pod)
  const blamed = blame({ snapshot, workload, pod, container, reason, change })
  // what lies outside is no work of a revision, unless that revision brought the very host
  const named = reason.host !== undefined && change?.words.includes(reason.host) === true
  const changed: RecentChange | undefined = blamed.outside && !named ? undefined : change
  const back = changed && rollbackOf(workload, changed)
  const ended = container.terminated ?? container.last
  const exit = ended ? exitMeaning(container, ended).words : 'running'
  const since = sinceOf(snapshot, sick)
  const draft: Draft = {
    severity: severityOf(workload),
    object: blamed.object ?? refOf(workload),
    summary: `${podsOfGroup(snapshot, group)}${blamed.object ? ` of ${workload.metadata.name}` : ''} ${state}${inContainer(workload, container)}${restartText(snapshot, since, restartsOf(sick))}`,
    cause: blamed.cause,
    ...(changed ? { changed: changed.words } : {}),
    evidence: [
      ...reason.lines.map((line) => evidence('log', pod, line)),
      evidence('status', pod, `container ${container.name}: ${exit}, ${count(container.restarts, 'restart')}`),
      ...(blamed.evidence ?? []),
      ...(changed ? [evidence('spec', changed.to.object, `Changed: ${changed.words}`)] : []),
    ],
    remedy: `${blamed.remedy}${back ? ` Until then, roll back to revision ${changed.from.number}, which was healthy.` : ''}`,
    pods: refsOf(group.pods),
    dueTo: blamed.dueTo ?? [],
    ...(blamed.action ? { action: blamed.action } : back ? { action: back } : {}),
    ...(since ? { since } : {}),
    ...(blamed.object ? { explains: [refOf(workload)] } : {}),
  }
  return [{ kind: reason.kind, draft }]
}

/** Names the container only where that says more than the workload's name. */
export function inContainer(workload: KubeObject, container: Container): string {
  if (container.kind === 'init') return ` in init container ${container.name}`
  const own = containersOf({ ...container.pod }).filter(({ kind }) => kind === 'main')
  return own.length > 1 || container.kind === 'sidecar' ? ` in container ${container.name}` : ''
}

/** The time of a line of a Kubernetes component ("E1120 09:59:02.123456"), which leaves out the year: the newest that has been. */
function klogTime(line: string, now: Date): string | undefined {
  const found = /^[IWEF](\d{2})(\d{2}) (\d{2}:\d{2}:\d{2})/.exec(line)
  if (!found) return undefined
  return [now.getUTCFullYear(), now.getUTCFullYear() - 1]
    .map((year) => `${year}-${found[1]}-${found[2]}T${found[3]}Z`)
    .find((at) => Date.parse(at) <= now.getTime() + 60_000)
}

// a database that tells of a client it turned away (PostgreSQL, MySQL, MongoDB) does its work: the client is at fault
const REFUSES_CLIENT =
  /^(?:\[\d+\] )?(?:\S{1,80}@\S{1,80} )?(?:FATAL|ERROR): |\[(?:Note|Warning)\].{0,80}Access denied for user '|\bc=ACCESS\b/

const STALE_MS = 30 * 60_000

/** Ready pods whose log keeps saying, up to now, that something they need does not work. Once is noise. */
function running(snapshot: Snapshot): Trouble[] {
  const seen = new Set<string>()
  const logs = snapshot.logs.flatMap((log) => {
    if (log.previous || seen.has(`${log.namespace}/${log.pod}/${log.container}`)) return []
    seen.add(`${log.namespace}/${log.pod}/${log.container}`)
    const pod = snapshot.get('Pod', log.namespace, log.pod)
    return pod && isLive(pod) && isReady(pod) ? [{ pod, name: log.container, text: log.text }] : []
  })
  const most = linesEach(logs.length, RUNNING_LINES)
  return logs.flatMap(({ pod, name, text }) => {
    const container = containersOf(pod).find((each) => each.name === name && each.kind !== 'init')
    const reason = container && logReason(text, most)
    if (!reason || reason.resolved || reason.times < 2 || !WHILE_READY.has(reason.kind)) return []
    if (!isOwnTrouble(reason, reason.host !== undefined || onlyHostOf(snapshot, pod, container.spec) !== undefined))
      return []
    if ((reason.kind === 'auth' || reason.kind === 'not-granted') && REFUSES_CLIENT.test(reason.line)) return []
    const age = snapshot.ageMs(reason.at ?? klogTime(reason.lines.at(-1) ?? '', snapshot.now))
    if (age === undefined || age > STALE_MS) return []
    const workload = workloadOf(snapshot, pod)
    const group: SickGroup = {
      workload,
      name: container.name,
      sick: [{ ailment: 'unready', workload, pod, container }],
      pods: [pod],
    }
    return whileReady(snapshot, group, pod, container, reason)
  })
}

const WHILE_READY = new Set<LogKind>([
  'app-memory',
  'auth',
  'cloud-denied',
  'connection',
  'data-corrupt',
  'disk-full',
  'dns',
  'license',
  'migration',
  'not-granted',
  'permission',
  'pool',
  'rate-limited',
  'rbac',
  'read-only',
  'tls',
  'watch-limit',
])

function whileReady(
  snapshot: Snapshot,
  group: SickGroup,
  pod: KubeObject,
  container: Container,
  reason: LogReason,
): Trouble[] {
  const { workload } = group
  const blamed = blame({ snapshot, workload, pod, container, reason, change: undefined })
  return [
    {
      kind: reason.kind,
      draft: {
        // a retry that nobody but the client counts may be the other side's business
        severity: reason.severe ? 'warning' : 'info',
        object: blamed.object ?? refOf(workload),
        summary:
          `${blamed.object ? workload.metadata.name : ''} runs, but its log says that something it needs does not work`.trim(),
        cause: blamed.cause,
        evidence: [...reason.lines.map((line) => evidence('log', pod, line)), ...(blamed.evidence ?? [])],
        remedy: blamed.remedy,
        dueTo: blamed.dueTo ?? [],
        ...(blamed.action ? { action: blamed.action } : {}),
        ...(reason.at ? { since: reason.at } : {}),
        ...(blamed.object ? { explains: [refOf(workload)] } : {}),
      },
    },
  ]
}
