// ConfigMaps and Secrets that a pod needs before its containers can start, and how the kubelet says that one is missing.
import type { KubeObject } from '../../../objects/object.ts'
import type { World } from '../../world.ts'

type Spec = KubeObject['spec']

/** Why a container cannot be configured; undefined when everything is there. */
export function configProblem(world: World, pod: KubeObject, container: Spec): string | undefined {
  const namespace = pod.metadata.namespace ?? ''
  for (const source of container.envFrom ?? []) {
    for (const [ref, kind, word] of [
      [source.configMapRef, 'ConfigMap', 'configmap'],
      [source.secretRef, 'Secret', 'secret'],
    ] as const) {
      if (ref && !ref.optional && !world.find(kind, namespace, ref.name)) return `${word} "${ref.name}" not found`
    }
  }
  for (const { valueFrom } of container.env ?? []) {
    for (const [ref, kind, word] of [
      [valueFrom?.configMapKeyRef, 'ConfigMap', 'configmap'],
      [valueFrom?.secretKeyRef, 'Secret', 'secret'],
    ] as const) {
      if (!ref || ref.optional) continue
      const found = world.find(kind, namespace, ref.name)
      if (!found) return `${word} "${ref.name}" not found`
      if (!hasKey(found, ref.key)) return `couldn't find key ${ref.key} in ${kind} ${namespace}/${ref.name}`
    }
  }
  return undefined
}

function hasKey({ data, binaryData, stringData }: KubeObject, key: string): boolean {
  return [data, binaryData, stringData].some((map) => map && Object.hasOwn(map, key))
}

/** The event message for a volume that cannot be set up; undefined when all can. */
export function mountProblem(world: World, pod: KubeObject): string | undefined {
  const namespace = pod.metadata.namespace ?? ''
  for (const volume of pod.spec?.volumes ?? []) {
    // admission's own token volume: the CA of every namespace appears in its own time
    if (String(volume.name).startsWith('kube-api-access-')) continue
    const problem = sourcesOf(volume)
      .map((source) => sourceProblem(world, namespace, source))
      .find(Boolean)
    if (problem) return `MountVolume.SetUp failed for volume "${volume.name}" : ${problem}`
  }
  return undefined
}

interface Source {
  kind: 'ConfigMap' | 'Secret'
  name: string
  items: { key: string }[]
}

function sourcesOf(volume: Spec): Source[] {
  const sources: Spec[] = volume.projected?.sources ?? [volume]
  return sources.flatMap(({ configMap, secret }): Source[] => [
    ...(configMap && !configMap.optional
      ? [{ kind: 'ConfigMap' as const, name: configMap.name, items: configMap.items ?? [] }]
      : []),
    ...(secret && !secret.optional
      ? [{ kind: 'Secret' as const, name: secret.secretName ?? secret.name, items: secret.items ?? [] }]
      : []),
  ])
}

function sourceProblem(world: World, namespace: string, { kind, name, items }: Source): string | undefined {
  const found = world.find(kind, namespace, name)
  if (!found) return `${kind.toLowerCase()} "${name}" not found`
  const missing = items.find(({ key }) => !hasKey(found, key))
  return missing ? `${kind.toLowerCase()} references non-existent config key: ${missing.key}` : undefined
}
