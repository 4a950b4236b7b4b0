// `create role|rolebinding|clusterrole|clusterrolebinding` → what they would send; `set subject`.
import type { Action } from '../../core/action.ts'
import { UsageError } from '../../core/errors.ts'
import type { Command } from '../../kube/kubectl/grammar-command.ts'
import { kindByName } from '../../objects/kinds.ts'
import { groupOf } from '../../objects/object.ts'
import type { Lookup } from '../action.ts'
import { isRecord } from '../requests.ts'
import { labelSelector, type Manifest, made, object } from './create.ts'
import { last, liveTargets, type Verb } from './targets.ts'

const GROUP = 'rbac.authorization.k8s.io'
const VERSION = `${GROUP}/v1`
const RULES = 'verb resource resource-name'
const SUBJECTS = 'clusterrole user group serviceaccount'

export const RBAC: Record<string, Verb> = {
  'create role': { compile: made((command) => role(command, 'Role')), flags: RULES },
  'create clusterrole': {
    compile: made((command) => role(command, 'ClusterRole')),
    flags: `${RULES} non-resource-url aggregation-rule`,
  },
  'create rolebinding': { compile: made((command) => binding(command, 'RoleBinding')), flags: `${SUBJECTS} role` },
  'set subject': { compile: setSubject, flags: 'user group serviceaccount' },
  'create clusterrolebinding': { compile: made((command) => binding(command, 'ClusterRoleBinding')), flags: SUBJECTS },
}

function role(command: Command, kind: string): Manifest {
  const aggregation = last(command, 'aggregation-rule')
  if (aggregation !== undefined) {
    const aggregationRule = { clusterRoleSelectors: [labelSelector(aggregation)] }
    return object(command, VERSION, kind, { rules: null, aggregationRule })
  }
  const verbs = all(command, 'verb')
  const resources = all(command, 'resource')
  const urls = all(command, 'non-resource-url')
  if (verbs.length === 0 || (resources.length === 0 && urls.length === 0))
    throw new UsageError(`kubectl create ${kind.toLowerCase()} needs --verb and --resource`)
  if (urls.length > 0 && resources.length > 0)
    throw new UsageError('--resource and --non-resource-url are not taken together')
  const rules =
    urls.length > 0 ? [{ verbs, nonResourceURLs: urls }] : rulesOf(verbs, resources, all(command, 'resource-name'))
  return object(command, VERSION, kind, { rules })
}

/** One rule for each API group, as kubectl writes them. */
function rulesOf(verbs: string[], resources: string[], resourceNames: string[]): Manifest[] {
  const groups = new Map<string, string[]>()
  for (const text of resources) {
    const [type = '', subresource] = text.split('/', 2)
    const { group, plural } = resourceOf(type)
    const name = subresource === undefined ? plural : `${plural}/${subresource}`
    groups.set(group, [...new Set([...(groups.get(group) ?? []), name])])
  }
  return [...groups].map(([group, names]) => ({
    verbs,
    apiGroups: [group],
    resources: names,
    ...(resourceNames.length > 0 ? { resourceNames } : {}),
  }))
}

function resourceOf(type: string): { group: string; plural: string } {
  if (type === '*') return { group: '', plural: '*' }
  const kind = kindByName(type)
  if (kind) return { group: groupOf(kind.apiVersion), plural: kind.plural }
  // a custom resource is named in full
  const match = /^([a-z0-9-]+)\.([a-z0-9.-]+)$/.exec(type)
  if (!match) throw new UsageError(`"${type.slice(0, 60)}" is no type that is known here; write it as PLURAL.GROUP`)
  return { group: match[2] ?? '', plural: match[1] ?? '' }
}

function binding(command: Command, kind: string): Manifest {
  const clusterRole = last(command, 'clusterrole')
  const name = clusterRole ?? last(command, 'role')
  if (!name || (clusterRole && command.flags.has('role')))
    throw new UsageError(`kubectl create ${kind.toLowerCase()} needs either --clusterrole or --role`)
  const roleRef = { apiGroup: GROUP, kind: clusterRole ? 'ClusterRole' : 'Role', name }
  return object(command, VERSION, kind, { roleRef, subjects: subjectsOf(command) })
}

function all(command: Command, flag: string): string[] {
  return [...new Set((command.flags.get(flag) ?? []).flatMap((text) => text.split(',')).filter(Boolean))]
}

// ---- subjects

async function setSubject(command: Command, lookup: Lookup): Promise<Action[]> {
  const added = subjectsOf(command)
  if (added.length === 0) throw new UsageError('kubectl set subject needs --user, --group or --serviceaccount')
  const targets = await liveTargets(command, lookup)
  return targets.map(({ target, live }): Action => {
    if (live.kind !== 'RoleBinding' && live.kind !== 'ClusterRoleBinding')
      throw new UsageError('only a RoleBinding or ClusterRoleBinding has subjects')
    const now: unknown[] = Array.isArray(live.subjects) ? live.subjects : []
    const isNew = (one: Record<string, string>) =>
      !now.some((item) => isRecord(item) && ['kind', 'name', 'namespace'].every((key) => item[key] === one[key]))
    return { verb: 'patch', target, type: 'merge', patch: { subjects: [...now, ...added.filter(isNew)] } }
  })
}

/** `--user`, `--group` and `--serviceaccount=NAMESPACE:NAME`. */
function subjectsOf(command: Command): Record<string, string>[] {
  const all = (flag: string) => command.flags.get(flag) ?? []
  return [
    ...all('user').map((name) => ({ apiGroup: GROUP, kind: 'User', name })),
    ...all('group').map((name) => ({ apiGroup: GROUP, kind: 'Group', name })),
    ...all('serviceaccount').map((text) => {
      const [namespace, name, ...more] = text.split(':')
      if (!namespace || !name || more.length > 0)
        throw new UsageError(`"${text.slice(0, 60)}" is no service account; allowed is NAMESPACE:NAME`)
      return { kind: 'ServiceAccount', name, namespace }
    }),
  ]
}
