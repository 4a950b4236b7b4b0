// Where a container's environment comes from: literals, keys of ConfigMaps and Secrets, whole ConfigMaps by envFrom.
import type { KubeObject } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'

export interface EnvEntry {
  name: string
  /** a literal, or a ConfigMap's value; never a Secret's */
  value: string | undefined
  from: { kind: 'ConfigMap' | 'Secret'; name: string; key: string } | undefined
}

/** Every variable a container gets, as far as the snapshot tells; later ones override earlier ones as in the kubelet. */
// biome-ignore lint/suspicious/noExplicitAny: a container's spec as the API prints it
export function envOf(snapshot: Snapshot, namespace: string | undefined, spec: any): Map<string, EnvEntry> {
  const env = new Map<string, EnvEntry>()
  for (const source of Array.isArray(spec?.envFrom) ? spec.envFrom : []) {
    const kind = source.secretRef ? 'Secret' : 'ConfigMap'
    const name = String((source.secretRef ?? source.configMapRef)?.name ?? '')
    const object = snapshot.get(kind, namespace, name)
    for (const [key, value] of Object.entries(keysOf(object))) {
      const variable = `${source.prefix ?? ''}${key}`
      env.set(variable, { name: variable, value: kind === 'Secret' ? undefined : value, from: { kind, name, key } })
    }
  }
  for (const entry of Array.isArray(spec?.env) ? spec.env : []) {
    const name = String(entry?.name ?? '')
    const from = refOfEnv(entry)
    const object = from && snapshot.get(from.kind, namespace, from.name)
    const held = from?.kind === 'ConfigMap' ? keysOf(object)[from.key] : undefined
    env.set(name, { name, value: from ? held : typeof entry?.value === 'string' ? entry.value : undefined, from })
  }
  return env
}

// biome-ignore lint/suspicious/noExplicitAny: as above
function refOfEnv(entry: any): EnvEntry['from'] {
  const secret = entry?.valueFrom?.secretKeyRef
  const map = entry?.valueFrom?.configMapKeyRef
  if (secret) return { kind: 'Secret', name: String(secret.name), key: String(secret.key) }
  return map ? { kind: 'ConfigMap', name: String(map.name), key: String(map.key) } : undefined
}

/** Keys of a ConfigMap or Secret with their values; binary ones are empty. */
export function keysOf(object: KubeObject | undefined): Record<string, string> {
  const keys: Record<string, string> = Object.create(null)
  for (const field of ['binaryData', 'data', 'stringData']) {
    for (const [key, value] of Object.entries(object?.[field] ?? {})) {
      keys[key] = field === 'binaryData' ? '' : typeof value === 'string' ? value : ''
    }
  }
  return keys
}
