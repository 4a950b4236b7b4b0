// The hosts that a container's variables name: for logs that complain of a connection and name none, or that say nothing at all.
import type { KubeObject } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { type EnvEntry, envOf } from './env.ts'
import { resolveHost } from './hosts.ts'
import { isReady, notReadySince } from './pods.ts'

export interface NamedHost {
  host: string
  port: number | undefined
}

const URL_HOST = /(?:\/\/|@|^)([a-z0-9][a-z0-9.-]{0,200})(?::(\d{1,5}))?(?:[/?,]|$)/i
const HOST_NAME = /HOST|URL|URI|ADDR|ENDPOINT|SERVER|BROKER|DSN|DATABASE|REDIS|SERVICE|UPSTREAM|BACKEND/

/** A log that names no host: the one host that the container's variables name, if it is one of this cluster. */
// biome-ignore lint/suspicious/noExplicitAny: a container's spec as the API prints it
export function onlyHostOf(snapshot: Snapshot, pod: KubeObject, spec: any): NamedHost | undefined {
  const hosts = hostsOf(snapshot, pod, spec)
  return hosts.size === 1 ? [...hosts.values()][0]?.host : undefined
}

// whoever needs it may notice a little before its readiness probe does
const SLACK_MS = 5 * 60_000

/** Services named by the container's variables that were without a ready pod when its own trouble began (RFC 3339). */
// biome-ignore lint/suspicious/noExplicitAny: as above
export function deadServicesOf(
  snapshot: Snapshot,
  pod: KubeObject,
  spec: any,
  since: string | undefined,
): KubeObject[] {
  const began = Date.parse(since ?? '')
  return [...hostsOf(snapshot, pod, spec).values()].flatMap(({ object }) => {
    if (object.kind !== 'Service') return []
    const pods = snapshot.podsOfService(object)
    if (pods.length === 0 || pods.some((each) => isReady(each) || each === pod)) return []
    const down = Math.min(...pods.map((each) => Date.parse(notReadySince(each) ?? '')))
    return down > began + SLACK_MS ? [] : [object]
  })
}

// biome-ignore lint/suspicious/noExplicitAny: as above
function hostsOf(snapshot: Snapshot, pod: KubeObject, spec: any): Map<string, { host: NamedHost; object: KubeObject }> {
  const hosts = new Map<string, { host: NamedHost; object: KubeObject }>()
  for (const entry of envOf(snapshot, pod.metadata.namespace, spec).values()) {
    const host = hostIn(entry)
    const object = host && resolveHost(snapshot, host.host, pod.metadata.namespace ?? '')?.object
    if (host && object) hosts.set(host.host, { host, object })
  }
  return hosts
}

function hostIn(entry: EnvEntry): NamedHost | undefined {
  if (!entry.value || !HOST_NAME.test(entry.name)) return undefined
  const found = URL_HOST.exec(entry.value.slice(0, 500))
  return found?.[1] ? { host: found[1].toLowerCase(), port: found[2] ? Number(found[2]) : undefined } : undefined
}
