// Role bindings that name a role or a service account that does not exist.
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { nearest } from '../look/names.ts'
import { evidence, some } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

export const roleBinding: Check = {
  name: 'role-binding',
  title: 'A role binding names a role or service account that does not exist',
  why: 'It grants nothing: whoever relies on it is refused.',
  fix: 'Correct the name (subjects can be changed, roleRef needs a new binding), or create what it names.',
  reads: ['RoleBinding', 'ClusterRoleBinding', 'Role', 'ClusterRole', 'ServiceAccount'],
  run(snapshot) {
    return [...snapshot.list('RoleBinding'), ...snapshot.list('ClusterRoleBinding')].flatMap((binding) => [
      ...roleDraft(snapshot, binding),
      ...subjectDraft(snapshot, binding),
    ])
  },
}

function roleDraft(snapshot: Snapshot, binding: KubeObject): Draft[] {
  const kind = String(binding.roleRef?.kind ?? 'ClusterRole')
  const name = String(binding.roleRef?.name ?? '')
  const namespace = kind === 'Role' ? binding.metadata.namespace : undefined
  const all = snapshot.list(kind, namespace)
  // roles of the system are left out of many snapshots: with none at all, absence proves nothing
  if (!snapshot.wasRead(kind) || (kind === 'ClusterRole' && all.length === 0) || snapshot.get(kind, namespace, name))
    return []
  if (kind === 'ClusterRole' && /^(system:|admin$|edit$|view$|cluster-admin$)/.test(name)) return []
  const near = nearest(
    name,
    all.map((role) => role.metadata.name),
  )
  return [
    {
      severity: 'info',
      object: refOf(binding),
      depth: 'cause',
      summary: `${binding.kind} ${nameOf(binding)} grants ${kind} ${name}, which does not exist`,
      cause: `there is no ${kind} ${name}${namespace ? ` in namespace ${namespace}` : ''}${near ? ` (nearest: ${near})` : ''}, so the binding grants nothing`,
      evidence: [evidence('spec', binding, `roleRef: ${kind} ${name}`)],
      remedy: `Create ${kind} ${name}${near ? `, or replace the binding by one to ${near}` : ''}.`,
    },
  ]
}

function subjectDraft(snapshot: Snapshot, binding: KubeObject): Draft[] {
  if (!snapshot.wasRead('ServiceAccount')) return []
  const subjects: { kind?: string; name?: string; namespace?: string }[] = Array.isArray(binding.subjects)
    ? binding.subjects
    : []
  const missing = subjects.filter((subject) => {
    const namespace = subject.namespace ?? binding.metadata.namespace ?? ''
    if (subject.kind !== 'ServiceAccount' || subject.name === 'default' || namespace.startsWith('kube-')) return false
    if (snapshot.namespaces && !snapshot.namespaces.includes(namespace)) return false
    return (
      snapshot.list('ServiceAccount').length > 0 && !snapshot.get('ServiceAccount', namespace, String(subject.name))
    )
  })
  const [first] = missing
  if (!first) return []
  const namespace = first.namespace ?? binding.metadata.namespace ?? ''
  const near = nearest(
    String(first.name),
    snapshot.list('ServiceAccount', namespace).map((account) => account.metadata.name),
  )
  return [
    {
      severity: 'info',
      object: refOf(binding),
      depth: 'cause',
      summary: `${binding.kind} ${nameOf(binding)} grants to service account ${some(missing.map((subject) => `${subject.namespace ?? namespace}/${subject.name}`))}, which does not exist`,
      cause: `there is no ServiceAccount ${first.name} in namespace ${namespace}${near ? ` (nearest: ${near})` : ''}`,
      evidence: [
        evidence(
          'spec',
          binding,
          `subjects: ${some(missing.map((subject) => `${subject.namespace ?? namespace}/${subject.name}`))}`,
        ),
      ],
      remedy: near ? `Name ${near} as subject.` : `Create the service account, or remove the subject.`,
    },
  ]
}
