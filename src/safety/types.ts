// Resource types as people and paths write them → kinds: the built-in table first, then the cluster's own CRDs.

import { kindOfCrd, namesOfCrd, type ServedKind } from '../objects/custom-kinds.ts'
import { KINDS, kindByName } from '../objects/kinds.ts'
import { groupOf } from '../objects/object.ts'
import type { World } from './effects.ts'

export type TypeOf = ServedKind

/** `po`, `Deployment`, `deployments.apps`, `pods.v1.`, `widgets.example.com`; several kinds for a category such as `all`; none when unknown. */
export function typesByName(word: string, world?: World): TypeOf[] {
  const name = word.toLowerCase()
  const category = KINDS.filter((kind) => kind.categories.includes(name))
  if (category.length > 0) return category
  const known = kindByName(name) ?? coreByVersion(name)
  if (known) return [known]
  const custom = (world?.list('CustomResourceDefinition') ?? []).find((crd) => namesOfCrd(crd).includes(name))
  return custom ? [kindOfCrd(custom)] : []
}

/** By the plural and the group of an API path. */
export function typeByPath(apiVersion: string, plural: string, world?: World): TypeOf | undefined {
  const group = groupOf(apiVersion)
  const known = KINDS.find((kind) => kind.plural === plural && groupOf(kind.apiVersion) === group)
  if (known) return known
  const custom = (world?.list('CustomResourceDefinition') ?? []).find(
    (crd) => crd.spec?.names?.plural === plural && crd.spec?.group === group,
  )
  return custom && kindOfCrd(custom)
}

/** `pods.v1.` and `pods.` name the core group */
function coreByVersion(name: string): TypeOf | undefined {
  const match = /^([a-z]+)\.(?:v1\.?)?$/.exec(name)
  const kind = match && kindByName(match[1] ?? '')
  return kind && groupOf(kind.apiVersion) === '' ? kind : undefined
}
