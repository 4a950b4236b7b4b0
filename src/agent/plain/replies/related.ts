// Which Services, claims, autoscalers … belong to what a question names: "endpoints of web", "does web have a pdb".
import { references } from '../../../diagnose/look/uses.ts'
import type { KubeObject } from '../../../objects/object.ts'
import { matchesMap, matchesSelector } from '../../../objects/selector.ts'
import { Snapshot } from '../../../objects/snapshot.ts'

/** `names`: what was named; `pods`: those that belong to it. True for what owns, targets, selects, routes to or is used by them. */
export function belongsTo(names: ReadonlySet<string>, pods: readonly KubeObject[]): (object: KubeObject) => boolean {
  const used = references(new Snapshot({ objects: [...pods] }))
  const nodes = new Set(pods.map(({ spec }) => spec?.nodeName))
  return (object) => {
    const { metadata, kind, spec } = object
    if (names.has(metadata.name) || metadata.ownerReferences?.some(({ name }) => names.has(name))) return true
    const service = metadata.labels?.['kubernetes.io/service-name']
    if (service) return names.has(service)
    const target = spec?.scaleTargetRef ?? spec?.targetRef
    if (target) return names.has(target.name)
    if (kind === 'Node') return nodes.has(metadata.name)
    if (kind === 'Service') return pods.some((pod) => matchesMap(spec?.selector, pod.metadata.labels))
    const selector = SELECTS[kind]?.(spec)
    if (selector) return pods.some((pod) => matchesSelector(selector, pod.metadata.labels ?? {}))
    return used.has(`${kind}/${metadata.namespace ?? ''}/${metadata.name}`) || routesTo(object, names)
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a spec as the API prints it
const SELECTS: Record<string, (spec: any) => Parameters<typeof matchesSelector>[0]> = {
  NetworkPolicy: (spec) => spec?.podSelector ?? {},
  PodDisruptionBudget: (spec) => spec?.selector,
}

/** An Ingress or a route names the Services behind it. */
function routesTo({ kind, spec }: KubeObject, names: ReadonlySet<string>): boolean {
  if (kind !== 'Ingress' && !kind.endsWith('Route')) return false
  const text = JSON.stringify(spec ?? {})
  return [...names].some((name) => text.includes(`"name":"${name}"`))
}
