// Blame for "cannot list resource pods": the Role that nearly allows it, and the smallest change that does.
import type { Action } from '../../core/action.ts'
import type { ObjectRef } from '../../core/ref.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { RbacDenial } from '../look/logs.ts'
import { evidence } from '../look/words.ts'
import type { Blame, Suspect } from './blame.ts'

interface Account {
  namespace: string
  name: string
}

export function blameRbac(suspect: Suspect): Blame {
  const { snapshot, pod, reason } = suspect
  const denial = reason.rbac
  if (!denial) {
    return {
      cause: `the API server refuses it: "${reason.line}"`,
      remedy: 'Grant its service account what the message names.',
    }
  }
  const account = accountOf(denial, pod)
  const who = `service account ${account.name}`
  const where = denial.namespace ? `in namespace ${denial.namespace}` : 'cluster-wide'
  const what = `${denial.verb} ${denial.resource}${denial.group ? `.${denial.group}` : ''}`
  const roles = rolesOf(snapshot, account, denial.namespace)
  const role = roles.find((entry) => ruleFor(entry, denial) >= 0) ?? (roles.length === 1 ? roles[0] : undefined)
  const cause = `${who} may not ${what} ${where}: "${reason.line}"`
  if (!snapshot.wasRead('Role') || !snapshot.wasRead('RoleBinding')) {
    return {
      cause,
      remedy: `Grant ${who} the verb ${denial.verb} on ${denial.resource} ${where}; its roles could not be read.`,
    }
  }
  if (!role) return unbound(suspect, denial, account, cause)
  const granted = roles.find((entry) => allows(entry, denial))
  if (granted) {
    return {
      cause: `${cause}; ${granted.kind} ${granted.metadata.name} allows it now: it was granted after that line was written`,
      remedy: 'Wait for the next restart of the container, or restart it.',
      evidence: [evidence('spec', granted, `allows ${what}`)],
    }
  }
  const index = ruleFor(role, denial)
  const lacks =
    index >= 0
      ? `${role.kind} ${role.metadata.name} allows ${role.rules[index].verbs.join(', ')} on ${denial.resource}, not ${denial.verb}`
      : `${role.kind} ${role.metadata.name} has no rule for ${denial.resource}`
  return {
    cause: `${lacks}; ${cause}`,
    remedy: `Add the verb ${denial.verb} on ${denial.resource} to ${role.kind} ${role.metadata.name}; nothing more is needed.`,
    evidence: [evidence('spec', role, lacks)],
    object: refOf(role),
    action: { verb: 'patch', target: refOf(role), type: 'json', patch: patchOf(index, denial) },
    outside: true,
  }
}

function accountOf(denial: RbacDenial, pod: KubeObject): Account {
  const [, , namespace, name] = denial.user?.startsWith('system:serviceaccount:') ? denial.user.split(':') : []
  return {
    namespace: namespace ?? pod.metadata.namespace ?? '',
    name: name ?? pod.spec?.serviceAccountName ?? 'default',
  }
}

/** Roles bound to the account where the request was made. */
function rolesOf(snapshot: Snapshot, account: Account, namespace: string | undefined): KubeObject[] {
  const local = namespace === undefined ? [] : snapshot.list('RoleBinding', namespace)
  return [...local, ...snapshot.list('ClusterRoleBinding')]
    .filter((binding) => bindsTo(binding, account))
    .flatMap(
      (binding) =>
        snapshot.get(
          binding.roleRef?.kind,
          binding.roleRef?.kind === 'Role' ? namespace : undefined,
          binding.roleRef?.name,
        ) ?? [],
    )
}

function bindsTo(binding: KubeObject, account: Account): boolean {
  // biome-ignore lint/suspicious/noExplicitAny: subjects as the API prints them
  const subjects: any[] = Array.isArray(binding.subjects) ? binding.subjects : []
  return subjects.some(
    (subject) =>
      subject?.kind === 'ServiceAccount' &&
      subject.name === account.name &&
      (subject.namespace ?? binding.metadata.namespace) === account.namespace,
  )
}

/** The index of the rule about this very resource, or -1. */
function ruleFor(role: KubeObject, denial: RbacDenial): number {
  // biome-ignore lint/suspicious/noExplicitAny: rules as the API prints them
  const rules: any[] = Array.isArray(role.rules) ? role.rules : []
  return rules.findIndex(
    (rule) =>
      (rule?.apiGroups ?? []).includes(denial.group) &&
      (rule?.resources ?? []).includes(denial.resource) &&
      !rule?.resourceNames,
  )
}

