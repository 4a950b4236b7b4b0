// Admission webhooks that would refuse the next request: failurePolicy Fail, and nobody behind them.
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { nearest } from '../look/names.ts'
import { isLive, isReady, notReadySince } from '../look/pods.ts'
import { wasReadIn } from '../look/scope.ts'
import { count, evidence } from '../look/words.ts'

export const webhookBackend: Check = {
  name: 'webhook-backend',
  title: 'Nobody answers behind an admission webhook with failurePolicy Fail',
  why: 'All runs well until the next pod is created or the next object is changed: that request is refused.',
  fix: 'Mend the backend, or remove a configuration whose operator is gone.',
  reads: ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration', 'Service', 'Pod', 'Namespace'],
  run: (snapshot) =>
    ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration']
      .flatMap((kind) => snapshot.list(kind))
      .flatMap((configuration) => draftOf(snapshot, configuration)),
}

interface Hook {
  name?: string
  failurePolicy?: string
  clientConfig?: { service?: { name?: string; namespace?: string } }
}

const SETTLING_MS = 2 * 60_000

function draftOf(snapshot: Snapshot, configuration: KubeObject): Draft[] {
  const hooks: Hook[] = Array.isArray(configuration.webhooks) ? configuration.webhooks : []
  for (const hook of hooks) {
    const { name, namespace } = hook.clientConfig?.service ?? {}
    // what runs in kube-system is often not to be seen
    if (hook.failurePolicy === 'Ignore' || !name || !namespace || namespace === 'kube-system') continue
    const dead = deadBackend(snapshot, namespace, name)
    if (!dead) continue
    return [
      {
        severity: 'warning',
        object: refOf(configuration),
        summary: `webhook ${hook.name} has nobody behind it, so the requests it watches are refused`,
        cause: `its failurePolicy is Fail, and ${dead}`,
        evidence: [
          evidence('spec', configuration, `webhook ${hook.name}: failurePolicy Fail, Service ${namespace}/${name}`),
        ],
        remedy: `Mend Service ${namespace}/${name} and what is behind it; remove ${configuration.kind} ${configuration.metadata.name} if its operator is gone for good.`,
        dueTo: [{ apiVersion: 'v1', kind: 'Service', namespace, name }],
      },
    ]
  }
  return []
}

function deadBackend(snapshot: Snapshot, namespace: string, name: string): string | undefined {
  if (!wasReadIn(snapshot, 'Service', namespace) || !wasReadIn(snapshot, 'Pod', namespace)) return undefined
  const service = snapshot.get('Service', namespace, name)
  if (!service) {
    const near = nearest(
      name,
      snapshot.list('Service', namespace).map(({ metadata }) => metadata.name),
    )
    return `Service ${namespace}/${name} does not exist${near ? ` (nearest: ${near})` : ''}`
  }
  // without a selector its endpoints are kept by somebody else
  if (!service.spec?.selector || service.spec?.type === 'ExternalName') return undefined
  const pods = snapshot.podsOfService(service).filter(isLive)
  const settling = pods.some((pod) => (snapshot.ageMs(notReadySince(pod)) ?? 0) < SETTLING_MS)
  if (settling || pods.some(isReady)) return undefined
  return `Service ${namespace}/${name} has ${pods.length === 0 ? 'no pods' : `none of ${count(pods.length, 'pod')} ready`}`
}
