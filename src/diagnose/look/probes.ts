// Reading probes: which one fails, what the kubelet says about it, and whether the probe itself or the application is at fault.
import type { KubeObject } from '../../objects/object.ts'
import { eventCount, type Snapshot } from '../../objects/snapshot.ts'
import { eventsAbout, messageText } from './events.ts'
import { logText } from './logs.ts'
import type { Container } from './pods.ts'
import { oneLine } from './words.ts'

type ProbeName = 'liveness' | 'readiness' | 'startup'

export interface ProbeFault {
  probe: ProbeName
  /** what the kubelet said last */
  message: string
  times: number
  event: KubeObject
  /** the probe asks for something this container does not offer: no reading of the application's log would say more */
  certain: boolean
  cause: string
  remedy: string
}

const WITHIN_MS = 20 * 60_000
const SAID = /^(Liveness|Readiness|Startup) probe (?:failed|errored)/i

/** The failing probe that matters most: one that kills (startup, liveness) before one that only takes the pod out of service. */
export function probeFault(snapshot: Snapshot, pod: KubeObject, container: Container): ProbeFault | undefined {
  const faults = eventsAbout(snapshot, pod, { reason: ['Unhealthy', 'ProbeError'], withinMs: WITHIN_MS }).flatMap(
    (event) => {
      const name = SAID.exec(messageText(event))?.[1]?.toLowerCase() as ProbeName | undefined
      return name && isAbout(event, pod, container, name) ? [faultOf(snapshot, pod, container, name, event)] : []
    },
  )
  const kills = faults.filter(({ probe }) => probe !== 'readiness')
  return faults.find(({ certain }) => certain) ?? kills[0] ?? faults[0]
}

export const PROBE_FIELD = { liveness: 'livenessProbe', readiness: 'readinessProbe', startup: 'startupProbe' } as const

/** An event names its container by fieldPath; without one, the container must have such a probe, or be the only one. */
function isAbout(event: KubeObject, pod: KubeObject, container: Container, probe: ProbeName): boolean {
  const path = String((event.involvedObject ?? event.regarding)?.fieldPath ?? '')
  const named = /\{([^{}]{1,253})\}/.exec(path)?.[1]
  if (named !== undefined) return named === container.name
  return container.spec?.[PROBE_FIELD[probe]] !== undefined || pod.spec?.containers?.length === 1
}

function faultOf(
  snapshot: Snapshot,
  pod: KubeObject,
  container: Container,
  probe: ProbeName,
  event: KubeObject,
): ProbeFault {
  const message = oneLine(messageText(event), 300)
  const spec = container.spec?.[PROBE_FIELD[probe]] ?? {}
  const verdict = judge(snapshot, pod, container, probe, spec, message)
  return { probe, message, times: eventCount(event), event, ...verdict }
}

type Verdict = Pick<ProbeFault, 'certain' | 'cause' | 'remedy'>

