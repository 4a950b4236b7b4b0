// The simulated kubelets of all nodes: they run the pods that are bound, without running anything.
import type { KubeObject } from '../../../objects/object.ts'
import { isStatus } from '../../status.ts'
import type { Controller, World } from '../../world.ts'
import { conditionOf } from '../conditions.ts'
import { keyedController } from '../queue.ts'
import { adoptPod, syncPod, type Ward } from './pod.ts'
import type { PodRun } from './run.ts'
import { noteUsage } from './usage.ts'

export const kubelet: Controller = keyedController('kubelet', (world, queue) => {
  const runs = new Map<string, PodRun>()
  const addresses = createAddresses(world)
  const images = new Map<string, Set<string>>()
  const ward: Ward = {
    world,
    runs,
    address: addresses.take,
    images(node) {
      const known = images.get(node) ?? new Set()
      images.set(node, known)
      return known
    },
  }
  // pods that wait for a ConfigMap or Secret of their namespace: uid → namespace
  const blocked = new Map<string, string>()

  for (const pod of world.list('Pod')) {
    if (!pod.spec?.nodeName) continue
    noteUsage(world, pod)
    const first = adoptPod(ward, pod)
    if (first !== undefined) queue.add(pod.metadata.uid ?? '', first - world.clock.now())
    noteBlocked(pod)
  }

  function noteBlocked(pod: KubeObject): void {
    const uid = pod.metadata.uid ?? ''
    if (pod.status?.phase === 'Pending') blocked.set(uid, pod.metadata.namespace ?? '')
    else blocked.delete(uid)
  }

  return {
    initial: () => [],
    concerns({ type, object, previous }) {
      const { kind, metadata } = object
      if (kind === 'Node')
        return type !== 'DELETED' && isLost(previous) && !isLost(object) ? podsOn(world, metadata.name) : []
      if (blocked.size > 0 && type !== 'DELETED' && (kind === 'ConfigMap' || kind === 'Secret')) {
        const waiting = [...blocked].filter(([, namespace]) => namespace === metadata.namespace).map(([uid]) => uid)
        for (const uid of waiting) hasten(runs.get(uid), world.clock.now())
        return waiting
      }
      if (kind !== 'Pod' || !object.spec?.nodeName) return []
      const uid = metadata.uid ?? ''
      if (type === 'DELETED') {
        runs.delete(uid)
        blocked.delete(uid)
        addresses.free(object)
        world.logs.remove(metadata.namespace ?? '', metadata.name)
        world.usage.removePod(metadata.namespace ?? '', metadata.name)
        return []
      }
      noteUsage(world, object)
      noteBlocked(object)
      // its own status writes are no news to the kubelet
      const isNews =
        !previous?.spec?.nodeName ||
        previous.metadata.generation !== metadata.generation ||
        previous.metadata.deletionTimestamp !== metadata.deletionTimestamp ||
        previous.metadata.deletionGracePeriodSeconds !== metadata.deletionGracePeriodSeconds ||
        JSON.stringify(previous.metadata.annotations) !== JSON.stringify(metadata.annotations)
      return isNews ? [uid] : []
    },
    reconcile(uid) {
      const pod = world.byUid(uid)
      if (pod?.kind !== 'Pod' || !pod.spec?.nodeName) {
        runs.delete(uid)
        return
      }
      // a dead kubelet does nothing
      if (isLost(world.find('Node', undefined, pod.spec.nodeName))) return
      try {
        const next = syncPod(ward, pod)
        return next === undefined ? undefined : Math.max(1, next - world.clock.now())
      } catch (error) {
        // gone, or a new pod of the same name
        if (isStatus(error, 404) || isStatus(error, 409)) return
        throw error
      }
    },
  }
})

/** The node's kubelet does not answer. A node that is not there at all is none of the kubelet's business. */
function isLost(node: KubeObject | undefined): boolean {
  return conditionOf(node?.status?.conditions, 'Ready')?.status === 'Unknown'
}

function podsOn(world: World, node: string): string[] {
  return world
    .list('Pod')
    .filter((pod) => pod.spec?.nodeName === node)
    .map((pod) => pod.metadata.uid ?? '')
}

/** What a pod waits for may have appeared: its next appointment is now. */
function hasten(run: PodRun | undefined, now: number): void {
  for (const container of run?.containers.values() ?? []) {
    if (container.dueAt !== undefined && container.retryAt === undefined) container.dueAt = now
  }
}

interface Addresses {
  take(pod: KubeObject): string
  free(pod: KubeObject): void
}

function createAddresses(world: World): Addresses {
  const used = new Set<string>()
  const last = new Map<string, number>()
  // node ranges without a free address: not looked through again before one is given back
  const full = new Set<string>()
  for (const pod of world.list('Pod')) if (pod.status?.podIP) used.add(pod.status.podIP)

  function prefixOf(nodeName: string): string {
    const cidr: string | undefined = world.find('Node', undefined, nodeName)?.spec?.podCIDR
    const match = /^(\d{1,3}\.\d{1,3})\.(\d{1,3})\.\d{1,3}\//.exec(cidr ?? '')
    if (match) return `${match[1]}.${match[2]}`
    let sum = 0
    for (const byte of Buffer.from(nodeName)) sum = (sum * 31 + byte) % 200
    return `10.244.${sum + 20}`
  }

  return {
    take(pod) {
      if (pod.spec?.hostNetwork && pod.status?.hostIP) return pod.status.hostIP
      const prefix = prefixOf(pod.spec.nodeName)
      for (let tries = 0; tries < 254 && !full.has(prefix); tries++) {
        const next = ((last.get(prefix) ?? 1) % 254) + 1
        last.set(prefix, next)
        const address = `${prefix}.${next}`
        if (used.has(address) || next < 2) continue
        used.add(address)
        return address
      }
      full.add(prefix)
      // more pods than the node's range holds: still an address of its own
      return `10.245.${world.random.int(256)}.${world.random.int(254) + 1}`
    },
    free(pod) {
      if (used.delete(pod.status?.podIP)) full.clear()
    },
  }
}
