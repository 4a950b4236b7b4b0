// Snapshot files into a world: objects as they are, their times shifted so that the newest is now.
import type { LoadedFiles, PodLog } from '../objects/files.ts'
import { KINDS } from '../objects/kinds.ts'
import type { KubeObject } from '../objects/object.ts'
import { parseQuantity } from '../objects/quantity.ts'
import { newestTime } from '../objects/snapshot.ts'
import { definitionFor } from './custom/definitions.ts'
import type { LogLine } from './logs.ts'
import { copy, isMap, type Json } from './plain.ts'
import type { Realm } from './realm.ts'

export function loadWorld(realm: Realm, files: LoadedFiles, shift: boolean): void {
  const { world, store, registry } = realm
  const newest = newestTime(files.objects)?.getTime()
  const by = shift && newest !== undefined ? world.clock.now() - newest : 0
  const objects = [...files.objects].sort(definitionsFirst)
  for (const source of objects) {
    const object = by === 0 ? copy(source) : shiftTimes(source, by)
    if (object.kind === 'PodMetrics' || object.kind === 'NodeMetrics') {
      loadMetrics(realm, object)
      continue
    }
    const resource = registry.byKind(object.kind, object.apiVersion) ?? customFor(realm, object)
    if (!resource) continue
    const stored = resource.toStored(object)
    if (!resource.namespaced) delete stored.metadata.namespace
    else stored.metadata.namespace ??= 'default'
    stored.metadata.uid ??= world.random.uuid()
    stored.metadata.creationTimestamp ??= world.clock.iso()
    resource.rules.loaded?.(stored)
    store.put(resource.id, stored)
  }
  for (const log of files.logs) loadLog(realm, log)
}

function definitionsFirst(a: KubeObject, b: KubeObject): number {
  return Number(b.kind === 'CustomResourceDefinition') - Number(a.kind === 'CustomResourceDefinition')
}

// a custom object whose definition is not in the files: one is made up, so that it can be served
function customFor(realm: Realm, object: KubeObject) {
  const known = KINDS.find((kind) => kind.kind === object.kind && kind.apiVersion === object.apiVersion)
  const definition = definitionFor(object, known)
  if (!definition) return undefined
  realm.world.create(definition)
  return realm.registry.byKind(object.kind, object.apiVersion)
}

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/

function shiftTimes<T extends Json>(value: T, by: number): T {
  if (typeof value === 'string') return (value.length <= 30 && TIME.test(value) ? shiftTime(value, by) : value) as T
  if (Array.isArray(value)) return value.map((item) => shiftTimes(item, by)) as T
  if (!isMap(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shiftTimes(item, by)])) as T
}

function shiftTime(text: string, by: number): string {
  const fraction = /\.\d+/.exec(text)?.[0]
  const at = new Date(Date.parse(text) + by).toISOString()
  return fraction ? `${at.slice(0, 23)}${fraction.length > 4 ? '000' : ''}Z` : `${at.slice(0, 19)}Z`
}

function loadMetrics({ world }: Realm, object: KubeObject): void {
  const usage = (from: Json) => ({ cpu: parseQuantity(from?.cpu) ?? 0, memory: parseQuantity(from?.memory) ?? 0 })
  if (object.kind === 'NodeMetrics') {
    world.usage.setNode(object.metadata.name, usage(object.usage))
    return
  }
  const containers = (object.containers ?? []).map((container: Json) => [container.name, usage(container.usage)])
  world.usage.setPod(object.metadata.namespace ?? 'default', object.metadata.name, Object.fromEntries(containers))
}

// lines carry no time of their own: the last was printed when the container ended, or just now
function loadLog({ world }: Realm, log: PodLog): void {
  const pod = world.find('Pod', log.namespace, log.pod)
  const statuses: Json[] = [...(pod?.status?.initContainerStatuses ?? []), ...(pod?.status?.containerStatuses ?? [])]
  const status = statuses.find((item) => item.name === log.container)
  const state = log.previous ? status?.lastState : status?.state
  const now = world.clock.now()
  const from = Date.parse(state?.running?.startedAt ?? state?.terminated?.startedAt ?? '') || now - 60_000
  const until = Date.parse(state?.terminated?.finishedAt ?? '') || now
  const texts = log.text.replace(/\n$/, '').split('\n')
  const step = texts.length > 1 ? Math.max(0, until - from) / (texts.length - 1) : 0
  const lines = texts.map((text, index): LogLine => ({ at: Math.floor(from + step * index), text }))
  const container = log.container || pod?.spec?.containers?.[0]?.name || ''
  world.logs.load({ namespace: log.namespace, pod: log.pod, container }, log.previous, lines)
}
