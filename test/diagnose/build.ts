// Compact worlds for the tests of checks: objects as the API prints them, with only what a check reads.
import type { Diagnosis, Finding } from '../../src/core/finding.ts'
import { diagnose } from '../../src/diagnose/index.ts'
import type { PodLog } from '../../src/objects/files.ts'
import type { KubeObject } from '../../src/objects/object.ts'
import { Snapshot } from '../../src/objects/snapshot.ts'

export const NOW = new Date('2026-11-20T12:00:00Z')

/** `minutes` ago, RFC 3339. */
export function ago(minutes: number): string {
  return new Date(NOW.getTime() - minutes * 60_000).toISOString().replace('.000Z', 'Z')
}

// biome-ignore lint/suspicious/noExplicitAny: fields as the API prints them
type Fields = Record<string, any>

let serial = 0
export function object(
  apiVersion: string,
  kind: string,
  name: string,
  fields: Fields = {},
  namespace: string | undefined = 'shop',
): KubeObject {
  const { metadata, ...rest } = fields
  serial++
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace ? { namespace } : {}),
      uid: `uid-${serial}`,
      creationTimestamp: ago(60 * 24),
      ...metadata,
    },
    ...rest,
  }
}

export interface ContainerOptions extends Fields {
  name?: string
  image?: string
}

export interface AppOptions {
  namespace?: string
  replicas?: number
  ready?: number
  kind?: 'Deployment' | 'StatefulSet' | 'DaemonSet'
  container?: ContainerOptions
  spec?: Fields
  /** status of the sick pods' container */
  state?: Fields
  lastState?: Fields
  restarts?: number
  pod?: Fields
  init?: { container: ContainerOptions; status: Fields }
  deployment?: Fields
  conditions?: Fields[]
}

export interface App {
  objects: KubeObject[]
  workload: KubeObject
  pods: KubeObject[]
  /** the first sick pod's name */
  sick: string
}

const READY = [
  { type: 'Ready', status: 'True' },
  { type: 'ContainersReady', status: 'True' },
]

/** A workload with `replicas` pods, of which the last `replicas - ready` are in `state`. Healthy by default. */
export function app(name: string, options: AppOptions = {}): App {
  const { namespace = 'shop', replicas = 2, kind = 'Deployment', container = {} } = options
  const ready = options.ready ?? (options.state || options.init || options.pod?.sick ? 0 : replicas)
  const own = { name, image: `registry.example.com/${name}:1.0.0`, ...container }
  const template = {
    metadata: { labels: { app: name } },
    spec: { containers: [own], ...(options.init ? { initContainers: [options.init.container] } : {}), ...options.spec },
  }
  const status = {
    observedGeneration: 1,
    replicas,
    updatedReplicas: replicas,
    ...(ready > 0 ? { readyReplicas: ready, availableReplicas: ready } : {}),
    conditions: options.conditions ?? [],
    ...(kind === 'DaemonSet'
      ? { desiredNumberScheduled: replicas, currentNumberScheduled: replicas, numberReady: ready }
      : {}),
  }
  const workload = object('apps/v1', kind, name, {
    spec: { replicas, selector: { matchLabels: { app: name } }, template, ...options.deployment },
    status,
    metadata: { annotations: { 'deployment.kubernetes.io/revision': '2' }, namespace, generation: 1 },
  })
  workload.metadata.namespace = namespace
  const owner = kind === 'Deployment' ? replicaSet(workload, 2, template, { replicas, ready }) : workload
  const pods = Array.from({ length: replicas }, (_, index) =>
    podOf(
      owner,
      kind === 'Deployment' ? `${owner.metadata.name}-p${index}` : `${name}-${index}`,
      template,
      index < ready ? undefined : options,
    ),
  )
  const objects = owner === workload ? [workload, ...pods] : [workload, owner, ...pods]
  return { objects, workload, pods, sick: pods[ready]?.metadata.name ?? '' }
}

export function owned(owner: KubeObject): Fields {
  return {
    ownerReferences: [
      {
        apiVersion: owner.apiVersion,
        kind: owner.kind,
        name: owner.metadata.name,
        uid: owner.metadata.uid,
        controller: true,
      },
    ],
  }
}

export function replicaSet(
  deployment: KubeObject,
  revision: number,
  template: Fields,
  { replicas = 0, ready = 0, minutes = 60 * 24 }: { replicas?: number; ready?: number; minutes?: number } = {},
): KubeObject {
  return object(
    'apps/v1',
    'ReplicaSet',
    `${deployment.metadata.name}-r${revision}`,
    {
      metadata: {
        ...owned(deployment),
        creationTimestamp: ago(minutes),
        annotations: { 'deployment.kubernetes.io/revision': String(revision) },
      },
      spec: { replicas, template },
      status: { replicas, readyReplicas: ready },
    },
    deployment.metadata.namespace,
  )
}

