// A Kubernetes object as plain data: ask only for the fields you use, and expect any of them to be absent.
import type { ObjectRef } from '../core/ref.ts'

export interface OwnerReference {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller?: boolean
  blockOwnerDeletion?: boolean
}

export interface ObjectMeta {
  name: string
  namespace?: string
  uid?: string
  resourceVersion?: string
  generation?: number
  generateName?: string
  creationTimestamp?: string
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  finalizers?: string[]
  labels?: Record<string, string>
  annotations?: Record<string, string>
  ownerReferences?: OwnerReference[]
  managedFields?: unknown[]
}

export interface KubeObject {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
  // Any further top-level field (spec, status, data, …) as the API prints it. `any` on purpose: every check reads
  // other fields of 60 kinds, always with `?.`, and a schema per kind would say nothing that the API server has not checked.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  [field: string]: any
}

export function refOf(object: KubeObject): ObjectRef {
  const { apiVersion, kind, metadata } = object
  return metadata.namespace
    ? { apiVersion, kind, namespace: metadata.namespace, name: metadata.name }
    : { apiVersion, kind, name: metadata.name }
}

/** `apps/v1` → `apps`, `v1` → `` */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/')
  return slash < 0 ? '' : apiVersion.slice(0, slash)
}

export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller)
}
