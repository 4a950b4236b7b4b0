// Pods that cannot be created because their ServiceAccount does not exist.
import type { ObjectRef } from '../../core/ref.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { explainsOf, type Refused, refusedCreations, refusedDraft } from '../look/creation.ts'
import { groupBy } from '../look/memo.ts'
import { nearest } from '../look/names.ts'
import { some } from '../look/words.ts'

const MISSING =
  /error looking up service account (?<ns>[\w-]{1,63})\/(?<name>[\w.-]{1,253})|serviceaccounts? "(?<other>[\w.-]{1,253})" not found/

export const creationServiceAccount: Check = {
  name: 'creation-service-account',
  title: 'The ServiceAccount of a workload does not exist',
  why: 'The API server refuses every pod of it, and the workload stays empty.',
  fix: 'Create the ServiceAccount, or correct serviceAccountName.',
  reads: ['ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob', 'Event', 'ServiceAccount'],
  run: (snapshot) =>
    [...groupBy(refusedCreations(snapshot), accountKey)].flatMap(([, refused]) => draftOf(snapshot, refused)),
}

function accountKey({ message, workload }: Refused): string | undefined {
  const name = nameIn(message)
  return name && `${workload.metadata.namespace}/${name}`
}

function nameIn(message: string): string | undefined {
  const found = MISSING.exec(message)?.groups
  return found?.name ?? found?.other
}

function draftOf(snapshot: Snapshot, refused: Refused[]): Draft[] {
  const [first] = refused
  const name = first && nameIn(first.message)
  if (!first || !name) return []
  const { namespace } = first.workload.metadata
  const object: ObjectRef = { apiVersion: 'v1', kind: 'ServiceAccount', ...(namespace ? { namespace } : {}), name }
  const near = nearest(
    name,
    snapshot.list('ServiceAccount', namespace ?? '').map(({ metadata }) => metadata.name),
  )
  const who = some(refused.map(({ workload }) => `${workload.kind} ${workload.metadata.name}`))
  return [
    {
      ...refusedDraft(snapshot, first),
      object,
      summary: `does not exist, so ${who} has ${first.have} of ${first.want} pods`,
      cause: `service account ${name} does not exist in namespace ${namespace}, and the API server refuses every pod of ${who} without it${near ? `; there is a ServiceAccount ${near}` : ''}`,
      remedy: near
        ? `Create ServiceAccount ${name}, or use ${near} in ${who} if that is the one meant.`
        : `Create ServiceAccount ${name} in ${namespace}.`,
      action: { verb: 'create', manifest: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } } },
      explains: explainsOf(refused),
    },
  ]
}
