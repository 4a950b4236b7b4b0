// The scheduler's view of the cluster, kept up to date by every change: what each node has left and which pods run there.
import { controllerOf, type KubeObject } from '../../../objects/object.ts'
import type { Change, World } from '../../world.ts'
import { isFinished } from '../pods.ts'
import { type Amounts, addTo, amountsOf, hostPortsOf, requestsOf } from './demand.ts'

export interface NodeView {
  node: KubeObject
  allocatable: Amounts
  used: Amounts
  pods: Map<string, KubeObject>
  ports: Map<string, number>
  /** pods here per controlling owner */
  owned: Map<string, number>
  /** pods here that want no company of some kind */
  repelling: Map<string, KubeObject>
}

export interface ClusterView {
  /** in order of name */
  nodes(): NodeView[]
  take(change: Change): void
  /** a pod the scheduler has just placed, before the write comes around */
  assume(pod: KubeObject, node: string): void
}

export function createClusterView(world: World): ClusterView {
  const views = new Map<string, NodeView>()
  // pods on nodes that are not (yet) there
  const homeless = new Map<string, Map<string, KubeObject>>()
  const placed = new Map<string, string>()
  let sorted: NodeView[] | undefined

  function put(pod: KubeObject, nodeName: string): void {
    const uid = pod.metadata.uid ?? ''
    placed.set(uid, nodeName)
    const view = views.get(nodeName)
    if (!view) {
      const waiting = homeless.get(nodeName) ?? new Map()
      homeless.set(nodeName, waiting)
      waiting.set(uid, pod)
      return
    }
    view.pods.set(uid, pod)
    addTo(view.used, requestsOf(pod))
    for (const port of hostPortsOf(pod)) count(view.ports, port, 1)
    const owner = controllerOf(pod)?.uid
    if (owner) count(view.owned, owner, 1)
    if (repels(pod)) view.repelling.set(uid, pod)
  }

  function take(uid: string): void {
    const nodeName = placed.get(uid)
    if (nodeName === undefined) return
    placed.delete(uid)
    homeless.get(nodeName)?.delete(uid)
    const view = views.get(nodeName)
    const pod = view?.pods.get(uid)
    if (!view || !pod) return
    view.pods.delete(uid)
    addTo(view.used, requestsOf(pod), -1)
    for (const port of hostPortsOf(pod)) count(view.ports, port, -1)
    const owner = controllerOf(pod)?.uid
    if (owner) count(view.owned, owner, -1)
    view.repelling.delete(uid)
  }

  function takePod(pod: KubeObject, gone: boolean): void {
    const uid = pod.metadata.uid ?? ''
    const nodeName = pod.spec?.nodeName
    if (gone || isFinished(pod) || !nodeName) return take(uid)
    const view = views.get(nodeName)
    if (placed.get(uid) === nodeName && view?.pods.has(uid)) {
      // requests cannot change on a node but by resize; labels and deletion can
      const known = view.pods.get(uid)
      if (known?.spec === pod.spec || known?.metadata.generation === pod.metadata.generation) {
        view.pods.set(uid, pod)
        if (repels(pod)) view.repelling.set(uid, pod)
        return
      }
    }
    take(uid)
    put(pod, nodeName)
  }

  function takeNode(node: KubeObject, gone: boolean): void {
    const { name } = node.metadata
    sorted = undefined
    const view = views.get(name)
    if (gone) {
      views.delete(name)
      if (view) homeless.set(name, view.pods)
      return
    }
    const allocatable = amountsOf(node.status?.allocatable)
    if (view) {
      view.node = node
      view.allocatable = allocatable
      return
    }
    views.set(name, {
      node,
      allocatable,
      used: {},
      pods: new Map(),
      ports: new Map(),
      owned: new Map(),
      repelling: new Map(),
    })
    for (const pod of homeless.get(name)?.values() ?? []) put(pod, name)
    homeless.delete(name)
  }

  for (const node of world.list('Node')) takeNode(node, false)
  for (const pod of world.list('Pod')) takePod(pod, false)

  return {
    nodes() {
      sorted ??= [...views.values()].sort((a, b) => (a.node.metadata.name < b.node.metadata.name ? -1 : 1))
      return sorted
    },
    take({ object, type }) {
      if (object.kind === 'Pod') takePod(object, type === 'DELETED')
      else if (object.kind === 'Node') takeNode(object, type === 'DELETED')
    },
    assume: (pod, node) => put(pod, node),
  }
}

function repels(pod: KubeObject): boolean {
  return !!pod.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.length
}

function count(map: Map<string, number>, key: string, by: 1 | -1): void {
  const next = (map.get(key) ?? 0) + by
  if (next > 0) map.set(key, next)
  else map.delete(key)
}
