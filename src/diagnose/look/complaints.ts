// What running pods complain about in their logs: hosts they cannot resolve or reach, with the object here that the host is.
import { refKey } from '../../core/ref.ts'
import type { PodLog } from '../../objects/files.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { resolveHost, resolveInLine } from './hosts.ts'
import { linesEach, logReason } from './logs.ts'
import { groupBy, perSnapshot } from './memo.ts'
import { type NamedHost, onlyHostOf } from './named-hosts.ts'
import { containersOf, isFinished } from './pods.ts'
import { podsBehind } from './services.ts'
import { oneLine } from './words.ts'
import { workloadOf } from './workloads.ts'

export interface Complaint {
  pod: KubeObject
  workload: KubeObject
  kind: 'dns' | 'connection' | 'tls' | 'http'
  host: string | undefined
  port: number | undefined
  line: string
  /** nobody answered, as a dropped packet looks; false: somebody refused */
  silent: boolean
  /** 403, 502 … where the line carries one */
  status: number | undefined
  /** the Service or Pod the host means, when it is here */
  target: KubeObject | undefined
}

// cheap test before the costly reading: most logs of most pods say none of this
const WORTH_READING =
  /refused|time[ds]?[ -]?out|timeout|unreachable|no route|resolv|no such host|name resolution|EAI_AGAIN|ENOTFOUND|Name or service|upstream|RBAC: access denied|\b50[234]\b|\b403\b|reset by peer|unavailable|deadline exceeded|x509|certificate/i
const AFTER = 20
const SILENT = /time[ds]?[ -]?out|timeout|ETIMEDOUT|no route|unreachable|deadline exceeded|EAI_AGAIN|temporary failure/i
// nginx: `upstream timed out … upstream: "http://10.1.2.3:8080/"`; envoy: `upstream connect error`
const PROXY = /upstream: "[a-z]{1,8}:\/\/(?<host>[0-9a-zA-Z.-]{1,253}):(?<port>\d{1,5})/
const STATUS =
  /(?:RBAC: access denied|\b(?:status|code|HTTP\/\d(?:\.\d)?|returned|response)\D{0,12}(?<status>403|50[234])\b|\b(?<named>403 Forbidden|502 Bad Gateway|503 Service (?:Temporarily )?Unavailable|504 Gateway Time-?out))/i
const URL_HOST = /\bhttps?:\/\/(?:[^@/\s]{0,100}@)?(?<host>[a-zA-Z0-9][a-zA-Z0-9.-]{0,252})(?::(?<port>\d{1,5}))?/

// `rates.mesh-core:9000`, `rates.mesh-core.svc`, `rates:9000`: as gRPC and database clients write it
const BARE_HOST = /(?<![\w./-])([a-z][a-z0-9-]{0,62}(?:(?:\.[a-z0-9-]{1,63}){1,5}|(?=:\d)))(?::(\d{1,5}))?(?![\w-])/g

// lines looked at closely in one snapshot, shared out among the logs that are worth it: thousands of talkative pods take seconds, not minutes
const BUDGET_LINES = 20_000
const LOG_LINES = 400
// complaints of one pod
const MOST = 20

/** Complaints of pods that have not finished, the newest log of each container. */
export const complaints = perSnapshot((snapshot: Snapshot): Complaint[] => {
  const worth = snapshot
    .list('Pod')
    .filter((pod) => !isFinished(pod) || pod.metadata.ownerReferences?.[0]?.kind === 'Job')
    .map((pod) => ({ pod, logs: snapshot.logsOf(pod).filter(({ text }) => WORTH_READING.test(newest(text))) }))
    .filter(({ logs }) => logs.length > 0)
  const share = linesEach(worth.length, BUDGET_LINES)
  return worth.flatMap(({ pod, logs }) => complaintsOf(snapshot, pod, logs, share))
})

function newest(text: string): string {
  return text.slice(-100_000)
}

