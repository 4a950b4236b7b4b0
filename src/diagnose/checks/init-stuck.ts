// Init containers that run and run: they wait for something that does not come.
import type { ObjectRef } from '../../core/ref.ts'
import { refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { isExplained } from '../blame/troubles.ts'
import type { Check, Draft } from '../check.ts'
import { type Sick, type SickGroup, sickGroups } from '../look/ailments.ts'
import { envOf } from '../look/env.ts'
import { resolveHost } from '../look/hosts.ts'
import { lastErrorLine, logText } from '../look/logs.ts'
import { nearest } from '../look/names.ts'
import { refsOf } from '../look/pods.ts'
import { wasReadIn } from '../look/scope.ts'
import { podsOfGroup, sinceOf } from '../look/sick.ts'
import { evidence, restartText } from '../look/words.ts'

export const initStuck: Check = {
  name: 'init-stuck',
  title: 'An init container does not end',
  why: 'The containers of the pod start only after it; mostly it waits for a Service that is missing or down.',
  fix: 'Mend or create what it waits for, or correct the name it asks for.',
  reads: ['Pod', 'ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'Service', 'ConfigMap'],
  run: (snapshot) =>
    sickGroups(snapshot, 'init')
      .filter((group) => !isExplained(snapshot, group))
      .flatMap((group) => draftOf(snapshot, group)),
}

const LONG_MS = 10 * 60_000

function draftOf(snapshot: Snapshot, group: SickGroup): Draft[] {
  const { workload, sick } = group
  const [first] = sick
  if (!first) return []
  const { pod, container } = first
  const waits = waitsFor(snapshot, first)
  const age = snapshot.ageMs(container.running?.startedAt) ?? 0
  // long work is no trouble by itself; waiting for something that is not there is
  if (!waits && age < LONG_MS) return []
  const text = logText(snapshot, pod, container.name, false)
  const line = text === undefined ? undefined : lastErrorLine(text)
  const since = sinceOf(snapshot, sick)
  return [
    {
      severity: waits ? 'critical' : 'warning',
      object: refOf(workload),
      summary: `${podsOfGroup(snapshot, group)} waiting in init container ${container.name}${restartText(snapshot, since, 0)}`,
      cause: waits?.cause ?? `init container ${container.name} has not ended${line ? `; it said last: "${line}"` : ''}`,
      evidence: [
        evidence(
          'status',
          pod,
          `init container ${container.name} runs since ${container.running?.startedAt ?? 'long ago'}`,
        ),
        ...(line ? [evidence('log', pod, line)] : []),
      ],
      remedy: waits?.remedy ?? `See what ${container.name} does or waits for, and mend that.`,
      dueTo: waits?.dueTo ?? [],
      ...(since ? { since } : {}),
      pods: refsOf(group.pods),
    },
  ]
}

interface Waits {
  cause: string
  remedy: string
  dueTo: ObjectRef[]
}

// hosts in "until nc -z db 5432", "nslookup db.shop.svc", "wait-for-it.sh db:5432", "http://config:8888/health"
const HOSTS = [
  /\b(?:nc|ncat)(?: -\S{1,20})* ([\w.-]{1,200}) \d{1,5}/g,
  /\b(?:nslookup|host|dig|getent hosts|ping(?: -\S{1,10}(?: \d+)?)*|pg_isready -h|mysqladmin .{0,40}-h ?|redis-cli -h) ?([\w.-]{1,200})/g,
  /(?:wait-for|wait_for|dockerize)[\w.-]{0,40} .{0,40}?([\w.-]{1,200}):\d{1,5}/g,
  /[a-z]{2,10}:\/\/([\w.-]{1,200})/g,
]

/** The host of this cluster that its command asks for and that does not exist or has nothing ready. */
function waitsFor(snapshot: Snapshot, { pod, container, workload }: Sick): Waits | undefined {
  const env = envOf(snapshot, pod.metadata.namespace, container.spec)
  const command = [...(container.spec?.command ?? []), ...(container.spec?.args ?? [])]
    .join(' ')
    .slice(0, 4000)
    .replace(/\$\{?(\w{1,60})\}?/g, (whole, name: string) => env.get(name)?.value ?? whole)
  const namespace = pod.metadata.namespace ?? ''
  for (const form of HOSTS) {
    for (const match of command.matchAll(form)) {
      const found = match[1] ? resolveHost(snapshot, match[1], namespace) : undefined
      if (!found?.service) continue
      if (found.object) {
        return {
          cause: `init container ${container.name} waits for ${match[1]}, which is Service ${found.namespace}/${found.service}`,
          remedy: `Mend Service ${found.namespace}/${found.service} and what is behind it; the init container ends by itself then.`,
          dueTo: [refOf(found.object)],
        }
      }
      if (!wasReadIn(snapshot, 'Service', found.namespace)) continue
      const near = nearest(
        found.service,
        snapshot.list('Service', found.namespace).map(({ metadata }) => metadata.name),
      )
      return {
        cause: `init container ${container.name} waits for ${match[1]}, but there is no Service ${found.service} in namespace ${found.namespace}${near ? ` (nearest: ${near})` : ''}`,
        remedy: near
          ? `Let it wait for ${near} in ${workload.kind} ${workload.metadata.name}, or create Service ${found.service}.`
          : `Create Service ${found.service} in ${found.namespace}, or correct the name it waits for.`,
        dueTo: [{ apiVersion: 'v1', kind: 'Service', namespace: found.namespace, name: found.service }],
      }
    }
  }
  return undefined
}
