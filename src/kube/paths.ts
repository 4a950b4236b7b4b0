// Paths of the API, built only from names that passed the grammar of names.
import { UsageError } from '../core/errors.ts'
import { type Kind, pathOf } from '../objects/kinds.ts'
import { checkName, checkNamespace } from './names.ts'
import type { ListOptions } from './reader.ts'

export type Query = Record<string, string | number | boolean | undefined>

/** The path of one object; namespace and name are checked by the grammar of names before anything is sent. */
export function objectPath(kind: Kind, namespace: string | undefined, name: string, subresource?: string): string {
  checkName(name, kind.kind)
  if (!kind.namespaced) return pathOf(kind, undefined, name, subresource)
  if (namespace === undefined)
    throw new UsageError(`A ${kind.kind} lives in a namespace, and none was named for ${name}.`)
  return pathOf(kind, checkNamespace(namespace), name, subresource)
}

export function podPath(namespace: string, pod: string, subresource: string): string {
  return pathOf(
    { apiVersion: 'v1', plural: 'pods', namespaced: true },
    checkNamespace(namespace),
    checkName(pod, 'Pod'),
    subresource,
  )
}

export function listPath(kind: Kind, options: ListOptions, query: Query): string {
  return withQuery(pathOf(kind, options.namespace), {
    ...query,
    labelSelector: options.labelSelector || undefined,
    fieldSelector: options.fieldSelector || undefined,
  })
}

export function withQuery(path: string, query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  if (given.length === 0) return path
  const search = new URLSearchParams(given.map(([key, value]): [string, string] => [key, String(value)]))
  return `${path}${path.includes('?') ? '&' : '?'}${search.toString()}`
}
