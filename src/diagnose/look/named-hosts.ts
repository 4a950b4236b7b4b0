// The hosts that a container's variables name: for logs that complain of a connection and name none.
import type { KubeObject } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { type EnvEntry, envOf } from './env.ts'
import { resolveHost } from './hosts.ts'

export interface NamedHost {
  host: string
  port: number | undefined
}

const URL_HOST = /(?:\/\/|@|^)([a-z0-9][a-z0-9.-]{0,200})(?::(\d{1,5}))?(?:[/?,]|$)/i
const HOST_NAME = /HOST|URL|URI|ADDR|ENDPOINT|SERVER|BROKER|DSN|DATABASE|REDIS|SERVICE|UPSTREAM|BACKEND/

/** A log that names no host: the one host that the container's variables name, if it is one of this cluster. */
// biome-ignore lint/suspicious/noExplicitAny: a container's spec as the API prints it
export function onlyHostOf(snapshot: Snapshot, pod: KubeObject, spec: any): NamedHost | undefined {
  const hosts = new Map<string, NamedHost>()
  for (const entry of envOf(snapshot, pod.metadata.namespace, spec).values()) {
    const target = hostIn(entry)
    const found = target && resolveHost(snapshot, target.host, pod.metadata.namespace ?? '')
    if (target && found?.object) hosts.set(target.host, target)
  }
  return hosts.size === 1 ? [...hosts.values()][0] : undefined
}

function hostIn(entry: EnvEntry): NamedHost | undefined {
  if (!entry.value || !HOST_NAME.test(entry.name)) return undefined
  const found = URL_HOST.exec(entry.value.slice(0, 500))
  return found?.[1] ? { host: found[1].toLowerCase(), port: found[2] ? Number(found[2]) : undefined } : undefined
}
