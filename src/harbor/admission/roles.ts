// Nobody may grant more than they hold: roles and bindings are refused when their rules go beyond those of who writes them.
import type { KubeObject } from '../../objects/object.ts'
import { type Json } from '../plain.ts'
import { type Attributes, allowedBy, grantsOf, roleOf, ruleAllows } from '../rbac.ts'
import { forbidden } from '../status.ts'
import type { User } from '../world.ts'
import type { Admission, Plugin } from './plugin.ts'

const GROUP = 'rbac.authorization.k8s.io'

export const rolesNotExceeded: Plugin = {
  name: 'RBAC escalation check',
  validate(admission) {
    const { resource, user } = admission
    if (resource.group !== GROUP || !user || user.groups.includes('system:masters')) return
    const rules = grantedRules(admission)
    const missing = rules.flatMap(singleRules).filter((rule) => !covered(admission, user, rule))
    if (missing.length === 0 || may(admission, user)) return
    const groups = user.groups.map((group) => JSON.stringify(group)).join(' ')
    const why = `user "${user.name}" (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${merged(missing).map(ruleText).join('\n')}`
    throw forbidden(resource, admission.object.metadata.name, why)
  },
}

function grantedRules({ resource, object, world }: Admission): Json[] {
  if (resource.plural === 'roles' || resource.plural === 'clusterroles') return object.rules ?? []
  return roleOf(world, object as KubeObject)?.rules ?? []
}

// the verbs escalate and bind lift the restriction
function may({ resource, object, world }: Admission, user: User): boolean {
  const binding = resource.plural.endsWith('bindings')
  const wanted: Attributes = {
    verb: binding ? 'bind' : 'escalate',
    group: GROUP,
    resource: binding ? `${String(object.roleRef?.kind).toLowerCase()}s` : resource.plural,
    namespace: object.metadata.namespace,
    name: binding ? object.roleRef?.name : object.metadata.name,
  }
  return allowedBy(world, user, wanted) !== undefined
}

function singleRules(rule: Json): Json[] {
  const { verbs = [], apiGroups = [], resources = [], nonResourceURLs = [], resourceNames = [] } = rule
  const urls = nonResourceURLs.flatMap((url: string) =>
    verbs.map((verb: string) => ({ verbs: [verb], nonResourceURLs: [url] })),
  )
  const objects = apiGroups.flatMap((group: string) =>
    resources.flatMap((resource: string) =>
      verbs.flatMap((verb: string) =>
        (resourceNames.length > 0 ? resourceNames : [undefined]).map((name: string | undefined) => ({
          verbs: [verb],
          apiGroups: [group],
          resources: [resource],
          ...(name === undefined ? {} : { resourceNames: [name] }),
        })),
      ),
    ),
  )
  return [...urls, ...objects]
}

function covered({ object, world }: Admission, user: User, rule: Json): boolean {
  const wanted: Attributes = {
    verb: rule.verbs[0],
    group: rule.apiGroups?.[0] ?? '',
    resource: rule.resources?.[0] ?? '',
    namespace: object.metadata.namespace,
    name: rule.resourceNames?.[0],
    ...(rule.nonResourceURLs ? { path: rule.nonResourceURLs[0] } : {}),
  }
  return grantsOf(world, user, object.metadata.namespace).some((grant) =>
    grant.rules.some((held) => ruleAllows(held, wanted)),
  )
}

// rules that differ only in their verb are shown as one
function merged(rules: Json[]): Json[] {
  const byRest = new Map<string, Json>()
  for (const { verbs, ...rest } of rules) {
    const key = JSON.stringify(rest)
    const known = byRest.get(key)
    if (known) known.verbs.push(...verbs)
    else byRest.set(key, { ...rest, verbs: [...verbs] })
  }
  return [...byRest.values()]
}

function ruleText({ apiGroups, resources, resourceNames, nonResourceURLs, verbs }: Json): string {
  const list = (items: string[]) => `[${items.map((item) => JSON.stringify(item)).join(', ')}]`
  const parts = [
    ...(apiGroups ? [`APIGroups:${list(apiGroups)}`] : []),
    ...(resources ? [`Resources:${list(resources)}`] : []),
    ...(resourceNames ? [`ResourceNames:${list(resourceNames)}`] : []),
    ...(nonResourceURLs ? [`NonResourceURLs:${list(nonResourceURLs)}`] : []),
    `Verbs:${list(verbs)}`,
  ]
  return `{${parts.join(', ')}}`
}
