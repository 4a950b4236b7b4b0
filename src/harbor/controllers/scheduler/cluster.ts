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
  /** in order of name, as this pod finds them: room that was made for others as important is taken */
  nodesFor(pod: KubeObject): NodeView[]
  take(change: Change): void
  /** a pod the scheduler has just placed, before the write comes around */
  assume(pod: KubeObject, node: string): void
}

export function createClusterView(world: World): ClusterView {
  const views = new Map<string, NodeView>()
  // pods on nodes that are not (yet) there
  const homeless = new Map<string, Map<string, KubeObject>>()
  const placed = new Map<string, string>()
  // pods that others were sent away for, and that wait until those are gone
  const nominated = new Map<string, KubeObject>()
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
    settle(view, pod, 1)
  }

  function take(uid: string): void {
    const nodeName = placed.get(uid)
    if (nodeName === undefined) return
    placed.delete(uid)
    homeless.get(nodeName)?.delete(uid)
    const view = views.get(nodeName)
    const pod = view?.pods.get(uid)
    if (view && pod) settle(view, pod, -1)
  }

  function takePod(pod: KubeObject, gone: boolean): void {
    const uid = pod.metadata.uid ?? ''
    const nodeName = pod.spec?.nodeName
    if (!gone && !nodeName && pod.status?.nominatedNodeName) nominated.set(uid, pod)
    else nominated.delete(uid)
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
    nodesFor(pod) {
      sorted ??= [...views.values()].sort((a, b) => (a.node.metadata.name < b.node.metadata.name ? -1 : 1))
      const first = [...nominated.values()].filter(
        (other) => other.metadata.uid !== pod.metadata.uid && priorityOf(other) >= priorityOf(pod),
      )
      if (first.length === 0) return sorted
      return sorted.map((view) =>
        withChange(
          view,
          first.filter(({ status }) => status.nominatedNodeName === view.node.metadata.name),
          1,
        ),
      )
    },
    take({ object, type }) {
      if (object.kind === 'Pod') takePod(object, type === 'DELETED')
      else if (object.kind === 'Node') takeNode(object, type === 'DELETED')
    },
    assume: (pod, node) => put(pod, node),
  }
}

function settle(view: NodeView, pod: KubeObject, by: 1 | -1): void {
  const uid = pod.metadata.uid ?? ''
  if (by > 0) view.pods.set(uid, pod)
  else view.pods.delete(uid)
  if (by > 0 && repels(pod)) view.repelling.set(uid, pod)
  else view.repelling.delete(uid)
  addTo(view.used, requestsOf(pod), by)
  for (const port of hostPortsOf(pod)) count(view.ports, port, by)
  const owner = controllerOf(pod)?.uid
  if (owner) count(view.owned, owner, by)
}

/** The node as it would be with these pods more or less. */
export function withChange(view: NodeView, pods: KubeObject[], by: 1 | -1): NodeView {
  if (pods.length === 0) return view
  const changed: NodeView = {
    ...view,
    used: { ...view.used },
    pods: new Map(view.pods),
    ports: new Map(view.ports),
    owned: new Map(view.owned),
    repelling: new Map(view.repelling),
  }
  for (const pod of pods) settle(changed, pod, by)
  return changed
}

export function priorityOf(pod: KubeObject): number {
  return pod.spec?.priority ?? 0
}

function repels(pod: KubeObject): boolean {
  return !!pod.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.length
}

function count(map: Map<string, number>, key: string, by: 1 | -1): void {
  const next = (map.get(key) ?? 0) + by
  if (next > 0) map.set(key, next)
  else map.delete(key)
}
