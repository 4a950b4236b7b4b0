// Where workloads keep what actions change: their pod template, its containers, their replicas.
import { UsageError } from '../core/errors.ts'
import type { ObjectRef } from '../core/ref.ts'
import { refText } from '../core/ref.ts'
import type { FactName } from '../objects/facts.ts'
import type { KubeObject } from '../objects/object.ts'
import type { Expectation } from './action.ts'
import { valueAt } from './requests.ts'

export const SCALABLE = ['Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController', 'Rollout']
export const ROLLED_OUT = ['Deployment', 'StatefulSet', 'DaemonSet']
export const TEMPLATED = [...SCALABLE, 'DaemonSet', 'CronJob', 'Job', 'Pod']

/** The path of the pod template (of the object itself for a Pod). */
export function templatePath(kind: string): string[] {
  if (kind === 'Pod') return []
  return kind === 'CronJob' ? ['spec', 'jobTemplate', 'spec', 'template'] : ['spec', 'template']
}

export interface ContainerAt {
  path: (string | number)[]
  container: Record<string, unknown>
}

/** All containers of the pod template, the init containers last. */
export function containersOf(live: KubeObject): ContainerAt[] {
  const base = [...templatePath(live.kind), 'spec']
  return ['containers', 'initContainers'].flatMap((list): ContainerAt[] => {
    const items = valueAt(live, [...base, list])
    return Array.isArray(items) ? items.map((container, index) => ({ path: [...base, list, index], container })) : []
  })
}

/** The one container meant: by name, or the only one there is. Throws a UsageError that lists the names. */
export function containerOf(live: KubeObject, name: string | undefined): ContainerAt {
  const all = containersOf(live)
  const named =
    name === undefined
      ? all.filter(({ path }) => path.includes('containers'))
      : all.filter(({ container }) => container.name === name)
  const [only, ...more] = named
  if (only && more.length === 0) return only
  const names = all.map(({ container }) => String(container.name)).join(', ') || 'none'
  const what = name === undefined ? 'several containers; say which' : `no container "${name.slice(0, 63)}"`
  throw new UsageError(`${refText({ kind: live.kind, ...live.metadata })} has ${what}: ${names}`)
}

/**
 * What the tier of going to zero relies on: that nothing is ready. Where something is, the tier is the hardest already, and how much is
 * ready comes and goes.
 */
export function readyFacts(live: KubeObject): FactName[] {
  return Number(live.status?.readyReplicas ?? 0) === 0 ? ['readyReplicas'] : []
}

/** How long a rollout may take: what the Deployment itself allows, and a start-up's worth for the others. */
export function rolloutExpectation(object: ObjectRef, seconds = 600): Expectation {
  return { kind: 'rollout', object, seconds }
}
