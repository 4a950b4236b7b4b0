// A world with its control plane and a clock that only tests move.
import { fillBase } from '../../../src/harbor/base.ts'
import { createClock } from '../../../src/harbor/clock.ts'
import { CONTROLLERS } from '../../../src/harbor/controllers/index.ts'
import { serveDefinitions } from '../../../src/harbor/custom/definitions.ts'
import { createRealm } from '../../../src/harbor/live.ts'
import { loadWorld } from '../../../src/harbor/load.ts'
import type { World } from '../../../src/harbor/world.ts'
import { type LoadedFiles, parseObjects } from '../../../src/objects/files.ts'
import type { KubeObject } from '../../../src/objects/object.ts'

export interface Lab {
  world: World
  /** pushes time and lets everything due happen */
  pass(seconds: number): void
  /** applies YAML as if by a person: creates (namespaces too), or replaces spec, data and metadata */
  apply(yaml: string): void
  pods(namespace: string, app?: string): KubeObject[]
  events(name: string): string[]
  log(pod: KubeObject, container: string, previous?: boolean): string[]
  stop(): void
}

export function startLab(load?: LoadedFiles | string, seed = 7): Lab {
  const clock = createClock({ start: Date.parse('2026-05-04T12:00:00Z'), ticking: false })
  const realm = createRealm('test', clock, seed)
  serveDefinitions(realm)
  const files = typeof load === 'string' ? parseObjects(load) : load
  if (files) loadWorld(realm, files, true)
  fillBase(realm, files !== undefined)
  const { world } = realm
  if (world.list('Node').length === 0) for (const name of ['node-a', 'node-b']) createNode(world, name)
  const stops = CONTROLLERS.map((controller) => controller.start(world))
  const lab: Lab = {
    world,
    pass: (seconds) => clock.advance(seconds * 1000),
    apply(yaml) {
      for (const object of parseObjects(yaml).objects) {
        const { kind, metadata } = object
        const { namespace } = metadata
        if (namespace && !world.find('Namespace', undefined, namespace)) {
          world.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
          clock.advance(0)
        }
        const known = world.find(kind, namespace, metadata.name)
        if (!known) world.create(object)
        else world.update({ ...known, ...object, status: known.status, metadata: { ...known.metadata, ...metadata } })
      }
      clock.advance(0)
    },
    pods: (namespace, app) =>
      world.list('Pod', app ? { namespace, selector: { matchLabels: { app } } } : { namespace }),
    events: (name) =>
      world
        .list('Event')
        .filter((event) => event.involvedObject?.name === name)
        .map((event) => `${event.type} ${event.reason}: ${event.message}`),
    log: ({ metadata }, container, previous = false) =>
      (world.logs.read({ namespace: metadata.namespace ?? '', pod: metadata.name, container }, previous) ?? []).map(
        ({ text }) => text,
      ),
    stop() {
      for (const stop of stops) stop()
      clock.stop()
    },
  }
  lab.pass(0)
  return lab
}

export function createNode(world: World, name: string, cpu = '4', memory = '16Gi'): void {
  const now = world.clock.iso()
  const capacity = { cpu, memory, pods: '110', 'ephemeral-storage': '100Gi' }
  world.create({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: { 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': `zone-${name.at(-1)}` },
    },
    spec: {},
  })
  world.modify(
    'Node',
    undefined,
    name,
    (node) => {
      node.status = {
        capacity,
        allocatable: capacity,
        addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
        conditions: [
          {
            type: 'Ready',
            status: 'True',
            reason: 'KubeletReady',
            message: 'kubelet is posting ready status',
            lastHeartbeatTime: now,
            lastTransitionTime: now,
          },
        ],
      }
    },
    { subresource: 'status' },
  )
  world.modify('Node', undefined, name, (node) => void delete node.spec.taints)
}

export const DEPLOYMENT = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  replicas: 3
  progressDeadlineSeconds: 60
  revisionHistoryLimit: 10
  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 25%}}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: nginx:1.27
        ports: [{containerPort: 80}]
        readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 5}
        resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 128Mi}}
`
