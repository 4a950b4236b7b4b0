// Pod templates compared as a person would: what defaulting adds, or a dump leaves out, makes no difference.
import { canonicalJson } from '../../core/canonical.ts'

type Json = unknown
type JsonObject = Record<string, Json>

// what the API server fills in: field → value, wherever it stands in a pod template (probes, ports, volumes included)
const DEFAULTS: Record<string, readonly Json[]> = {
  creationTimestamp: [null],
  terminationMessagePath: ['/dev/termination-log'],
  terminationMessagePolicy: ['File'],
  dnsPolicy: ['ClusterFirst'],
  schedulerName: ['default-scheduler'],
  terminationGracePeriodSeconds: [30],
  protocol: ['TCP'],
  defaultMode: [420],
  scheme: ['HTTP'],
  failureThreshold: [3],
  successThreshold: [1],
  periodSeconds: [10],
  timeoutSeconds: [1],
  restartPolicy: ['Always'],
  enableServiceLinks: [true],
  preemptionPolicy: ['PreemptLowerPriority'],
}
// admission and defaulting derive these from other fields
const DERIVED = new Set(['serviceAccount', 'priority'])
const HASH_LABELS = new Set(['pod-template-hash', 'controller-revision-hash', 'pod-template-generation'])

/** One spelling of a pod template, for comparing and hashing: defaults, hash labels and empty values left out. */
export function templateText(template: Json): string {
  return canonicalJson(plain(template, '') ?? {})
}

/** The same for any part of a pod spec. */
export function plainText(part: Json): string {
  return canonicalJson(plain(part, '') ?? null)
}

function plain(value: Json, key: string): Json {
  if (value === null || value === undefined) return undefined
  if (Array.isArray(value)) {
    const items = value.map((item) => plain(item, '') ?? {})
    return items.length > 0 ? items : undefined
  }
  if (typeof value !== 'object') return value
  const entries = Object.entries(value as JsonObject).flatMap(([name, item]): [string, Json][] => {
    if (DERIVED.has(name) || (key === 'labels' && HASH_LABELS.has(name))) return []
    if (key !== 'labels' && key !== 'annotations' && isDefault(name, item, value as JsonObject)) return []
    const inner = plain(item, name)
    // an emptyDir, a security context or resources without content say nothing; a volume source does
    if (inner === undefined && name === 'emptyDir') return [[name, {}]]
    return inner === undefined ? [] : [[name, inner]]
  })
  return entries.length > 0 ? Object.fromEntries(entries) : undefined
}

function isDefault(name: string, value: Json, of: JsonObject): boolean {
  if (typeof of.image === 'string') {
    // of a container: "Always" makes an init container a sidecar, and the pull policy depends on the tag
    if (name === 'restartPolicy') return false
    if (name === 'imagePullPolicy') return value === defaultPullPolicy(of.image)
  }
  return Object.hasOwn(DEFAULTS, name) && (DEFAULTS[name]?.includes(value) ?? false)
}

function defaultPullPolicy(image: string): string {
  const tag = /:([^:/@]+)(@|$)/.exec(image)?.[1] ?? (image.includes('@') ? 'digest' : 'latest')
  return tag === 'latest' ? 'Always' : 'IfNotPresent'
}

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'

/** The hash in names and labels: 32-bit FNV-1a in the alphabet of generated names; `collisions` changes it. */
export function templateHash(template: Json, collisions = 0): string {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(templateText(template) + (collisions > 0 ? `#${collisions}` : ''))) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  }
  return Array.from(String(hash), (digit) => ALPHABET[digit.charCodeAt(0) % ALPHABET.length]).join('')
}
