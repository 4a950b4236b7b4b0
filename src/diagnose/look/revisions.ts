// What changed: the revisions of a workload, newest first, and the difference between two pod templates in words.

import type { Action } from '../../core/action.ts'
import { sourceText } from '../../objects/env.ts'
import { controllerOf, type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { containersOf, notReadySince } from './pods.ts'
import { duration } from './words.ts'

export interface Revision {
  number: number
  object: KubeObject
  template: Template
  created: string | undefined
}
// biome-ignore lint/suspicious/noExplicitAny: a pod template as the API prints it
type Template = any

/** Revisions newest first: ReplicaSets of a Deployment, ControllerRevisions of a StatefulSet or DaemonSet. */
export function revisionsOf(snapshot: Snapshot, workload: KubeObject): Revision[] {
  const owned = snapshot.ownedBy(workload)
  const revisions = owned.flatMap((object): Revision[] => {
    const created = object.metadata.creationTimestamp
    if (object.kind === 'ReplicaSet') {
      const number = Number(object.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? Number.NaN)
      return Number.isNaN(number) ? [] : [{ number, object, template: object.spec?.template, created }]
    }
    if (object.kind !== 'ControllerRevision') return []
    return [{ number: Number(object.revision ?? 0), object, template: object.data?.spec?.template, created }]
  })
  return revisions.sort((a, b) => b.number - a.number)
}

export interface Change {
  /** "image acme/cart:2.3.1 → acme/cart:2.4.0" */
  words: string
  path: 'image' | 'env' | 'command' | 'resources' | 'probe' | 'volume' | 'annotation' | 'label' | 'spec'
}

export interface RecentChange {
  from: Revision
  to: Revision
  changes: Change[]
  /** the older revision still has ready pods, or had a whole life before this one, or a short one without trouble */
  previousWasHealthy: boolean
  /** "revision 14, 6 min ago: image a → b (revision 13 is still serving)" */
  words: string
}

/** The difference between the newest revision and the one before it, if both are in the snapshot. */
export function lastChange(snapshot: Snapshot, workload: KubeObject): RecentChange | undefined {
  const [to, from] = revisionsOf(snapshot, workload)
  if (!to || !from) return undefined
  const changes = templateChanges(from.template, to.template)
  const serving = Number(from.object.status?.readyReplicas ?? 0)
  const age = snapshot.ageMs(to.created)
  const livedMs = Date.parse(to.created ?? '') - Date.parse(from.created ?? '')
  const previousWasHealthy =
    serving > 0 || livedMs > LIFE_MS || (livedMs > SHORT_LIFE_MS && startedWithoutTrouble(snapshot, from.object))
  const when = age === undefined ? '' : ` ${duration(age)} ago`
  const what =
    changes.length > 0 ? changes.map((change) => change.words).join('; ') : 'no difference in the pod template'
  const before =
    serving > 0 ? ` (revision ${from.number} still serves with ${serving} ready)` : ` (before: revision ${from.number})`
  return { from, to, changes, previousWasHealthy, words: `revision ${to.number}${when}: ${what}${before}` }
}

const LIFE_MS = 30 * 60_000
const SHORT_LIFE_MS = 60_000

/** By the events of a ReplicaSet's pods, also of those that are gone: they started, and nobody warned of them. */
function startedWithoutTrouble(snapshot: Snapshot, { kind, metadata }: KubeObject): boolean {
  if (kind !== 'ReplicaSet') return false
  const own = snapshot.list('Event', metadata.namespace).filter((event) => {
    const about = event.involvedObject ?? event.regarding
    return about?.kind === 'Pod' && String(about.name).startsWith(`${metadata.name}-`)
  })
  return own.some(({ reason }) => reason === 'Started') && own.every(({ type }) => type !== 'Warning')
}

const RECENT_MS = 7 * 24 * 3600_000
const WELL_MS = 2 * 3600_000

/**
 * The last change of a workload, if it fits what is wrong with this pod: the pod is of the new revision, and that is not older
 * than a week or than the pod's whole life. A restart without difference in the template is no change.
 */
export function recentChange(snapshot: Snapshot, workload: KubeObject, pod: KubeObject): RecentChange | undefined {
  const change = lastChange(snapshot, workload)
  if (!change || change.changes.every((entry) => entry.path === 'annotation' || entry.path === 'label'))
    return undefined
  if ((snapshot.ageMs(change.to.created) ?? 0) > RECENT_MS) return undefined
  if (wasWellBefore(pod)) return undefined
  const owner = controllerOf(pod)?.name
  const hash = pod.metadata.labels?.['controller-revision-hash']
  const isNew =
    owner === change.to.object.metadata.name || (hash !== undefined && change.to.object.metadata.name.endsWith(hash))
  return isNew ? change : undefined
}

/** A pod that did its work for hours before is not ill because of the revision it came with. */
function wasWellBefore(pod: KubeObject): boolean {
  const wellMs = Date.parse(notReadySince(pod) ?? '') - Date.parse(pod.metadata.creationTimestamp ?? '')
  const restarts = containersOf(pod).reduce((sum, { restarts: times }) => sum + times, 0)
  // a crash loop is ready for a moment after each restart, and restarts every few minutes
  return wellMs > WELL_MS && restarts < wellMs / (20 * 60_000)
}

/** Back to the revision before, where that one was healthy. */
export function rollbackOf(workload: KubeObject, change: RecentChange): Action | undefined {
  if (!change.previousWasHealthy || !['Deployment', 'StatefulSet', 'DaemonSet'].includes(workload.kind))
    return undefined
  return { verb: 'rollback', target: refOf(workload), toRevision: change.from.number }
}

/** The difference of two pod templates in words, at most 12 of them; values of variables that look secret are not shown. */
export function templateChanges(from: Template, to: Template): Change[] {
  const changes: Change[] = []
  const before = allContainers(from)
  const after = allContainers(to)
  for (const [name, container] of after) {
    const old = before.get(name)
    if (!old) changes.push({ path: 'spec', words: `container ${name} added` })
    else containerChanges(old, container, after.size > 1 ? ` of ${name}` : '', changes)
  }
  for (const name of before.keys())
    if (!after.has(name)) changes.push({ path: 'spec', words: `container ${name} removed` })
  volumeChanges(from?.spec?.volumes, to?.spec?.volumes, changes)
  for (const field of [
    'serviceAccountName',
    'nodeSelector',
    'affinity',
    'tolerations',
    'topologySpreadConstraints',
    'securityContext',
    'imagePullSecrets',
    'priorityClassName',
    'runtimeClassName',
    'hostNetwork',
    'dnsPolicy',
    'dnsConfig',
    'terminationGracePeriodSeconds',
  ]) {
    if (!same(from?.spec?.[field], to?.spec?.[field])) {
      changes.push({ path: 'spec', words: `${field} ${show(from?.spec?.[field])} → ${show(to?.spec?.[field])}` })
    }
  }
  mapChanges('annotation', from?.metadata?.annotations, to?.metadata?.annotations, changes)
  mapChanges('label', from?.metadata?.labels, to?.metadata?.labels, changes)
  return changes.slice(0, 12)
}

// biome-ignore lint/suspicious/noExplicitAny: as the API prints it
function allContainers(template: Template): Map<string, any> {
  const all = [...list(template?.spec?.initContainers), ...list(template?.spec?.containers)]
  return new Map(all.map((container) => [String(container?.name), container]))
}

// biome-ignore lint/suspicious/noExplicitAny: as the API prints it
function containerChanges(old: any, now: any, where: string, changes: Change[]): void {
  if (old.image !== now.image) changes.push({ path: 'image', words: `image${where} ${old.image} → ${now.image}` })
  for (const field of ['command', 'args', 'workingDir'] as const) {
    if (!same(old[field], now[field])) {
      changes.push({ path: 'command', words: `${field}${where} ${show(old[field])} → ${show(now[field])}` })
    }
  }
  envChanges(list(old.env), list(now.env), where, changes)
  if (!same(old.envFrom, now.envFrom)) {
    changes.push({ path: 'env', words: `envFrom${where} ${show(old.envFrom)} → ${show(now.envFrom)}` })
  }
  if (!same(old.resources, now.resources)) {
    changes.push({ path: 'resources', words: `resources${where} ${show(old.resources)} → ${show(now.resources)}` })
  }
  for (const field of ['livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle'] as const) {
    if (!same(old[field], now[field])) {
      changes.push({ path: 'probe', words: `${field}${where} ${show(old[field])} → ${show(now[field])}` })
    }
  }
  for (const field of ['ports', 'volumeMounts', 'securityContext'] as const) {
    if (!same(old[field], now[field])) {
      changes.push({ path: 'spec', words: `${field}${where} ${show(old[field])} → ${show(now[field])}` })
    }
  }
}

interface Env {
  name: string
  value?: string
  valueFrom?: unknown
}

function envChanges(old: Env[], now: Env[], where: string, changes: Change[]): void {
  const before = new Map(old.map((entry) => [entry.name, entry]))
  const after = new Map(now.map((entry) => [entry.name, entry]))
  for (const [name, entry] of after) {
    const previous = before.get(name)
    if (!previous) changes.push({ path: 'env', words: `env ${name}${where} added: ${envValue(entry)}` })
    else if (!same(previous, entry)) {
      changes.push({ path: 'env', words: `env ${name}${where} ${envValue(previous)} → ${envValue(entry)}` })
    }
  }
  for (const name of before.keys())
    if (!after.has(name)) changes.push({ path: 'env', words: `env ${name}${where} removed` })
}

const SECRET_NAME = /pass|secret|token|key|credential|auth|dsn|private/i

function envValue(entry: Env): string {
  if (entry.valueFrom) return sourceText(entry.valueFrom)
  const value = entry.value ?? ''
  // a value may hold a password whatever the variable is called
  return SECRET_NAME.test(entry.name) || /:\/\/[^/@\s]*:[^@\s]*@/.test(value) ? '(hidden)' : show(value)
}

// biome-ignore lint/suspicious/noExplicitAny: as the API prints it
function volumeChanges(old: any, now: any, changes: Change[]): void {
  const before = new Map(list(old).map((volume) => [String(volume?.name), volume]))
  const after = new Map(list(now).map((volume) => [String(volume?.name), volume]))
  for (const [name, volume] of after) {
    if (!before.has(name)) changes.push({ path: 'volume', words: `volume ${name} added` })
    else if (!same(before.get(name), volume)) {
      changes.push({ path: 'volume', words: `volume ${name} ${show(before.get(name))} → ${show(volume)}` })
    }
  }
  for (const name of before.keys())
    if (!after.has(name)) changes.push({ path: 'volume', words: `volume ${name} removed` })
}

// biome-ignore lint/suspicious/noExplicitAny: as the API prints it
function mapChanges(path: 'annotation' | 'label', old: any, now: any, changes: Change[]): void {
  const before = new Map(Object.entries(old ?? {}))
  const after = new Map(Object.entries(now ?? {}))
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    if (key === 'pod-template-hash' || before.get(key) === after.get(key)) continue
    changes.push({ path, words: `${path} ${key} ${show(before.get(key))} → ${show(after.get(key))}` })
  }
}

// biome-ignore lint/suspicious/noExplicitAny: as the API prints it
function list(value: unknown): any[] {
  return Array.isArray(value) ? value : []
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a ?? null) === JSON.stringify(b ?? null)
}

function show(value: unknown): string {
  if (value === undefined) return 'none'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
