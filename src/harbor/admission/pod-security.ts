// Pod security standards: labels of a namespace say which pods are refused and which are only warned about.
import { allContainers } from '../kinds/pod-spec.ts'
import { type Json } from '../plain.ts'
import { forbidden } from '../status.ts'
import type { Admission, Plugin } from './plugin.ts'
import { baseline, restricted } from './pod-security-checks.ts'

const PREFIX = 'pod-security.kubernetes.io/'

export const podSecurity: Plugin = {
  name: 'PodSecurity',
  validate(admission) {
    const { resource, object, world, subresource } = admission
    if (subresource || !resource.namespaced) return
    const spec = podSpecOf(resource.id, object)
    if (!spec) return
    const labels = world.find('Namespace', undefined, object.metadata.namespace ?? '')?.metadata.labels ?? {}
    const isPod = resource.id === 'pods'
    if (isPod && admission.operation === 'create') enforce(admission, labels, spec)
    const level = labels[`${PREFIX}warn`]
    const faults = faultsOf(level, spec)
    if (faults.length > 0) {
      admission.warn(
        `would violate PodSecurity "${level}:${labels[`${PREFIX}warn-version`] ?? 'latest'}": ${faults.join(', ')}`,
      )
    }
  },
}

function enforce({ resource, object }: Admission, labels: Record<string, string>, spec: Json): void {
  const level = labels[`${PREFIX}enforce`]
  const faults = faultsOf(level, spec)
  if (faults.length === 0) return
  const version = labels[`${PREFIX}enforce-version`] ?? 'latest'
  throw forbidden(resource, object.metadata.name, `violates PodSecurity "${level}:${version}": ${faults.join(', ')}`)
}

function faultsOf(level: string | undefined, spec: Json): string[] {
  if (level !== 'baseline' && level !== 'restricted') return []
  const containers = allContainers(spec)
  const found = baseline(spec, containers)
  return level === 'baseline' ? found : [...found, ...restricted(spec, containers)]
}

const TEMPLATES = new Set([
  'deployments.apps',
  'replicasets.apps',
  'statefulsets.apps',
  'daemonsets.apps',
  'jobs.batch',
  'replicationcontrollers',
])

function podSpecOf(id: string, { spec }: Json): Json {
  if (id === 'pods') return spec
  if (TEMPLATES.has(id)) return spec?.template?.spec
  return id === 'cronjobs.batch' ? spec?.jobTemplate?.spec?.template?.spec : undefined
}
