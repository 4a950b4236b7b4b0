// The node side of the kubelets: heartbeats, leases, and what annotations on a Node make of it.
//
// On a Node, as `practice.firstmate.dev/NAME` or `lab/NAME`:
//   notready             "true" or a message: the kubelet reports that it is not ready
//   down                 "true": the kubelet stops; after 50 s the control plane gives the node up
//   condition.TYPE       "True" or "False": MemoryPressure, DiskPressure, PIDPressure
import type { KubeObject } from '../../../objects/object.ts'
import type { Controller, World } from '../../world.ts'
import { conditionOf, withCondition } from '../conditions.ts'
import { hintOf } from '../illness/hints.ts'
import { keyedController } from '../queue.ts'
import { recordEvent } from '../recorder.ts'

const LEASES = 'kube-node-lease'
const LEASE_EVERY = 10_000
const STATUS_EVERY = 300_000
// --node-monitor-grace-period
const GRACE = 50_000
const NO_CNI =
  'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized'
const KUBELET = { manager: 'kubelet', subresource: 'status' }

export const nodeHeartbeats: Controller = keyedController('kubelet-nodes', (world, queue) => {
  /** nodes with a kubelet: those that were there, and alive, from the start; name → last full report */
  const kubelets = new Map<string, number>()
  /** since when a node's kubelet is silent */
  const silent = new Map<string, number>()
  /** nodes whose conditions an annotation has changed: removing it changes them back */
  const hinted = new Set<string>()
  for (const node of world.list('Node')) {
    if (conditionOf(node.status?.conditions, 'Ready')?.status === 'Unknown') continue
    kubelets.set(node.metadata.name, world.clock.now())
  }

  return {
    initial: () => kubelets.keys(),
    concerns({ object, previous, type }) {
      const { name, annotations } = object.metadata
      if (object.kind !== 'Node' || !kubelets.has(name)) return []
      if (type === 'DELETED') {
        kubelets.delete(name)
        world.usage.removeNode(name)
        return []
      }
      return JSON.stringify(annotations) !== JSON.stringify(previous?.metadata.annotations) ? [name] : []
    },
    reconcile(name) {
      const node = world.find('Node', undefined, name)
      if (!node || !kubelets.has(name)) return undefined
      const now = world.clock.now()
      if (hintOf(node, 'down') === 'true') {
        const from = silent.get(name) ?? now
        silent.set(name, from)
        if (now < from + GRACE) return from + GRACE - now
        giveUp(world, node)
        return undefined
      }
      const due = silent.delete(name) || now - (kubelets.get(name) ?? 0) >= STATUS_EVERY
      if (due || differs(node, hinted)) {
        report(world, node, hinted)
        kubelets.set(name, now)
      }
      renew(world, node)
      // large clusters share the load of their heartbeats
      queue.add(name, Math.max(LEASE_EVERY, kubelets.size * 100))
      return undefined
    },
  }
})

interface Words {
  status: string
  reason: string
  message: string
}

