// Resource types as people and paths write them → kinds: the built-in table first, then the cluster's own CRDs.
import { KINDS, type Kind, kindByName } from '../objects/kinds.ts'
import { groupOf, type KubeObject } from '../objects/object.ts'
import type { World } from './effects.ts'

export type TypeOf = Pick<Kind, 'kind' | 'apiVersion' | 'plural' | 'namespaced'>

/** `po`, `Deployment`, `deployments.apps`, `pods.v1.`, `widgets.example.com`; several kinds for a category such as `all`; none when unknown. */
export function typesByName(word: string, world?: World): TypeOf[] {
  const name = word.toLowerCase()
  const category = KINDS.filter((kind) => kind.categories.includes(name))
  if (category.length > 0) return category
  const known = kindByName(name) ?? coreByVersion(name)
  if (known) return [known]
  const custom = (world?.list('CustomResourceDefinition') ?? []).find((crd) => namesOf(crd).includes(name))
  return custom ? [typeOfCrd(custom)] : []
}

/** By the plural and the group of an API path. */
export function typeByPath(apiVersion: string, plural: string, world?: World): TypeOf | undefined {
  const group = groupOf(apiVersion)
  const known = KINDS.find((kind) => kind.plural === plural && groupOf(kind.apiVersion) === group)
  if (known) return known
  const custom = (world?.list('CustomResourceDefinition') ?? []).find(
    (crd) => crd.spec?.names?.plural === plural && crd.spec?.group === group,
  )
  return custom && typeOfCrd(custom)
}

/** `pods.v1.` and `pods.` name the core group */
function coreByVersion(name: string): TypeOf | undefined {
  const match = /^([a-z]+)\.(?:v1\.?)?$/.exec(name)
  const kind = match && kindByName(match[1] ?? '')
  return kind && groupOf(kind.apiVersion) === '' ? kind : undefined
}

function typeOfCrd(crd: KubeObject): TypeOf {
  const { group, names, scope, versions } = crd.spec ?? {}
  const version = versions?.find((item: { served?: boolean }) => item.served)?.name ?? 'v1'
  return {
    kind: String(names?.kind ?? ''),
    apiVersion: `${group}/${version}`,
    plural: String(names?.plural ?? ''),
    namespaced: scope !== 'Cluster',
  }
}

function namesOf(crd: KubeObject): string[] {
  const { group, names, versions } = crd.spec ?? {}
  const plain = [names?.plural, names?.singular, names?.kind, ...(names?.shortNames ?? [])]
    .filter((name) => typeof name === 'string')
    .map((name) => name.toLowerCase())
  const full = [names?.plural, names?.singular].filter((name) => typeof name === 'string')
  const served = (versions ?? []).map((version: { name?: string }) => version.name)
  return [
    ...plain,
    ...full.flatMap((name) => [`${name}.${group}`, ...served.map((version: string) => `${name}.${version}.${group}`)]),
  ]
}