export function podOf(owner: KubeObject, name: string, template: Fields, sick?: AppOptions): KubeObject {
  const { name: container, image } = template.spec.containers[0]
  const bad = sick !== undefined
  const { sick: _marker, ...podFields } = sick?.pod ?? {}
  const waitsForInit = {
    name: container,
    image,
    ready: false,
    restartCount: 0,
    state: { waiting: { reason: 'PodInitializing' } },
  }
  const status = bad
    ? {
        phase: sick.init || /Image|Creating|Config/.test(sick.state?.waiting?.reason ?? '') ? 'Pending' : 'Running',
        startTime: ago(30),
        conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady', lastTransitionTime: ago(30) }],
        ...(sick.init
          ? {
              initContainerStatuses: [
                { name: sick.init.container.name, image, ready: false, restartCount: 0, ...sick.init.status },
              ],
            }
          : {}),
        containerStatuses: [
          sick.init
            ? waitsForInit
            : {
                name: container,
                image,
                ready: false,
                restartCount: sick.restarts ?? 0,
                state: sick.state ?? {},
                lastState: sick.lastState ?? {},
              },
        ],
      }
    : {
        phase: 'Running',
        startTime: ago(60 * 24),
        conditions: READY.map((entry) => ({ ...entry })),
        containerStatuses: [
          {
            name: container,
            image,
            ready: true,
            restartCount: 0,
            state: { running: { startedAt: ago(60 * 24) } },
            lastState: {},
          },
        ],
      }
  return object(
    'v1',
    'Pod',
    name,
    {
      metadata: { ...owned(owner), labels: template.metadata.labels, creationTimestamp: ago(bad ? 30 : 60 * 24) },
      spec: { nodeName: 'node-a', restartPolicy: 'Always', ...template.spec, ...podFields.spec },
      status: { ...status, ...podFields.status },
    },
    owner.metadata.namespace,
  )
}

export const CRASH = { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s restarting failed container' } }
export function ended(exitCode: number, reason = 'Error', minutes = 2): Fields {
  return { terminated: { exitCode, reason, startedAt: ago(minutes + 1), finishedAt: ago(minutes) } }
}

/** A workload whose containers crash with this log. */
export function crashing(
  name: string,
  log: string,
  options: AppOptions & { exit?: number } = {},
): { objects: KubeObject[]; logs: PodLog[]; app: App } {
  const made = app(name, { state: CRASH, lastState: ended(options.exit ?? 1), restarts: 7, ...options })
  return { objects: made.objects, logs: logs(made, log, true), app: made }
}

export function logs(made: App, text: string, previous = false, container = made.workload.metadata.name): PodLog[] {
  return [
    {
      namespace: made.workload.metadata.namespace ?? '',
      pod: made.sick || (made.pods[0]?.metadata.name ?? ''),
      container,
      previous,
      text,
    },
  ]
}

export function event(
  about: KubeObject | { kind: string; name: string; namespace?: string },
  reason: string,
  message: string,
  fields: Fields = {},
): KubeObject {
  const ref =
    'metadata' in about ? { kind: about.kind, namespace: about.metadata.namespace, name: about.metadata.name } : about
  return object('v1', 'Event', `event-${serial}`, {
    involvedObject: ref,
    type: 'Warning',
    reason,
    message,
    count: 5,
    firstTimestamp: ago(20),
    lastTimestamp: ago(1),
    ...fields,
  })
}

export function service(
  name: string,
  selector: Record<string, string>,
  fields: Fields = {},
  namespace = 'shop',
): KubeObject {
  return object(
    'v1',
    'Service',
    name,
    {
      spec: {
        type: 'ClusterIP',
        clusterIP: `10.96.0.${(serial % 250) + 1}`,
        selector,
        ports: [{ port: 80, targetPort: 8080 }],
        ...fields,
      },
    },
    namespace,
  )
}

export function namespace(name: string, labels: Record<string, string> = {}): KubeObject {
  const made = object('v1', 'Namespace', name, { metadata: { labels }, status: { phase: 'Active' } })
  delete made.metadata.namespace
  return made
}

export function node(name: string, fields: Fields = {}): KubeObject {
  const made = object('v1', 'Node', name, {
    metadata: { labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/arch': 'amd64', ...fields.labels } },
    spec: { ...fields.spec },
    status: {
      allocatable: { cpu: '8', memory: '32Gi', pods: '110' },
      capacity: { cpu: '8', memory: '32Gi', pods: '110' },
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', lastHeartbeatTime: ago(1) }],
      nodeInfo: { architecture: 'amd64' },
      ...fields.status,
    },
  })
  delete made.metadata.namespace
  return made
}

/** The furniture that every world has, so that nothing is missing by accident. */
export function world(objects: readonly KubeObject[], podLogs: readonly PodLog[] = []): Snapshot {
  return new Snapshot({
    objects: [namespace('shop'), node('node-a'), node('node-b'), ...objects],
    logs: [...podLogs],
    now: NOW,
  })
}

export function diagnoseWorld(objects: readonly KubeObject[], podLogs: readonly PodLog[] = []): Diagnosis {
  return diagnose(world(objects, podLogs))
}

/** The findings that count as root causes. */
export function roots(diagnosis: Diagnosis): Finding[] {
  return diagnosis.findings.filter(({ root, severity }) => root && severity !== 'info')
}

/** "Deployment/checkout app-env-missing": what the roots are, for comparing at a glance. */
export function rootNames(diagnosis: Diagnosis): string[] {
  return roots(diagnosis)
    .map(({ object: ref, check }) => `${ref.kind}/${ref.name} ${check}`)
    .sort()
}

/** All that a person reads of a finding. */
export function wordsOf(finding: Finding | undefined): string {
  if (!finding) return ''
  return [finding.summary, finding.cause, ...finding.evidence.map(({ text }) => text), finding.remedy].join('\n')
}
