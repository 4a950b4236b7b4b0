// Pods that may not be created because a ResourceQuota is used up, or asks for requests and limits that they do not set.
import type { ObjectRef } from '../../core/ref.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { consumersIn, isCounted } from '../look/consumers.ts'
import { explainsOf, type Refused, refusedCreations, refusedDraft } from '../look/creation.ts'
import { groupBy } from '../look/memo.ts'
import { evidence, some } from '../look/words.ts'

const EXCEEDED =
  /exceeded quota: (?<quota>[\w.-]{1,253}), requested: (?<requested>.{1,200}), used: (?<used>.{1,200}), limited: (?<limited>[^:]{1,200})/
const UNSET =
  /failed quota: (?<quota>[\w.-]{1,253}): must specify (?<fields>[\w., /-]{1,200})(?: for: (?<who>[\w., -]{1,200}))?/

export const creationQuota: Check = {
  name: 'creation-quota',
  title: 'A ResourceQuota leaves no room for more pods',
  why: 'The API server refuses the pods; nothing shows on the pods that do run, so replicas are silently missing.',
  fix: 'Raise the quota, request less, or free what others of the namespace hold.',
  reads: ['ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob', 'Event', 'ResourceQuota', 'Pod'],
  run: (snapshot) => [
    ...[...groupBy(refusedCreations(snapshot), quotaKey)].flatMap(([, refused]) => exceeded(snapshot, refused)),
    ...refusedCreations(snapshot).flatMap((refused) => unset(snapshot, refused)),
  ],
}

function quotaKey({ message, workload }: Refused): string | undefined {
  const quota = EXCEEDED.exec(message)?.groups?.quota
  return quota && `${workload.metadata.namespace}/${quota}`
}

function exceeded(snapshot: Snapshot, refused: Refused[]): Draft[] {
  const [first] = refused
  const found = first && EXCEEDED.exec(first.message)?.groups
  if (!first || !found) return []
  const { namespace } = first.workload.metadata
  const object: ObjectRef = {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    ...(namespace ? { namespace } : {}),
    name: found.quota ?? '',
  }
  const names = some(refused.map(({ workload }) => workload.metadata.name))
  const resource = (found.requested ?? '').split('=')[0]?.trim() ?? ''
  const base = refusedDraft(snapshot, first)
  const quota = snapshot.find(object)
  const holders = consumersIn(snapshot, namespace ?? '', resource).slice(0, 2)
  return [
    {
      ...base,
      object,
      summary: `${namespace}/${names} has only ${first.have} of ${first.want} pods: quota ${found.quota} is used up`,
      cause: `ResourceQuota ${found.quota} allows ${found.limited?.trim()} in namespace ${namespace}, ${found.used} is used, and a pod of ${names} requests ${found.requested}${holders.length > 0 ? `; most is held by ${some(holders)}` : ''}`,
      evidence: [
        ...base.evidence,
        ...(quota
          ? [
              evidence(
                'status',
                quota,
                `used ${JSON.stringify(quota.status?.used ?? {})} of ${JSON.stringify(quota.status?.hard ?? quota.spec?.hard ?? {})}`,
              ),
            ]
          : []),
      ],
      remedy: `Raise ResourceQuota ${found.quota}, ${isCounted(resource) ? `run fewer replicas of ${names}` : `lower the request of ${names}`}, or free what others in ${namespace} hold.`,
      explains: explainsOf(refused),
    },
  ]
}

function unset(snapshot: Snapshot, refused: Refused): Draft[] {
  const found = UNSET.exec(refused.message)?.groups
  if (!found) return []
  const { workload } = refused
  return [
    {
      ...refusedDraft(snapshot, refused),
      cause: `ResourceQuota ${found.quota} of namespace ${workload.metadata.namespace} wants every pod to set ${found.fields}, and ${found.who ? `container ${found.who}` : workload.metadata.name} does not`,
      remedy: `Set ${found.fields} on the containers of ${workload.metadata.name}, or give the namespace a LimitRange with defaults.`,
    },
  ]
}
