// Custom resources whose own conditions say for a while that they are not ready: secrets not synced, operators that fail.

import type { ObjectRef } from '../../core/ref.ts'
import { kindOf } from '../../objects/kinds.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Check, Draft } from '../check.ts'
import { eventsAbout, eventText } from '../look/events.ts'
import type { Condition } from '../look/pods.ts'
import { duration, evidence, oneLine } from '../look/words.ts'

const PATIENCE_MS = 10 * 60_000
const GOOD = ['Ready', 'Synced', 'Available', 'Healthy', 'Reconciled', 'SecretSynced', 'Succeeded']
// groups that have checks of their own, or whose conditions mean something else
const OTHERS =
  /^(cert-manager\.io|acme\.cert-manager\.io|gateway\.networking\.k8s\.io|.*\.toolkit\.fluxcd\.io|argoproj\.io|metrics\.k8s\.io|apiregistration\.k8s\.io|.*\.istio\.io|snapshot\.storage\.k8s\.io|policy\.networking\.k8s\.io)$/
const IN_PROGRESS =
  /progress|pending|waiting|creating|updating|initiali[sz]ing|reconciling|paused|suspended|scaledtozero|inactive|disabled/i

export const customResource: Check = {
  name: 'custom-resource',
  title: 'A custom resource reports that it is not ready',
  why: 'Its operator says in the status what is wrong; whatever depends on it (a Secret it fills, a database) is missing.',
  fix: 'Mend what the condition names, or the operator that should act on it.',
  reads: [
    'Event',
    'ExternalSecret',
    'SecretStore',
    'ClusterSecretStore',
    'SealedSecret',
    'ScaledObject',
    'CustomResourceDefinition',
    'ClusterServiceVersion',
    'Subscription',
    'InstallPlan',
  ],
  run(snapshot) {
    return snapshot.objects.flatMap((object): Draft[] => {
      const group = object.apiVersion.split('/')[0] ?? ''
      // groups of Kubernetes itself have no dot or end with k8s.io
      if (
        !group.includes('.') ||
        group.endsWith('k8s.io') ||
        OTHERS.test(group) ||
        kindOf(object.kind, object.apiVersion)?.categories.includes('all')
      )
        return []
      if (object.metadata.deletionTimestamp || object.spec?.suspend === true || object.spec?.paused === true) return []
      const bad = badCondition(object) ?? badPhase(object)
      const age = snapshot.ageMs(bad?.lastTransitionTime ?? object.metadata.creationTimestamp) ?? PATIENCE_MS
      if (!bad || age < PATIENCE_MS) return []
      // the condition is often a mere verdict, and its operator's events give the reason
      const [event] = eventsAbout(snapshot, object, { type: 'Warning' })
      return [
        {
          severity: 'warning',
          object: refOf(object),
          depth: 'cause',
          summary: `${object.kind} ${object.metadata.namespace ? `${object.metadata.namespace}/` : ''}${object.metadata.name} is not ready for ${duration(age)}${bad.reason ? ` (${bad.reason})` : ''}`,
          cause: causeOf(bad, event && eventText(event)),
          evidence: [
            evidence('status', object, `${bad.type}=${bad.status} (${bad.reason ?? ''}): ${bad.message ?? ''}`),
            ...(event ? [evidence('event', object, eventText(event))] : []),
          ],
          remedy: `Mend what ${object.kind} ${object.metadata.name} reports; its operator tries again by itself.`,
          ...(bad.lastTransitionTime ? { since: bad.lastTransitionTime } : {}),
          dueTo: storeOf(object),
          explains: madeBy(object),
        },
      ]
    })
  },
}

/** The condition, and what its operator's event adds to it. */
function causeOf({ type, status, message }: Condition, said: string | undefined): string {
  const verdict = oneLine(message || `${type} is ${status}`, 350)
  return said === undefined || said.includes(verdict) ? (said ?? verdict) : `${verdict}; ${said}`
}

function badCondition(object: KubeObject): Condition | undefined {
  const conditions: Condition[] = Array.isArray(object.status?.conditions) ? object.status.conditions : []
  return conditions.find(
    (entry) =>
      GOOD.includes(entry.type) &&
      entry.status === 'False' &&
      !IN_PROGRESS.test(entry.reason ?? '') &&
      Boolean(entry.message || entry.reason),
  )
}

/** Operators of the Operator Lifecycle Manager say it with a phase. */
function badPhase(object: KubeObject): Condition | undefined {
  if (!['ClusterServiceVersion', 'InstallPlan'].includes(object.kind) || object.status?.phase !== 'Failed')
    return undefined
  return {
    type: 'phase',
    status: 'Failed',
    reason: object.status.reason,
    message: object.status.message,
    lastTransitionTime: object.status.lastTransitionTime,
  }
}

/** What an ExternalSecret reads from. */
function storeOf(object: KubeObject): ObjectRef[] {
  const store = object.spec?.secretStoreRef
  if (!store?.name) return []
  const kind = String(store.kind ?? 'SecretStore')
  return [
    {
      kind,
      ...(kind === 'SecretStore' && object.metadata.namespace ? { namespace: object.metadata.namespace } : {}),
      name: String(store.name),
    },
  ]
}

/** The Secret that an ExternalSecret or SealedSecret should fill. */
function madeBy(object: KubeObject): ObjectRef[] {
  if (object.kind !== 'ExternalSecret' && object.kind !== 'SealedSecret') return []
  const name = object.spec?.target?.name ?? object.spec?.template?.metadata?.name ?? object.metadata.name
  return [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      ...(object.metadata.namespace ? { namespace: object.metadata.namespace } : {}),
      name: String(name),
    },
  ]
}
