// Kinds that a cluster serves beyond the built-in ones, as its CustomResourceDefinitions describe them.
import type { Kind } from './kinds.ts'
import type { KubeObject } from './object.ts'

export type ServedKind = Pick<Kind, 'kind' | 'apiVersion' | 'plural' | 'namespaced'>

export function kindOfCrd(crd: KubeObject): ServedKind {
  const { group, names, scope, versions } = crd.spec ?? {}
  const version = versions?.find((item: { served?: boolean }) => item.served)?.name ?? 'v1'
  return {
    kind: String(names?.kind ?? ''),
    apiVersion: `${group}/${version}`,
    plural: String(names?.plural ?? ''),
    namespaced: scope !== 'Cluster',
  }
}

/** Every name, in lower case, by which kubectl takes the kind: `wd`, `widget`, `widgets.example.com`, `widgets.v1.example.com`. */
export function namesOfCrd(crd: KubeObject): string[] {
  const { group, names, versions } = crd.spec ?? {}
  const isText = (name: unknown): name is string => typeof name === 'string'
  const plain = [names?.plural, names?.singular, names?.kind, ...(names?.shortNames ?? [])].filter(isText)
  const full = [names?.plural, names?.singular].filter(isText)
  const served: string[] = (versions ?? []).map((version: { name?: string }) => version.name ?? '')
  const qualified = full.flatMap((name) => [
    `${name}.${group}`,
    ...served.map((version) => `${name}.${version}.${group}`),
  ])
  return [...plain, ...qualified].map((name) => name.toLowerCase())
}