/** What the kubelet would report now, by condition type. */
function reported(node: KubeObject): Map<string, Words> {
  const rows = new Map<string, Words>()
  for (const [type, bad, good, thing] of [
    ['MemoryPressure', 'KubeletHasInsufficientMemory', 'KubeletHasSufficientMemory', 'memory'],
    ['PIDPressure', 'KubeletHasInsufficientPID', 'KubeletHasSufficientPID', 'PID'],
  ] as const) {
    if (hintOf(node, `condition.${type}`) === 'True') {
      rows.set(type, { status: 'True', reason: bad, message: `kubelet has insufficient ${thing} available` })
    } else rows.set(type, { status: 'False', reason: good, message: `kubelet has sufficient ${thing} available` })
  }
  rows.set(
    'DiskPressure',
    hintOf(node, 'condition.DiskPressure') === 'True'
      ? { status: 'True', reason: 'KubeletHasDiskPressure', message: 'kubelet has disk pressure' }
      : { status: 'False', reason: 'KubeletHasNoDiskPressure', message: 'kubelet has no disk pressure' },
  )
  const notReady = hintOf(node, 'notready')
  rows.set(
    'Ready',
    notReady
      ? { status: 'False', reason: 'KubeletNotReady', message: notReady === 'true' ? NO_CNI : notReady.slice(0, 1024) }
      : { status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' },
  )
  return rows
}

const HINTED = ['notready', 'condition.MemoryPressure', 'condition.DiskPressure', 'condition.PIDPressure']

/** A loaded node keeps the conditions it was loaded with until an annotation says something about them. */
function isHinted(node: KubeObject): boolean {
  return HINTED.some((name) => hintOf(node, name) !== undefined)
}

function differs(node: KubeObject, hinted: Set<string>): boolean {
  const conditions = node.status?.conditions
  if (!conditions?.length) return true
  // given up before: it answers again
  if (conditionOf(conditions, 'Ready')?.status === 'Unknown') return true
  if (!isHinted(node) && !hinted.has(node.metadata.name)) return false
  return [...reported(node)].some(([type, { status }]) => conditionOf(conditions, type)?.status !== status)
}

function report(world: World, node: KubeObject, hinted: Set<string>): void {
  const now = world.clock.iso()
  const fresh = !node.status?.conditions?.length
  if (isHinted(node)) hinted.add(node.metadata.name)
  const ours = fresh || hinted.has(node.metadata.name)
  const before = conditionOf(node.status?.conditions, 'Ready')?.status
  const rows = reported(node)
  const written = world.modify(
    'Node',
    undefined,
    node.metadata.name,
    (draft) => {
      let conditions = draft.status?.conditions ?? []
      for (const [type, words] of rows) {
        const known = conditionOf(conditions, type)
        const next = ours || !known || known.status === 'Unknown' ? words : known
        const { status, reason = '', message = '' } = next
        conditions = withCondition(conditions, { type, status, reason, message, lastHeartbeatTime: now }, now)
      }
      draft.status = { ...draft.status, conditions }
    },
    KUBELET,
  )
  const after = conditionOf(written?.status?.conditions, 'Ready')?.status
  if (!written || before === after) return
  const reason = after === 'True' ? 'NodeReady' : 'NodeNotReady'
  const message = `Node ${node.metadata.name} status is now: ${reason}`
  recordEvent(world, node, { component: 'kubelet', host: node.metadata.name }, { type: 'Normal', reason, message })
}

function renew(world: World, node: KubeObject): void {
  const { name, uid = '' } = node.metadata
  const renewTime = world.clock.isoMicro()
  const known = world.modify('Lease', LEASES, name, (lease) => void (lease.spec = { ...lease.spec, renewTime }), {
    manager: 'kubelet',
  })
  if (known || !world.find('Namespace', undefined, LEASES)) return
  world.create(
    {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace: LEASES, ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid }] },
      spec: { holderIdentity: name, leaseDurationSeconds: 40, renewTime },
    },
    { manager: 'kubelet' },
  )
}

/** The node controller has heard nothing for too long. */
function giveUp(world: World, node: KubeObject): void {
  const now = world.clock.iso()
  if (conditionOf(node.status?.conditions, 'Ready')?.status === 'Unknown') return
  world.modify(
    'Node',
    undefined,
    node.metadata.name,
    (draft) => {
      let conditions = draft.status?.conditions ?? []
      for (const type of ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready']) {
        const unknown = {
          status: 'Unknown',
          reason: 'NodeStatusUnknown',
          message: 'Kubelet stopped posting node status.',
        }
        const { lastHeartbeatTime } = conditionOf(conditions, type) ?? {}
        conditions = withCondition(
          conditions,
          { type, ...unknown, ...(lastHeartbeatTime ? { lastHeartbeatTime } : {}) },
          now,
        )
      }
      draft.status = { ...draft.status, conditions }
    },
    { manager: 'kube-controller-manager', subresource: 'status' },
  )
  const message = `Node ${node.metadata.name} status is now: NodeNotReady`
  recordEvent(world, node, { component: 'node-controller' }, { type: 'Normal', reason: 'NodeNotReady', message })
}
