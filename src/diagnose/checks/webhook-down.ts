// Admission webhooks that cannot be called and whose failurePolicy is Fail: nothing they watch can be created or changed.
import type { ObjectRef } from '../../core/ref.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { workloadsBehind } from '../causes.ts'
import type { Check, Draft } from '../check.ts'
import { explainsOf, type Refused, refusedCreations, refusedDraft } from '../look/creation.ts'
import { groupBy } from '../look/memo.ts'
import { nearest } from '../look/names.ts'
import { isLive, isReady } from '../look/pods.ts'
import { wasReadIn } from '../look/scope.ts'
import { evidence, oneLine, some } from '../look/words.ts'

const CALL = /failed calling webhook "(?<hook>[^"]{1,253})":? ?(?<why>.{0,500})/
const CERTIFICATE = /x509|certificate/i
const URL = /https?:\/\/(?<name>[a-z0-9-]{1,63})\.(?<ns>[a-z0-9-]{1,63})\.svc/

export const webhookDown: Check = {
  name: 'webhook-down',
  title: 'An admission webhook does not answer, and its failurePolicy is Fail',
  why: 'The API server refuses every request it would have asked about: no pod of those workloads can be created.',
  fix: 'Mend what is behind the webhook; in an emergency set its failurePolicy to Ignore or exclude the namespace.',
  reads: [
    'ReplicaSet',
    'Deployment',
    'StatefulSet',
    'DaemonSet',
    'Job',
    'CronJob',
    'Event',
    'ValidatingWebhookConfiguration',
    'MutatingWebhookConfiguration',
    'Service',
    'Pod',
  ],
  run: (snapshot) =>
    [...groupBy(refusedCreations(snapshot), ({ message }) => CALL.exec(message)?.groups?.hook)].flatMap(
      ([hook, refused]) => draftOf(snapshot, hook, refused),
    ),
}

interface Hook {
  name?: string
  failurePolicy?: string
  clientConfig?: { service?: { name?: string; namespace?: string; port?: number }; url?: string }
}

function draftOf(snapshot: Snapshot, hook: string, refused: Refused[]): Draft[] {
  const [first] = refused
  if (!first) return []
  const why = oneLine(CALL.exec(first.message)?.groups?.why ?? '', 300)
  const configuration = configurationOf(snapshot, hook)
  const spec = hooksOf(configuration).find(({ name }) => name === hook)
  const service = serviceOf(spec, first.message)
  const object = configuration ? refOf(configuration) : (service ?? refOf(first.workload))
  const who = some(refused.map(({ workload }) => `${workload.metadata.namespace}/${workload.metadata.name}`))
  return [
    {
      ...refusedDraft(snapshot, first),
      severity: 'critical',
      depth: 'cause',
      object,
      summary: `webhook ${hook} cannot be called, so no pods of ${who} can be created`,
      cause: `webhook ${hook}${spec?.failurePolicy === 'Ignore' ? '' : ' (failurePolicy Fail)'} ${behind(snapshot, service, why)}: "${why}"`,
      evidence: [
        evidence('event', first.owner, `FailedCreate: ${first.message}`),
        ...(configuration
          ? [
              evidence(
                'spec',
                configuration,
                `webhook ${hook}: failurePolicy ${spec?.failurePolicy ?? 'Fail'}, ${service ? `Service ${service.namespace}/${service.name}` : (spec?.clientConfig?.url ?? 'no service')}`,
              ),
            ]
          : []),
      ],
      remedy: `${CERTIFICATE.test(why) ? `Renew the certificate that ${service ? `Service ${service.namespace}/${service.name}` : 'the webhook'} serves, and set caBundle to its authority (most operators do both at their next start)` : `Mend ${service ? `Service ${service.namespace}/${service.name} and what is behind it` : 'the far end of the webhook'}`}; if that takes long, set failurePolicy to Ignore or exclude the namespace in ${object.kind} ${object.name}, knowing that its rules are not enforced meanwhile.`,
      dueTo: service ? [service] : [],
      explains: explainsOf(refused),
    },
  ]
}

function configurationOf(snapshot: Snapshot, hook: string): KubeObject | undefined {
  return ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration']
    .flatMap((kind) => snapshot.list(kind))
    .find((object) => hooksOf(object).some(({ name }) => name === hook))
}

function hooksOf(configuration: KubeObject | undefined): Hook[] {
  return Array.isArray(configuration?.webhooks) ? configuration.webhooks : []
}

function serviceOf(hook: Hook | undefined, message: string): ObjectRef | undefined {
  const named = hook?.clientConfig?.service
  const called = URL.exec(message)?.groups
  const name = named?.name ?? called?.name
  const namespace = named?.namespace ?? called?.ns
  return name && namespace ? { apiVersion: 'v1', kind: 'Service', namespace, name } : undefined
}

/** Why nobody answers, as far as the Service and its pods tell. */
function behind(snapshot: Snapshot, ref: ObjectRef | undefined, why: string): string {
  if (CERTIFICATE.test(why))
    return 'is refused because of its certificate (expired, or not the one that caBundle trusts)'
  if (!ref) return 'does not answer'
  const name = `${ref.namespace}/${ref.name}`
  const service = snapshot.find(ref)
  if (!service) {
    if (!wasReadIn(snapshot, 'Service', ref.namespace)) return `is behind Service ${name}, which could not be read`
    const near = nearest(
      ref.name,
      snapshot.list('Service', ref.namespace ?? '').map(({ metadata }) => metadata.name),
    )
    return `is behind Service ${name}, which does not exist${near ? ` (nearest: ${near})` : ''}`
  }
  const pods = snapshot.podsOfService(service).filter(isLive)
  const ready = pods.filter(isReady).length
  const workloads = workloadsBehind(snapshot, service).map(
    ({ kind, metadata, spec }) => `${kind} ${metadata.name}${spec?.replicas === 0 ? ', scaled to 0' : ''}`,
  )
  return `is behind Service ${name} with ${ready} of ${pods.length} pods ready${workloads.length > 0 ? ` (${some(workloads)})` : ''}`
}
