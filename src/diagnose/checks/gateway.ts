// Gateways and GatewayClasses that are not accepted or not programmed: class, listeners, certificates.
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { nearest } from '../look/names.ts'
import { type Condition, condition } from '../look/pods.ts'
import { duration, evidence, oneLine, some } from '../look/words.ts'
import { nameOf } from '../look/workloads.ts'

const GROUP = 'gateway.networking.k8s.io'
const PATIENCE_MS = 5 * 60_000

export const gateway: Check = {
  name: 'gateway',
  title: 'A Gateway is not accepted or has a bad listener',
  why: 'Routes attach to a Gateway: without its class, an address or a valid certificate none of their hosts is served.',
  fix: 'Correct gatewayClassName, the certificate reference or the listener that the condition names.',
  reads: ['Gateway', 'GatewayClass', 'Secret', 'ReferenceGrant'],
  run(snapshot) {
    return [
      ...snapshot.list('GatewayClass', undefined, GROUP).flatMap((entry) => classDraft(snapshot, entry) ?? []),
      ...snapshot.list('Gateway', undefined, GROUP).flatMap((entry) => gatewayDrafts(snapshot, entry)),
    ]
  },
}

function classDraft(snapshot: Snapshot, entry: KubeObject): Draft | undefined {
  const accepted = condition(entry, 'Accepted')
  const users = snapshot
    .list('Gateway', undefined, GROUP)
    .filter((other) => other.spec?.gatewayClassName === entry.metadata.name)
  if (!accepted || accepted.status === 'True' || users.length === 0) return undefined
  return {
    severity: 'warning',
    object: refOf(entry),
    depth: 'cause',
    summary: `GatewayClass ${entry.metadata.name} is not accepted by ${entry.spec?.controllerName ?? 'its controller'}`,
    cause: conditionText(accepted),
    evidence: [evidence('status', entry, conditionText(accepted))],
    remedy: `Install or mend the controller ${entry.spec?.controllerName ?? ''} and its parametersRef.`,
    explains: users.map(refOf),
  }
}

function gatewayDrafts(snapshot: Snapshot, entry: KubeObject): Draft[] {
  if (entry.metadata.deletionTimestamp) return []
  const name = entry.spec?.gatewayClassName
  const classes = snapshot.list('GatewayClass', undefined, GROUP)
  const base = {
    object: refOf(entry),
    depth: 'cause' as const,
    dueTo: [{ apiVersion: `${GROUP}/v1`, kind: 'GatewayClass', name: String(name) }],
  }
  if (snapshot.wasRead('GatewayClass') && name && !classes.some((other) => other.metadata.name === name)) {
    const near =
      nearest(
        name,
        classes.map((other) => other.metadata.name),
      ) ?? (classes.length === 1 ? classes[0]?.metadata.name : undefined)
    return [
      {
        ...base,
        severity: 'critical',
        summary: `Gateway ${nameOf(entry)} names GatewayClass ${name}, which does not exist`,
        cause: `there is no GatewayClass ${name}${classes.length > 0 ? `; there ${classes.length === 1 ? 'is' : 'are'} ${some(classes.map((other) => other.metadata.name))}` : ''}, so no controller serves the Gateway`,
        evidence: [evidence('spec', entry, `gatewayClassName ${name}`)],
        remedy: near ? `Set gatewayClassName to ${near}.` : `Install the controller that brings GatewayClass ${name}.`,
        ...(near
          ? {
              action: {
                verb: 'patch',
                target: refOf(entry),
                type: 'merge',
                patch: { spec: { gatewayClassName: near } },
              } as const,
            }
          : {}),
        explains: routesOf(snapshot, entry),
      },
    ]
  }
  const bad = badListeners(entry)
  const own = ['Accepted', 'Programmed', 'Ready']
    .map((type) => condition(entry, type))
    .find((found) => found?.status === 'False')
  const age = snapshot.ageMs(own?.lastTransitionTime ?? entry.metadata.creationTimestamp) ?? PATIENCE_MS
  const [listener] = bad
  if (listener) {
    const secrets = missingSecrets(snapshot, entry, listener.name)
    return [
      {
        ...base,
        severity: 'critical',
        summary: `Gateway ${nameOf(entry)}: listener ${some(bad.map((other) => other.name))} does not work`,
        cause: `${conditionText(listener.condition)}${secrets.length > 0 ? `: Secret ${some(secrets)} does not exist` : ''}`,
        evidence: bad
          .slice(0, 4)
          .map((other) => evidence('status', entry, `listener ${other.name}: ${conditionText(other.condition)}`)),
        remedy:
          secrets.length > 0
            ? `Create TLS Secret ${some(secrets)} or correct certificateRefs of the listener.`
            : 'Correct what the condition of the listener names.',
        explains: routesOf(snapshot, entry),
      },
    ]
  }
  if (!own || age < PATIENCE_MS) return []
  return [
    {
      ...base,
      severity: 'warning',
      summary: `Gateway ${nameOf(entry)} has not been ${own.type === 'Accepted' ? 'accepted' : 'programmed'} for ${duration(age)}`,
      cause: conditionText(own),
      evidence: [evidence('status', entry, conditionText(own))],
      remedy: 'Mend what the condition names; the controller tries again by itself.',
      explains: routesOf(snapshot, entry),
    },
  ]
}

function badListeners(entry: KubeObject): { name: string; condition: Condition }[] {
  const listeners: { name?: string; conditions?: Condition[] }[] = Array.isArray(entry.status?.listeners)
    ? entry.status.listeners
    : []
  return listeners.flatMap((listener) => {
    const found = (listener.conditions ?? []).find(
      (other) =>
        (other.type === 'Conflicted' && other.status === 'True') ||
        (['Accepted', 'ResolvedRefs'].includes(other.type) && other.status === 'False'),
    )
    return found ? [{ name: String(listener.name), condition: found }] : []
  })
}

function missingSecrets(snapshot: Snapshot, entry: KubeObject, listener: string): string[] {
  if (!snapshot.wasRead('Secret')) return []
  const spec = (entry.spec?.listeners ?? []).find((other: { name?: string }) => other.name === listener)
  const refs: { kind?: string; namespace?: string; name: string }[] = spec?.tls?.certificateRefs ?? []
  return refs.flatMap((ref) => {
    const namespace = ref.namespace ?? entry.metadata.namespace
    return (ref.kind ?? 'Secret') === 'Secret' && !snapshot.get('Secret', namespace, ref.name)
      ? [`${namespace}/${ref.name}`]
      : []
  })
}

function routesOf(snapshot: Snapshot, entry: KubeObject): Draft['explains'] {
  return snapshot
    .list('HTTPRoute', undefined, GROUP)
    .filter((route) =>
      (route.spec?.parentRefs ?? []).some(
        (parent: { name?: string; namespace?: string }) =>
          parent.name === entry.metadata.name &&
          (parent.namespace ?? route.metadata.namespace) === entry.metadata.namespace,
      ),
    )
    .map(refOf)
}

function conditionText(found: Condition): string {
  return `${found.type}=${found.status} (${found.reason ?? ''}): ${oneLine(found.message ?? '', 250)}`
}
