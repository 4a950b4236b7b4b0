// The names that exist in a cluster, read only as far as a question needs them: metadata of the kinds people name.
import { messageOf, NotPermittedError } from '../../core/errors.ts'
import type { ObjectRef } from '../../core/ref.ts'
import { nearest } from '../../diagnose/look/names.ts'
import type { Cluster } from '../../kube/clusters.ts'
import type { Kind } from '../../objects/kinds.ts'
import { kindOf } from '../../objects/kinds.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'

export interface Names {
  /** undefined: not permitted to list them */
  namespaces(): Promise<string[] | undefined>
  /** objects of that name; `namespace` undefined looks everywhere */
  find(name: string, namespace: string | undefined, kind: Kind | undefined): Promise<ObjectRef[]>
  /** the nearest name to one that does not exist */
  near(name: string, namespace: string | undefined, kind: Kind | undefined): Promise<ObjectRef | undefined>
  /** what could not be read on the way */
  partial: string[]
}

// what people name first, and only when that yields nothing the rest: pods are many
const FIRST = ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob', 'Service']
const THEN = ['Job', 'Pod', 'Ingress', 'PersistentVolumeClaim', 'HorizontalPodAutoscaler', 'ConfigMap', 'Node']

export function namesOf(cluster: Cluster, signal: AbortSignal): Names {
  const partial: string[] = []
  const lists = new Map<string, Promise<ObjectRef[]>>()

  function list(kind: Kind, namespace: string | undefined): Promise<ObjectRef[]> {
    const key = `${kind.apiVersion}/${kind.kind}/${namespace ?? ''}`
    const known = lists.get(key)
    if (known) return known
    const reading = cluster.reader
      .list(kind, { ...(namespace && kind.namespaced ? { namespace } : {}), signal, project: metadataOnly })
      .then(({ items }) => items.map(refOf))
      .catch((error: unknown) => {
        signal.throwIfAborted()
        note(messageOf(error))
        return []
      })
    lists.set(key, reading)
    return reading
  }

  function note(sentence: string): void {
    if (!partial.includes(sentence)) partial.push(sentence)
  }

  async function all(kinds: Kind[], namespace: string | undefined): Promise<ObjectRef[]> {
    const found = await Promise.all(kinds.map((kind) => list(kind, namespace)))
    return found.flat()
  }

  return {
    partial,
    async namespaces() {
      try {
        const kind = known('Namespace')
        const { items } = await cluster.reader.list(kind, { signal, project: metadataOnly })
        return items.map((item) => item.metadata.name)
      } catch (error) {
        if (!(error instanceof NotPermittedError)) throw error
        note(error.message)
        return undefined
      }
    },
    async find(name, namespace, kind) {
      if (kind) return (await list(kind, namespace)).filter((ref) => ref.name === name)
      const first = (await all(FIRST.map(known), namespace)).filter((ref) => ref.name === name)
      if (first.length > 0) return first
      const rest = await all(THEN.map(known), namespace)
      const exact = rest.filter((ref) => ref.name === name)
      if (exact.length > 0) return exact
      // people copy the beginning of a pod's name
      const begun = rest.filter((ref) => ref.kind === 'Pod' && name.includes('-') && ref.name.startsWith(`${name}-`))
      return begun.slice(0, 1)
    },
    async near(name, namespace, kind) {
      const refs = await all(kind ? [kind] : FIRST.map(known), namespace)
      const best = nearest(name, new Set(refs.map((ref) => ref.name)))
      return best === undefined ? undefined : refs.find((ref) => ref.name === best)
    },
  }
}

function known(kind: string): Kind {
  const found = kindOf(kind)
  if (!found) throw new TypeError(`${kind} is not in the table of kinds`)
  return found
}

function metadataOnly(object: KubeObject): KubeObject {
  const { name, namespace, uid } = object.metadata
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: { name, ...(namespace ? { namespace } : {}), ...(uid ? { uid } : {}) },
  }
}
