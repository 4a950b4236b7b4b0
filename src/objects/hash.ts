// The content of an object without what controllers write all the time: equal hashes mean nothing a person decided has changed.
import { createHash } from 'node:crypto'
import { canonicalJson } from '../core/canonical.ts'
import type { KubeObject } from './object.ts'

const CONTROLLER_ANNOTATIONS = new Set([
  'deployment.kubernetes.io/revision',
  'deployment.kubernetes.io/revision-history',
  'deployment.kubernetes.io/desired-replicas',
  'deployment.kubernetes.io/max-replicas',
  'control-plane.alpha.kubernetes.io/leader',
  'autoscaling.alpha.kubernetes.io/conditions',
  'autoscaling.alpha.kubernetes.io/current-metrics',
  'pv.kubernetes.io/bind-completed',
  'pv.kubernetes.io/bound-by-controller',
  'volume.kubernetes.io/selected-node',
  'endpoints.kubernetes.io/last-change-trigger-time',
  'node.alpha.kubernetes.io/ttl',
])

/** SHA-256, hex, of the object without status, managedFields, resourceVersion, generation and controller-written annotations. */
export function contentHash(object: KubeObject): string {
  const { status: _status, metadata, ...rest } = object
  const { managedFields: _fields, resourceVersion: _version, generation: _generation, annotations, ...meta } = metadata
  const kept = Object.entries(annotations ?? {}).filter(([key]) => !CONTROLLER_ANNOTATIONS.has(key))
  const content = { ...rest, metadata: { ...meta, annotations: Object.fromEntries(kept) } }
  return createHash('sha256').update(canonicalJson(content)).digest('hex')
}
