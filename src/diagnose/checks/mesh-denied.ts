// Requests that an Istio AuthorizationPolicy refuses: 403 "RBAC: access denied".

import { refKey } from '../../core/ref.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { type Complaint, calleeOf, complaints } from '../look/complaints.ts'
import { ISTIO_SECURITY, matchesText, meshPoliciesOn, principalOf } from '../look/mesh.ts'
import { isLive, refsOf } from '../look/pods.ts'
import { podsBehind } from '../look/services.ts'
import { evidence, some } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

interface Rule {
  from?: {
    source?: { principals?: string[]; namespaces?: string[]; notPrincipals?: string[]; notNamespaces?: string[] }
  }[]
  to?: { operation?: { methods?: string[]; paths?: string[]; ports?: string[] } }[]
}

export const meshDenied: Check = {
  name: 'mesh-denied',
  title: 'A service-mesh AuthorizationPolicy refuses requests',
  why: 'The callee\'s proxy answers 403 "RBAC: access denied" before the application sees the request.',
  fix: "Allow the caller's service account, method and path in the policy.",
  reads: ['AuthorizationPolicy', 'Pod', 'Service'],
  run(snapshot) {
    if (snapshot.list('AuthorizationPolicy', undefined, ISTIO_SECURITY).length === 0) return []
    const found = new Map<string, { policy: KubeObject; callee: KubeObject; hurt: Complaint[] }>()
    for (const complaint of complaints(snapshot)) {
      const denied = /RBAC: access denied|rbac_access_denied/i.test(complaint.line)
      if (complaint.status !== 403 && !denied) continue
      const target = calleeOf(snapshot, complaint)
      const callees = target?.kind === 'Service' ? podsBehind(snapshot, target).filter(isLive) : target ? [target] : []
      // the callee's own proxy may log it: then the pod itself is the callee
      const callee =
        callees[0] ??
        (denied && meshPoliciesOn(snapshot, 'AuthorizationPolicy', complaint.pod).length > 0
          ? complaint.pod
          : undefined)
      const policy = callee && blamed(snapshot, callee, complaint.pod)
      if (!callee || !policy) continue
      const key = refKey(refOf(policy))
      const entry = found.get(key)
      if (entry) entry.hurt.push(complaint)
      else found.set(key, { policy, callee, hurt: [complaint] })
    }
    return [...found.values()].map((entry) => draftOf(entry))
  },
}

function draftOf({ policy, callee, hurt }: { policy: KubeObject; callee: KubeObject; hurt: Complaint[] }): Draft {
  const callers = [
    ...new Set(hurt.filter((complaint) => complaint.pod !== callee).map((complaint) => complaint.workload)),
  ]
  const who = callers.length > 0 ? some(callers.map(nameOf)) : 'callers'
  const [first] = hurt
  const principal = first && first.pod !== callee ? principalOf(first.pod) : undefined
  return {
    severity: 'critical',
    object: refOf(policy),
    depth: 'cause',
    summary: `AuthorizationPolicy ${nameOf(policy)} denies requests of ${who} to ${callee.metadata.namespace}/${callee.metadata.labels?.app ?? callee.metadata.name} (403 RBAC: access denied)`,
    cause: `${ruleText(policy)}${principal ? `; the caller is ${principal}` : ''}`,
    evidence: [
      evidence('spec', policy, ruleText(policy)),
      ...hurt.slice(0, 4).map((complaint) => evidence('log', complaint.pod, complaint.line)),
    ],
    remedy: `Add ${principal ?? "the caller's service account"} to the rules of AuthorizationPolicy ${policy.metadata.name}, if it is meant to call.`,
    ...(policy.metadata.creationTimestamp ? { since: policy.metadata.creationTimestamp } : {}),
    explains: refsOf(callers),
  }
}

/** DENY policies that match come first; else an ALLOW policy that does not let the caller in. */
function blamed(snapshot: Snapshot, callee: KubeObject, caller: KubeObject): KubeObject | undefined {
  const policies = meshPoliciesOn(snapshot, 'AuthorizationPolicy', callee)
  const unknown = caller === callee
  const deny = policies.find(
    (policy) => policy.spec?.action === 'DENY' && rulesOf(policy).some((rule) => unknown || fromFits(rule, caller)),
  )
  if (deny) return deny
  const allow = policies.filter((policy) => (policy.spec?.action ?? 'ALLOW') === 'ALLOW')
  if (!unknown && allow.some((policy) => rulesOf(policy).some((rule) => fromFits(rule, caller) && !rule.to?.length)))
    return undefined
  // rules that mean to let somebody in tell more than the empty policy that denies all
  return allow.find((policy) => rulesOf(policy).length > 0) ?? allow[0]
}

function rulesOf(policy: KubeObject): Rule[] {
  return Array.isArray(policy.spec?.rules) ? policy.spec.rules : []
}

function fromFits(rule: Rule, caller: KubeObject): boolean {
  if (!rule.from?.length) return true
  return rule.from.some(({ source }) => {
    const principals = source?.principals?.some((pattern) => matchesText(pattern, principalOf(caller))) ?? true
    const namespaces =
      source?.namespaces?.some((pattern) => matchesText(pattern, caller.metadata.namespace ?? '')) ?? true
    return principals && namespaces
  })
}

function ruleText(policy: KubeObject): string {
  const action = policy.spec?.action ?? 'ALLOW'
  const rules = rulesOf(policy)
  if (rules.length === 0)
    return action === 'ALLOW' ? 'it allows nothing (no rules), which denies every request' : `${action} without rules`
  const told = rules.slice(0, 3).map((rule) => {
    const from = (rule.from ?? []).flatMap(({ source }) => [
      ...(source?.principals ?? []),
      ...(source?.namespaces ?? []).map((name) => `namespace ${name}`),
    ])
    const to = (rule.to ?? []).flatMap(({ operation }) => [...(operation?.methods ?? []), ...(operation?.paths ?? [])])
    return `${from.length > 0 ? `from ${some(from, 4)}` : 'from anybody'}${to.length > 0 ? ` to ${some(to, 4)}` : ''}`
  })
  return `it ${action === 'DENY' ? 'denies' : 'allows only'} ${told.join('; or ')}`
}
