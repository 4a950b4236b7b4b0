// "what is the memory limit of cart": what the pod template says, container by container. Values that look secret are not shown.

import type { AnswerInput } from '../../../core/answer.ts'
import { redact } from '../../../core/redact.ts'
import { type ObjectRef, refText } from '../../../core/ref.ts'
import { desiredReplicas, readyReplicas, templateOf } from '../../../diagnose/look/workloads.ts'
import { sourceText } from '../../../objects/env.ts'
import type { KubeObject } from '../../../objects/object.ts'
import { table } from '../print.ts'
import type { SpecPart } from '../request.ts'
import { nameOf } from './inspect.ts'
import { ownLine } from './kubectl.ts'
import { about, askedBack, type Reply } from './reply.ts'

// biome-ignore lint/suspicious/noExplicitAny: a container as the API prints it
type Container = any
type Rows = (container: Container) => string[][]

const TEMPLATED = ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob', 'Job', 'ReplicaSet', 'Pod']

export const specReply: Reply<'spec'> = async ({ ask, place, context }): Promise<AnswerInput> => {
  const templated = place.objects.find(({ kind }) => TEMPLATED.includes(kind))
  const ref = ask.of === 'ports' ? (place.objects.find(({ kind }) => kind === 'Service') ?? templated) : templated
  const [named = ref] = place.objects
  if (ask.of === 'yaml' && named) return ownLine(['get', ...nameOf(named), '-o', 'yaml'], place, context)
  if (!ref) return askedBack(place, `Of what? Name a workload, as in "${EXAMPLES[ask.of]}".`)
  const object = await place.cluster.reader.read(ref, { signal: context.signal })
  const { text, rows } = ref.kind === 'Service' ? servicePorts(object, ref) : said(ask.of, object, ref)
  const printed = rows.length > 1 ? table(rows.map((row) => row.map((cell) => redact(cell)))) : ''
  return {
    ...about(place),
    about: ref,
    text: printed ? `${text}\n${printed}` : text,
    blocks: [{ kind: 'text', text }, ...(printed ? [{ kind: 'code' as const, text: printed }] : [])],
  }
}

const EXAMPLES: Record<SpecPart, string> = {
  replicas: 'how many replicas does checkout have',
  resources: 'what is the memory limit of checkout',
  env: 'what env does checkout have',
  probes: 'what probes does checkout have',
  ports: 'what ports does checkout expose',
  yaml: 'show the yaml of checkout',
}

const HEADS: Record<Exclude<SpecPart, 'replicas' | 'yaml'>, string[]> = {
  resources: ['CONTAINER', 'CPU REQUEST', 'CPU LIMIT', 'MEMORY REQUEST', 'MEMORY LIMIT'],
  env: ['CONTAINER', 'NAME', 'VALUE'],
  probes: ['CONTAINER', 'PROBE', 'CHECK', 'PERIOD', 'FAILURES'],
  ports: ['CONTAINER', 'NAME', 'PORT'],
}

const ROWS: Record<keyof typeof HEADS, Rows> = {
  resources: ({ name, resources }) => {
    const { requests = {}, limits = {} } = resources ?? {}
    return [[name, requests.cpu, limits.cpu, requests.memory, limits.memory].map((value) => String(value ?? 'none'))]
  },
  env: ({ name, env = [], envFrom = [] }) => [
    ...env.map((entry: Container) => [name, String(entry.name), envText(entry)]),
    ...envFrom.map((from: Container) => [
      name,
      `${from.prefix ?? ''}*`,
      from.secretRef ? `all of Secret ${from.secretRef.name}` : `all of ConfigMap ${from.configMapRef?.name}`,
    ]),
  ],
  probes: (container) =>
    ['startupProbe', 'readinessProbe', 'livenessProbe'].flatMap((key) => {
      const probe = container[key]
      if (!probe) return []
      const every = `${probe.periodSeconds ?? 10}s`
      return [[container.name, key.replace('Probe', ''), probeText(probe), every, String(probe.failureThreshold ?? 3)]]
    }),
  ports: ({ name, ports = [] }) =>
    ports.map((port: Container) => [name, String(port.name ?? ''), `${port.containerPort}/${port.protocol ?? 'TCP'}`]),
}

function said(part: SpecPart, object: KubeObject, ref: ObjectRef): { text: string; rows: string[][] } {
  if (part === 'replicas' || part === 'yaml')
    return {
      text: `${refText(ref)} wants ${desiredReplicas(object)} replicas, ${readyReplicas(object)} are ready.`,
      rows: [],
    }
  const spec = templateOf(object)?.spec
  const containers: Container[] = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]
  const rows = containers.flatMap(ROWS[part])
  const words = part === 'env' ? 'environment variables' : part
  if (rows.length === 0) return { text: `${refText(ref)} sets no ${words}.`, rows: [] }
  return { text: `${words[0]?.toUpperCase()}${words.slice(1)} of ${refText(ref)}:`, rows: [HEADS[part], ...rows] }
}

function servicePorts(object: KubeObject, ref: ObjectRef): { text: string; rows: string[][] } {
  const ports: Container[] = object.spec?.ports ?? []
  const rows = ports.map((port) => [
    String(port.name ?? ''),
    `${port.port}/${port.protocol ?? 'TCP'}`,
    String(port.targetPort ?? port.port),
  ])
  return {
    text: `Ports of ${refText(ref)} (${object.spec?.type ?? 'ClusterIP'}):`,
    rows: [['NAME', 'PORT', 'TARGET'], ...rows],
  }
}

function envText({ value, valueFrom }: Container): string {
  if (!valueFrom) return value === undefined || value === '' ? '(empty)' : String(value).slice(0, 120)
  return sourceText(valueFrom)
}

function probeText({ httpGet, tcpSocket, exec, grpc }: Container): string {
  if (httpGet) return `GET ${httpGet.path ?? '/'} on ${httpGet.port}`
  if (tcpSocket) return `TCP ${tcpSocket.port}`
  if (grpc) return `gRPC ${grpc.port}`
  return `command ${((exec?.command ?? []) as string[]).join(' ').slice(0, 80)}`
}
