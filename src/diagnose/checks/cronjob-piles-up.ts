// CronJobs whose runs overlap and pile up, or that are blocked by a run that does not end.
import { intervalOf, parseSchedule } from '../../objects/cron.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { activeJobs, jobPods } from '../look/jobs.ts'
import { refsOf } from '../look/pods.ts'
import { duration, evidence, some } from '../look/words.ts'

export const cronjobPilesUp: Check = {
  name: 'cronjob-piles-up',
  title: 'Runs of a CronJob do not end before the next is due',
  why: 'With concurrencyPolicy Allow they pile up and take ever more resources; with Forbid every later run is skipped.',
  fix: 'Find why a run does not end, set activeDeadlineSeconds, and use concurrencyPolicy Forbid or Replace.',
  reads: ['CronJob', 'Job', 'Pod'],
  run: (snapshot) => snapshot.list('CronJob').flatMap((cronJob) => draftOf(snapshot, cronJob)),
}

const PILE = 3

function draftOf(snapshot: Snapshot, cronJob: KubeObject): Draft[] {
  if (cronJob.metadata.deletionTimestamp) return []
  const active = activeJobs(snapshot, cronJob)
  const [oldest] = active
  const schedule = parseSchedule(String(cronJob.spec?.schedule ?? ''))
  const interval = schedule && intervalOf(schedule, snapshot.now.getTime())
  const age = snapshot.ageMs(oldest?.status?.startTime ?? oldest?.metadata.creationTimestamp)
  if (!oldest || interval === undefined || age === undefined || age < 2 * interval) return []
  const policy = cronJob.spec?.concurrencyPolicy ?? 'Allow'
  const base = {
    object: refOf(cronJob),
    since: oldest.status?.startTime ?? oldest.metadata.creationTimestamp,
    evidence: [
      evidence(
        'spec',
        cronJob,
        `schedule ${cronJob.spec?.schedule}, concurrencyPolicy ${policy}, activeDeadlineSeconds ${cronJob.spec?.jobTemplate?.spec?.activeDeadlineSeconds ?? 'not set'}`,
      ),
      evidence('status', oldest, `active for ${duration(age)}`),
    ],
    explains: [...active.map(refOf), ...refsOf(active.flatMap((job) => jobPods(snapshot, job)))],
  }
  const suspended = cronJob.spec?.suspend === true
  if (policy === 'Allow' && active.length >= PILE && suspended) {
    return [
      {
        ...base,
        severity: 'info',
        summary: `${active.length} runs are still active; it is suspended, so no further ones come`,
        cause: `its runs do not end: the oldest, ${oldest.metadata.name}, is active for ${duration(age)}`,
        remedy: `Find why ${oldest.metadata.name} does not end, and delete the Jobs that will not.`,
      },
    ]
  }
  if (policy === 'Allow' && active.length >= PILE) {
    return [
      {
        ...base,
        severity: 'warning',
        summary: `${active.length} runs are active at once and pile up`,
        cause: `a run is started every ${duration(interval)} and does not end (the oldest, ${oldest.metadata.name}, runs for ${duration(age)}), and concurrencyPolicy Allow lets runs overlap`,
        remedy: `Find why ${oldest.metadata.name} does not end; set concurrencyPolicy to Forbid (or Replace) and activeDeadlineSeconds, and suspend the CronJob meanwhile so that runs do not accumulate.`,
        action: { verb: 'suspend', target: refOf(cronJob) },
      },
    ]
  }
  // a single long run is only in the way where others wait for it
  if (policy !== 'Forbid' || suspended || age < 3 * interval) return []
  return [
    {
      ...base,
      severity: 'warning',
      summary: `its run ${oldest.metadata.name} is active for ${duration(age)} and blocks later ones`,
      cause: `concurrencyPolicy is Forbid and ${some(active.map(({ metadata }) => metadata.name))} does not end, so each run due every ${duration(interval)} is skipped`,
      remedy: `See why ${oldest.metadata.name} does not end; set activeDeadlineSeconds so that a hanging run is stopped.`,
    },
  ]
}
