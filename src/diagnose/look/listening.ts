// Reading in logs where an application says it listens: "listening on 0.0.0.0:8080", "Server started on port 3000".
import type { KubeObject } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { oneLine } from './words.ts'

export interface Listening {
  port: number
  /** only for callers in the same pod */
  loopback: boolean
  line: string
}

const LISTENS =
  /\b(?:listen(?:ing|s)?|serving|started|running|bound|ready|accepting connections|available)\b[^\n]{0,60}?(?:(?<host>0\.0\.0\.0|127\.0\.0\.1|localhost|\[::1?\]|::1?|\*)?:|\bport[ =:]{1,2})(?<port>\d{2,5})\b/i

export function listeningPorts(snapshot: Snapshot, pod: KubeObject): Listening[] {
  const found = new Map<number, Listening>()
  for (const log of snapshot.logsOf(pod)) {
    if (log.previous) continue
    for (const line of log.text.slice(0, 200_000).split('\n').slice(0, 500)) {
      const groups = LISTENS.exec(line.slice(0, 500))?.groups
      const port = Number(groups?.port)
      if (!groups || port < 1 || port > 65_535) continue
      const loopback = /^(127\.0\.0\.1|localhost|\[?::1\]?)$/.test(groups.host ?? '')
      found.set(port, { port, loopback, line: oneLine(line) })
    }
  }
  return [...found.values()]
}
