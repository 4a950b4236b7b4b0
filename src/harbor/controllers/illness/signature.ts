// A container's signature: everything that decides how it behaves. Equal signatures behave alike, wherever and however often they start.
import type { KubeObject } from '../../../objects/object.ts'
import { controllerOf } from '../../../objects/object.ts'
import type { World } from '../../world.ts'
import { plainText } from '../template.ts'

export interface Signature {
  namespace: string
  /** the top of the chain of owners, `Deployment/checkout`; a StatefulSet's pods are told apart */
  workload: string
  container: string
  image: string
  /** one spelling per part, so that a change can be named */
  parts: {
    image: string
    command: string
    env: string
    resources: string
    readiness: string
    liveness: string
    security: string
    mounts: string
  }
  /** name → literal value, or how it is looked up */
  env: ReadonlyMap<string, string>
  /** ConfigMaps whose keys become variables, and Secrets */
  envFrom: readonly ConfigRef[]
  /** every ConfigMap and Secret the container reads, by variable, file or whole */
  config: readonly ConfigRef[]
  claims: readonly string[]
  pullSecrets: readonly string[]
  serviceAccount: string
  probes: Readonly<Record<'readiness' | 'liveness', Probe | undefined>>
  /** declared container ports, by number and name */
  ports: readonly (number | string)[]
  memoryLimit: string | undefined
  /** all parts in one text */
  text: string
}

export interface ConfigRef {
  kind: 'ConfigMap' | 'Secret'
  name: string
}

/** Where an HTTP, TCP or gRPC probe knocks. */
export interface Probe {
  port: number | string | undefined
  path: string | undefined
}

type Spec = KubeObject['spec']

export function signatureOf(world: World, pod: KubeObject, containerName: string): Signature | undefined {
  return signatureIn(pod.metadata.namespace ?? '', workloadOf(world, pod), pod.spec, containerName)
}

/** Also for a pod template: the spec of pods that do not exist yet. */
export function signatureIn(
  namespace: string,
  workload: string,
  spec: Spec,
  containerName: string,
): Signature | undefined {
  const all: Spec[] = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]
  const container = all.find(({ name }) => name === containerName)
  if (!container) return undefined
  const volumes: Spec[] = (spec.volumes ?? []).filter((volume: Spec) => !isInjected(volume.name))
  const mounts: Spec[] = (container.volumeMounts ?? []).filter((mount: Spec) => !isInjected(mount.name))
  const mounted = volumes.filter((volume) => mounts.some(({ name }) => name === volume.name))
  const env = new Map<string, string>()
  for (const { name, value, valueFrom } of container.env ?? [])
    env.set(name, valueFrom ? plainText(valueFrom) : (value ?? ''))
  const envFrom = (container.envFrom ?? []).flatMap(refsOf)
  const parts = {
    image: String(container.image ?? ''),
    command: plainText([container.command, container.args, container.workingDir]),
    env: plainText([container.env, container.envFrom]),
    resources: plainText(container.resources),
    readiness: plainText([container.readinessProbe, container.startupProbe]),
    liveness: plainText([container.livenessProbe, container.startupProbe]),
    security: plainText([spec.securityContext, container.securityContext, spec.hostNetwork]),
    mounts: plainText([mounts, mounted, container.lifecycle]),
  }
  return {
    namespace,
    workload,
    container: containerName,
    image: parts.image,
    parts,
    env,
    envFrom,
    config: [
      ...envFrom,
      ...(container.env ?? []).flatMap(({ valueFrom }: Spec) => refsOf(valueFrom)),
      ...mounted.flatMap(volumeRefs),
    ],
    claims: mounted.flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []),
    pullSecrets: (spec.imagePullSecrets ?? []).map(({ name }: Spec) => name),
    serviceAccount: spec.serviceAccountName ?? spec.serviceAccount ?? 'default',
    probes: { readiness: probeOf(container.readinessProbe), liveness: probeOf(container.livenessProbe) },
    ports: (container.ports ?? []).flatMap(({ containerPort, name }: Spec) =>
      name ? [containerPort, name] : [containerPort],
    ),
    memoryLimit: container.resources?.limits?.memory,
    text: plainText([namespace, containerName, parts]),
  }
}

function probeOf(probe: Spec): Probe | undefined {
  if (!probe) return undefined
  const target = probe.httpGet ?? probe.tcpSocket ?? probe.grpc
  return { port: target?.port, path: probe.httpGet ? (probe.httpGet.path ?? '/') : undefined }
}

// the token volume that admission adds to every pod
function isInjected(name: unknown): boolean {
  return String(name ?? '').startsWith('kube-api-access-')
}

function refsOf(source: Spec): ConfigRef[] {
  const map = source?.configMapKeyRef ?? source?.configMapRef
  const secret = source?.secretKeyRef ?? source?.secretRef
  return [
    ...(map?.name ? [{ kind: 'ConfigMap' as const, name: map.name }] : []),
    ...(secret?.name ? [{ kind: 'Secret' as const, name: secret.name }] : []),
  ]
}

function volumeRefs(volume: Spec): ConfigRef[] {
  const sources: Spec[] = volume.projected?.sources ?? [volume]
  return sources.flatMap((source): ConfigRef[] => [
    ...(source.configMap?.name ? [{ kind: 'ConfigMap' as const, name: source.configMap.name }] : []),
    ...(source.secret ? [{ kind: 'Secret' as const, name: source.secret.secretName ?? source.secret.name }] : []),
  ])
}

/** `Deployment/checkout`, `StatefulSet/db/db-0`, `CronJob/nightly`; a pod of its own is `Pod/name`. */
export function workloadOf(world: World, pod: KubeObject): string {
  let top = pod
  for (let depth = 0; depth < 10; depth++) {
    const owner = controllerOf(top)
    if (!owner) break
    const found = world.byUid(owner.uid)
    if (!found) return `${owner.kind}/${owner.name}`
    top = found
  }
  const name = `${top.kind}/${top.metadata.name}`
  return top.kind === 'StatefulSet' ? `${name}/${pod.metadata.name}` : name
}

/** What the referenced ConfigMaps and Secrets hold, as one text; a missing one counts as missing. */
export function configText(world: World, namespace: string, refs: readonly ConfigRef[]): string {
  return plainText(
    refs.map(({ kind, name }) => {
      const found = world.find(kind, namespace, name)
      return found ? [kind, name, found.data, found.stringData, found.binaryData] : [kind, name, 'missing']
    }),
  )
}