// biome-ignore lint/suspicious/noExplicitAny: a probe as the API prints it
function judge(
  snapshot: Snapshot,
  pod: KubeObject,
  container: Container,
  probe: ProbeName,
  spec: any,
  message: string,
): Verdict {
  const asks = probeText(spec, message)
  const field = PROBE_FIELD[probe]
  const status = Number(/statuscode: (\d{3})/i.exec(message)?.[1] ?? Number.NaN)
  if (status === 404 || status === 405 || status === 410) {
    return {
      certain: true,
      cause: `the ${probe} probe asks ${asks}, which answers ${status}: the application does not serve that path`,
      remedy: `Set the path of the ${field} to one that the application serves${servedPath(snapshot, pod, container)}.`,
    }
  }
  if (status === 401 || status === 403) {
    return {
      certain: true,
      cause: `the ${probe} probe asks ${asks}, which answers ${status}: that path wants a login that a probe has not`,
      remedy: `Point the ${field} at a path that needs no login.`,
    }
  }
  if (/HTTP response to HTTPS client|tls: first record does not look like a TLS handshake/i.test(message)) {
    return {
      certain: true,
      cause: `the ${probe} probe asks by HTTPS (${asks}), but the application speaks plain HTTP there: "${message}"`,
      remedy: `Set the scheme of the ${field} to HTTP.`,
    }
  }
  if (/malformed HTTP (?:response|status)|HTTP request to an HTTPS server/i.test(message)) {
    return {
      certain: true,
      cause: `the ${probe} probe asks ${asks} by plain HTTP, but the application speaks another protocol there (TLS or gRPC): "${message}"`,
      remedy: `Set the scheme of the ${field} to HTTPS, or use the probe type that the port speaks.`,
    }
  }
  if (
    /executable file not found|no such file or directory|exec failed|not found|permission denied/i.test(message) &&
    spec.exec
  ) {
    return {
      certain: true,
      cause: `the ${probe} probe runs ${asks}, which the container cannot run: "${message}"`,
      remedy: `Correct the command of the ${field}; the image must contain it.`,
    }
  }
  if (/Unimplemented|unknown service grpc\.health/i.test(message)) {
    return {
      certain: true,
      cause: `the ${probe} probe asks for the gRPC health service, which the application does not implement: "${message}"`,
      remedy: `Implement grpc.health.v1.Health, or use another kind of ${field}.`,
    }
  }
  const wrong = wrongPort(snapshot, pod, container, spec, message)
  if (wrong) {
    return {
      certain: true,
      cause: `the ${probe} probe asks ${asks}, but ${wrong.why}`,
      remedy: wrong.remedy ?? `Set the port of the ${field} to ${wrong.right}.`,
    }
  }
  return unsure(container, probe, spec, message, asks)
}

/** What the kubelet says fits an application that is ill, or merely slow. */
// biome-ignore lint/suspicious/noExplicitAny: a probe as the API prints it
function unsure(container: Container, probe: ProbeName, spec: any, message: string, asks: string): Verdict {
  const field = PROBE_FIELD[probe]
  if (/deadline exceeded|timed? ?out|timeout/i.test(message)) {
    const seconds = Number(spec.timeoutSeconds ?? 1)
    return {
      certain: false,
      cause: `the ${probe} probe (${asks}) gets no answer within ${seconds} s: the application is too slow or hangs: "${message}"`,
      remedy: `Find why it answers so late (CPU limit, a dependency it waits for); raise timeoutSeconds of the ${field} only if it is merely slow.`,
    }
  }
  if (/refused/i.test(message)) {
    const given =
      Number(spec.initialDelaySeconds ?? 0) + Number(spec.periodSeconds ?? 10) * Number(spec.failureThreshold ?? 3)
    const slow = probe === 'readiness' ? '' : ` within the ${given} s it is given`
    return {
      certain: false,
      cause: `the ${probe} probe (${asks}) is refused: the application does not listen there${slow}: "${message}"`,
      remedy:
        probe === 'readiness'
          ? `See in its log whether it is still starting or listens elsewhere.`
          : `Give it time to start by a startupProbe (or a larger failureThreshold), or correct the port if it listens elsewhere.`,
    }
  }
  const status = /statuscode: (\d{3})/i.exec(message)?.[1]
  return {
    certain: false,
    cause: `the ${probe} probe (${asks}) fails${status ? ` with ${status}` : ''}: the application says it is not well: "${message}"`,
    remedy: `Read what ${container.name} logs when it is asked; ${probe === 'liveness' ? 'a liveness probe must not depend on other services' : 'often something it depends on is down'}.`,
  }
}

/** "initialDelaySeconds 5, timeoutSeconds 1, periodSeconds 10, failureThreshold 3", with the API's defaults. */
// biome-ignore lint/suspicious/noExplicitAny: a probe as the API prints it
export function probeTimes(spec: any): string {
  const { initialDelaySeconds = 0, timeoutSeconds = 1, periodSeconds = 10, failureThreshold = 3 } = spec ?? {}
  return `initialDelaySeconds ${initialDelaySeconds}, timeoutSeconds ${timeoutSeconds}, periodSeconds ${periodSeconds}, failureThreshold ${failureThreshold}`
}

