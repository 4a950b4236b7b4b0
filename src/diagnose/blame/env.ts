// Blame for a missing environment variable: did a revision remove it, is it misspelled, does a ConfigMap hold it?
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { envOf, keysOf } from '../look/env.ts'
import { nearest } from '../look/names.ts'
import { containersOf } from '../look/pods.ts'
import { evidence } from '../look/words.ts'
import type { Blame, Suspect } from './blame.ts'

export function blameEnv({ snapshot, workload, pod, container, reason, change }: Suspect): Blame {
  const name = reason.subject ?? ''
  const env = envOf(snapshot, pod.metadata.namespace, container.spec)
  const own = env.get(name)
  if (own) {
    const where = own.from ? `${own.from.kind} ${own.from.name}, key ${own.from.key}` : 'a literal in the pod template'
    return {
      cause: `environment variable ${name} comes from ${where}, but the application finds it empty or unusable: "${reason.line}"`,
      remedy: `Give ${name} a value in ${where}.`,
    }
  }
  const removed = change?.changes.find((entry) => entry.path === 'env' && entry.words.startsWith(`env ${name} `))
  const other = containersOf(pod).find((entry) => envOf(snapshot, pod.metadata.namespace, entry.spec).has(name))
  const holder = holderOf(snapshot, pod.metadata.namespace, name)
  const near = nearest(name, env.keys())
  const hints = [
    removed && change ? `revision ${change.to.number} removed it` : '',
    near ? `${near} is set: is one of the two misspelled?` : '',
    other ? `container ${other.name} of the same pod has it` : '',
    holder ? `${holder.kind} ${holder.metadata.name} has a key ${name} that the container does not use` : '',
  ].filter(Boolean)
  return {
    cause: `environment variable ${name} is not set in container ${container.name}: "${reason.line}"${hints.length > 0 ? ` (${hints.join('; ')})` : ''}`,
    remedy: holder
      ? `Set ${name} in ${workload.kind} ${workload.metadata.name} from ${holder.kind} ${holder.metadata.name}.`
      : `Set ${name} in ${workload.kind} ${workload.metadata.name}.`,
    ...(holder ? { evidence: [evidence('spec', holder, `has a key ${name}`)] } : {}),
    ...(holder && isPatchable(workload) ? { action: fromHolder(workload, container.name, name, holder) } : {}),
  }
}

function isPatchable(workload: KubeObject): boolean {
  return ['Deployment', 'StatefulSet', 'DaemonSet'].includes(workload.kind)
}

function fromHolder(workload: KubeObject, container: string, name: string, holder: KubeObject): Blame['action'] {
  const from = { kind: holder.kind as 'ConfigMap' | 'Secret', name: holder.metadata.name, key: name }
  return { verb: 'set-env', target: refOf(workload), container, env: [{ name, from }] }
}

/** The one ConfigMap or Secret of the namespace that has such a key; several would be a guess. */
function holderOf(snapshot: Snapshot, namespace: string | undefined, key: string): KubeObject | undefined {
  const holders = ['ConfigMap', 'Secret']
    .flatMap((kind) => snapshot.list(kind, namespace ?? ''))
    .filter((object) => Object.hasOwn(keysOf(object), key))
  return holders.length === 1 ? holders[0] : undefined
}
