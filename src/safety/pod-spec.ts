// What makes a pod more powerful than it was: privileged, host namespaces, hostPath, added capabilities, another service account.

import { sameJson } from '../objects/same.ts'
import { isObject } from './changes.ts'
import type { Change } from './effects.ts'

/** Where the pod spec lies in each kind that runs pods. */
const POD_SPEC: Record<string, string[]> = {
  Pod: ['spec'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
  PodTemplate: ['template', 'spec'],
}
const TEMPLATE = ['spec', 'template', 'spec']

export function podSpecPath(kind: string): string[] {
  return (Object.hasOwn(POD_SPEC, kind) ? POD_SPEC[kind] : undefined) ?? TEMPLATE
}

/** The path inside the pod spec, or undefined when the change lies elsewhere. */
export function insidePodSpec(kind: string, path: readonly string[]): string[] | undefined {
  const root = podSpecPath(kind)
  return root.every((key, index) => path[index] === key) ? path.slice(root.length) : undefined
}

/**
 * The sentence for what a change gives the pod, or undefined. Equal to the live value is no gain; an unknown live value is taken
 * as having had nothing.
 */
export function gainOf(kind: string, change: Change): string | undefined {
  const path = insidePodSpec(kind, change.path)
  const above = change.path.every((key, index) => podSpecPath(kind)[index] === key)
  if (change.unclear && change.after === undefined && (path || above))
    return 'gets something in its pod spec that cannot be told'
  if (!path) return undefined
  if (change.before !== undefined && sameJson(change.before, change.after)) return undefined
  return gainAt(path, change.after, change.before)
}

/** The first gain in a whole pod spec, as in a new object. */
export function gainIn(spec: unknown): string | undefined {
  const visit = (value: unknown, path: string[]): string | undefined => {
    if (path.length > 40) return 'is nested too deep to be judged'
    if (Array.isArray(value) && value.some(isObject)) {
      for (const [index, item] of value.entries()) {
        const found = visit(item, [...path, String(index)])
        if (found) return found
      }
      return undefined
    }
    if (isObject(value) && Object.keys(value).length > 0) {
      for (const [key, item] of Object.entries(value)) {
        const found = visit(item, [...path, key])
        if (found) return found
      }
      return undefined
    }
    return gainAt(path, value, undefined)
  }
  return visit(spec, [])
}

const CONTAINERS = new Set(['containers', 'initContainers', 'ephemeralContainers'])

function gainAt(path: readonly string[], after: unknown, before: unknown): string | undefined {
  const [first = '', , third, fourth, ...deeper] = path
  if (first === 'hostNetwork' || first === 'hostPID' || first === 'hostIPC') {
    return isOff(after) ? undefined : `shares the host's ${first.slice(4)} namespace`
  }
  if (first === 'serviceAccountName' || first === 'serviceAccount') {
    // "" and "default" are what a pod has without the field
    if (after === undefined || after === '' || (after === 'default' && before === undefined)) {
      return before === undefined ? undefined : 'runs under another service account'
    }
    return `runs under the service account ${typeof after === 'string' ? after.slice(0, 80) : 'of an unknown name'}`
  }
  if (first === 'ephemeralContainers') return after === undefined ? undefined : 'adds a container to a running pod'
  if (first === 'volumes' && path.includes('hostPath')) {
    return after === undefined ? undefined : 'mounts a path of the host'
  }
  if (first === 'securityContext') return securityGain(path.slice(1), after, before)
  if (CONTAINERS.has(first) && third === 'securityContext') {
    return securityGain(fourth === undefined ? [] : [fourth, ...deeper], after, before)
  }
  return undefined
}

function securityGain(path: readonly string[], after: unknown, before: unknown): string | undefined {
  const [field = '', inner = ''] = path
  if (field === 'privileged') return isOff(after) ? undefined : 'runs privileged'
  if (field === 'allowPrivilegeEscalation') {
    return after === false || (after === undefined && before !== false) ? undefined : 'may gain privileges'
  }
  if (field === 'capabilities') {
    if (inner === 'drop' || (inner === '' && after === undefined)) {
      return before === undefined || covers(after, before) ? undefined : 'drops fewer capabilities'
    }
    if (after === undefined) return undefined
    if (Array.isArray(after) && (after.length === 0 || covers(before, after))) return undefined
    return isObject(after) && Object.keys(after).length === 0 ? undefined : 'adds capabilities'
  }
  if (field === 'windowsOptions' && inner === 'hostProcess') return isOff(after) ? undefined : 'runs as a host process'
  if (field === 'procMount') return after === 'Unmasked' ? 'sees the whole /proc' : undefined
  return undefined
}

/** Does the list `all` hold every item of `some`? */
function covers(all: unknown, some: unknown): boolean {
  return Array.isArray(some) && Array.isArray(all) && some.every((item) => all.includes(item))
}

function isOff(value: unknown): boolean {
  return value === undefined || value === false || value === null
}