/** `http port 8080, path /healthz`, `tcp port 5432`, `"pg_isready -U x"`; without a spec, what the kubelet says it asked */
// biome-ignore lint/suspicious/noExplicitAny: a probe as the API prints it
export function probeText(spec: any, message = ''): string {
  if (spec?.httpGet) {
    const { scheme = 'HTTP', port, path = '/' } = spec.httpGet
    return `${String(scheme).toLowerCase()} port ${port}, path ${path}`
  }
  if (spec?.tcpSocket) return `tcp port ${spec.tcpSocket.port}`
  if (spec?.grpc) return `grpc port ${spec.grpc.port}`
  if (spec?.exec) return `"${oneLine((spec.exec.command ?? []).join(' '), 120)}"`
  return /\bGet "(https?:\/\/[^"\s]{1,200})"/.exec(message)?.[1] ?? 'its target'
}

interface WrongPort {
  why: string
  right: string
  remedy?: string
}

const LISTENS =
  /(?:listen(?:ing|s|er)?|serving|started|running|bound|accepting|available|ready)\b[^\n]{0,80}?(?:(?:(?<host>\d{1,3}(?:\.\d{1,3}){3}|\[?::1?\]?|localhost|\*)?:)|port\(?s?\)?:? ?=?)(?<port>\d{2,5})\b/i

// biome-ignore lint/suspicious/noExplicitAny: a probe as the API prints it
function wrongPort(
  snapshot: Snapshot,
  pod: KubeObject,
  container: Container,
  spec: any,
  message: string,
): WrongPort | undefined {
  const port = spec.httpGet?.port ?? spec.tcpSocket?.port ?? spec.grpc?.port
  if (port === undefined || !/refused|errored|no such port|invalid|unknown port|couldn't find|strconv/i.test(message))
    return undefined
  // biome-ignore lint/suspicious/noExplicitAny: ports as the API prints them
  const ports: any[] = Array.isArray(container.spec?.ports) ? container.spec.ports : []
  const open = ports.map((entry) => `${entry.containerPort}${entry.name ? ` (${entry.name})` : ''}`).join(', ')
  const number =
    typeof port === 'number' || /^\d+$/.test(port)
      ? Number(port)
      : ports.find((entry) => entry.name === port)?.containerPort
  if (number === undefined) {
    return {
      why: `the container has no port named ${port}, only ${open || 'none'}`,
      right: open ? `one of ${open}` : 'a number',
    }
  }
  const heard = listeningAt(snapshot, pod, container)
  if (heard && heard.port === number && /^(?:127\.|localhost|\[?::1)/.test(heard.host ?? '')) {
    return {
      why: `the application listens on ${heard.host} only, where the kubelet cannot reach it: "${heard.line}"`,
      right: String(number),
      remedy: `Let the application listen on 0.0.0.0:${number}.`,
    }
  }
  if (heard && heard.port !== number) {
    return { why: `the application listens on port ${heard.port}: "${heard.line}"`, right: String(heard.port) }
  }
  if (!heard && ports.length > 0 && !ports.some((entry) => entry.containerPort === number)) {
    return { why: `the container declares only port ${open}`, right: open }
  }
  return undefined
}

function listeningAt(
  snapshot: Snapshot,
  pod: KubeObject,
  container: Container,
): { host: string | undefined; port: number; line: string } | undefined {
  const text = logText(snapshot, pod, container.name, false) ?? logText(snapshot, pod, container.name, true)
  if (!text) return undefined
  for (const line of text.slice(0, 100_000).split('\n')) {
    const found = LISTENS.exec(line.slice(0, 500))?.groups
    if (found?.port) return { host: found.host, port: Number(found.port), line: oneLine(line, 160) }
  }
  return undefined
}

/** A path that the log shows to be answered well, as a hint what the probe could ask. */
function servedPath(snapshot: Snapshot, pod: KubeObject, container: Container): string {
  const text = logText(snapshot, pod, container.name, false)
  if (!text) return ''
  const served = /\b(?:GET|HEAD) (\/[\w./-]{0,100})[^\n]{0,40} 200\b/.exec(text.slice(-20_000))?.[1]
  const named = served ?? /(?:health|ready|live)\w*[^\n/]{0,40}(\/[\w./-]{1,60})/i.exec(text.slice(0, 20_000))?.[1]
  return served ? ` (its log shows 200 for ${served})` : named ? ` (its log mentions ${named})` : ''
}