function patchOf(index: number, denial: RbacDenial): unknown {
  if (index >= 0) return [{ op: 'add', path: `/rules/${index}/verbs/-`, value: denial.verb }]
  const rule = { apiGroups: [denial.group], resources: [denial.resource], verbs: [denial.verb] }
  return [{ op: 'add', path: '/rules/-', value: rule }]
}

/** No role is bound here: a binding that names another account or a role that does not exist is what to mend. */
function unbound({ snapshot, pod }: Suspect, denial: RbacDenial, account: Account, cause: string): Blame {
  const namespace = denial.namespace ?? pod.metadata.namespace ?? ''
  const bindings = snapshot.list('RoleBinding', namespace)
  const dangling = bindings.find((binding) => bindsTo(binding, account) && !roleOf(snapshot, binding))
  if (dangling) {
    const why = `RoleBinding ${dangling.metadata.name} refers to ${dangling.roleRef?.kind} ${dangling.roleRef?.name}, which does not exist`
    return {
      cause: `${why}; ${cause}`,
      remedy: `Create ${dangling.roleRef?.kind} ${dangling.roleRef?.name} with the verb ${denial.verb} on ${denial.resource}, or bind a role that has it.`,
      evidence: [evidence('spec', dangling, why)],
      object: refOf(dangling),
      outside: true,
    }
  }
  const misnamed = bindings.find((binding) => allows(roleOf(snapshot, binding), denial))
  if (misnamed) {
    // biome-ignore lint/suspicious/noExplicitAny: as above
    const subjects = (misnamed.subjects ?? []).map(
      (subject: any) => `${subject.kind} ${subject.namespace ? `${subject.namespace}/` : ''}${subject.name}`,
    )
    const why = `RoleBinding ${misnamed.metadata.name} would allow it, but binds ${subjects.join(', ') || 'nobody'}, not ServiceAccount ${account.namespace}/${account.name}`
    return {
      cause: `${why}; ${cause}`,
      remedy: `Correct the subject of RoleBinding ${misnamed.metadata.name} to ServiceAccount ${account.namespace}/${account.name}, if it is the one meant.`,
      evidence: [evidence('spec', misnamed, why)],
      object: refOf(misnamed),
      outside: true,
    }
  }
  const elsewhere = snapshot
    .list('RoleBinding')
    .find((binding) => binding.metadata.namespace !== namespace && bindsTo(binding, account))
  const hint = elsewhere
    ? `; it is bound in namespace ${elsewhere.metadata.namespace} only`
    : '; no role is bound to it'
  const ref: ObjectRef = { apiVersion: 'v1', kind: 'ServiceAccount', namespace: account.namespace, name: account.name }
  return {
    cause: `${cause}${hint}`,
    remedy: `Bind a Role with only the verb ${denial.verb} on ${denial.resource} to ServiceAccount ${account.name}${denial.namespace ? ` in ${denial.namespace}` : ' by a ClusterRoleBinding'}.`,
    dueTo: [ref],
    action: denial.namespace ? roleManifest(denial, account) : undefined,
    outside: true,
  }
}

function roleManifest(denial: RbacDenial, account: Account): Action {
  return {
    verb: 'create',
    manifest: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: {
        name: `${account.name}-${denial.verb}-${denial.resource.replace(/[^a-z0-9-]/g, '-')}`,
        namespace: denial.namespace,
      },
      rules: [{ apiGroups: [denial.group], resources: [denial.resource], verbs: [denial.verb] }],
    },
  }
}

function roleOf(snapshot: Snapshot, binding: KubeObject): KubeObject | undefined {
  const kind = binding.roleRef?.kind
  return snapshot.get(kind, kind === 'Role' ? binding.metadata.namespace : undefined, binding.roleRef?.name)
}

function allows(role: KubeObject | undefined, denial: RbacDenial): boolean {
  // biome-ignore lint/suspicious/noExplicitAny: rules as the API prints them
  const rules: any[] = Array.isArray(role?.rules) ? role.rules : []
  const has = (list: unknown, value: string) => Array.isArray(list) && (list.includes(value) || list.includes('*'))
  return rules.some(
    (rule) =>
      has(rule?.apiGroups, denial.group) &&
      has(rule?.resources, denial.resource) &&
      has(rule?.verbs, denial.verb) &&
      !rule?.resourceNames,
  )
}