function complaintsOf(snapshot: Snapshot, pod: KubeObject, logs: readonly PodLog[], share: number): Complaint[] {
  const found = new Map<string, Complaint>()
  for (const log of logs) {
    const lines = newest(log.text).split('\n').slice(-LOG_LINES)
    const reason = logReason(tellingLines(lines, share))
    const base = { pod, workload: workloadOf(snapshot, pod) }
    if (
      reason &&
      !reason.resolved &&
      (reason.kind === 'dns' || reason.kind === 'connection' || reason.kind === 'tls')
    ) {
      const url = reason.host ? undefined : URL_HOST.exec(reason.line)?.groups
      const set = reason.host || url || reason.kind !== 'connection' ? undefined : setHost(log.container)
      const host = reason.host ?? url?.host ?? set?.host
      add({
        ...base,
        kind: reason.kind,
        host,
        port: reason.port ?? (url?.port ? Number(url.port) : set?.port),
        line: reason.line,
        silent: SILENT.test(reason.line),
        status: undefined,
        target: targetOf(host, reason.line),
      })
    }
    for (const line of lines.slice(-share)) {
      if (found.size >= MOST) break
      const proxy = PROXY.exec(line)?.groups
      const status = STATUS.exec(line)
      if (!proxy && !status) continue
      if (!proxy && !/error|fail|warn|denied/i.test(line)) continue
      const url = proxy ?? URL_HOST.exec(line)?.groups ?? bareHost(line)
      const number =
        Number((status?.groups?.status ?? status?.groups?.named ?? '').slice(0, 3)) ||
        (/RBAC: access denied/i.test(line) ? 403 : undefined)
      add({
        ...base,
        kind: proxy && !status ? 'connection' : 'http',
        host: url?.host,
        port: url?.port ? Number(url.port) : undefined,
        line: oneLine(line),
        silent: SILENT.test(line),
        status: number,
        target: targetOf(url?.host, line),
      })
    }
  }
  return [...found.values()]

  function setHost(name: string): NamedHost | undefined {
    const container = containersOf(pod).find((entry) => entry.name === name)
    return container && onlyHostOf(snapshot, pod, container.spec)
  }
  function bareHost(line: string): { host: string; port: string | undefined } | undefined {
    for (const [, host = '', port] of line.slice(0, 1000).matchAll(BARE_HOST)) {
      if (resolveHost(snapshot, host, pod.metadata.namespace ?? '')?.object) return { host, port }
    }
    return undefined
  }
  function targetOf(host: string | undefined, line: string): KubeObject | undefined {
    return host ? resolveInLine(snapshot, host, line, pod.metadata.namespace ?? '')?.object : undefined
  }
  function add(complaint: Complaint): void {
    const key = `${complaint.kind} ${complaint.host}:${complaint.port} ${complaint.status}`
    if (!found.has(key) && found.size < MOST) found.set(key, complaint)
  }
}

/** The lines that speak of connections, and what comes after the last of them: it may say that all is well again. */
function tellingLines(lines: readonly string[], most: number): string {
  const telling = lines.flatMap((line, index) => (WORTH_READING.test(line) ? index : []))
  const after = (telling.at(-1) ?? -1) + 1
  return [...telling.slice(-most).map((index) => lines[index]), ...lines.slice(after, after + AFTER)].join('\n')
}

/** Whom a complaint is about. Applications name whom they call without writing an address, too: "ledger returned 403". */
export function calleeOf(snapshot: Snapshot, { target, pod, line, workload }: Complaint): KubeObject | undefined {
  if (target) return target
  for (const word of line
    .toLowerCase()
    .split(/[^a-z0-9-]+/)
    .slice(0, 60)) {
    const service = word.length > 2 ? snapshot.get('Service', pod.metadata.namespace, word) : undefined
    if (service && !podsBehind(snapshot, service).some((other) => workloadOf(snapshot, other) === workload))
      return service
  }
  return undefined
}

/** Complaints by the object they are about: `refKey` of a Service or Pod. */
export const complaintsByTarget = perSnapshot((snapshot) =>
  groupBy(complaints(snapshot), (complaint) => complaint.target && refKey(refOf(complaint.target))),
)

export function complaintsAbout(snapshot: Snapshot, service: KubeObject): Complaint[] {
  return complaintsByTarget(snapshot).get(refKey(refOf(service))) ?? []
}
