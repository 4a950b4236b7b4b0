// Finished pods and Jobs that pile up, and ReplicaSets kept beyond use: objects that only weigh on the API server.
import { refOf } from '../../objects/object.ts'
import type { Check, Draft } from '../check.ts'
import { groupBy } from '../look/memo.ts'
import { isFinished } from '../look/pods.ts'
import { savingEvidence } from '../look/saving.ts'
import { evidence, some } from '../look/words.ts'

const MANY = 25
const OLD_MS = 86_400_000

export const wasteFinished: Check = {
  name: 'waste-finished',
  title: 'Finished pods and Jobs pile up',
  why: 'Each keeps its object, its logs on the node and its name; thousands of them slow every list.',
  fix: 'Set ttlSecondsAfterFinished on Jobs and history limits on CronJobs; delete evicted pods.',
  reads: ['Pod', 'Job', 'CronJob'],
  run(snapshot) {
    const done = [
      ...snapshot
        .list('Pod')
        .filter((pod) => isFinished(pod) && !pod.metadata.ownerReferences?.some((owner) => owner.kind === 'Job')),
      ...snapshot
        .list('Job')
        .filter(
          (job) =>
            job.status?.completionTime &&
            !job.metadata.ownerReferences?.length &&
            job.spec?.ttlSecondsAfterFinished === undefined,
        ),
    ].filter((object) => (snapshot.ageMs(object.metadata.creationTimestamp) ?? 0) > OLD_MS)
    return [...groupBy(done, (object) => `${object.kind}/${object.metadata.namespace ?? ''}`).values()].flatMap(
      (group): Draft[] => {
        const [first] = group
        if (!first || group.length < MANY) return []
        return [
          {
            severity: 'info',
            object: { apiVersion: 'v1', kind: 'Namespace', name: first.metadata.namespace ?? '' },
            depth: 'cause',
            summary: `${group.length} finished ${first.kind}s in ${first.metadata.namespace} are kept for ever`,
            cause:
              first.kind === 'Job'
                ? 'the Jobs have no ttlSecondsAfterFinished'
                : 'nothing deletes finished pods that no Job owns',
            evidence: [
              savingEvidence(refOf(first), {}),
              evidence(
                'status',
                first,
                `among them ${some(
                  group.map((object) => object.metadata.name),
                  4,
                )}`,
              ),
            ],
            remedy:
              first.kind === 'Job'
                ? 'Set ttlSecondsAfterFinished, then delete the old ones.'
                : 'Delete them: kubectl delete pods --field-selector=status.phase=Failed (or Succeeded).',
          },
        ]
      },
    )
  },
}
