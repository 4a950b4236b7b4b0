// CronJobs that should have run and did not: invalid schedule or time zone, missed deadlines, a date that never comes.
import type { Severity } from '../../core/finding.ts'
import { intervalOf, isTimeZone, nextTime, parseSchedule, type Schedule } from '../../objects/cron.ts'
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import type { Check, Draft } from '../check.ts'
import { eventsAbout, eventText } from '../look/events.ts'
import { activeJobs } from '../look/jobs.ts'
import { duration, evidence } from '../look/words.ts'

export const cronjobNotRunning: Check = {
  name: 'cronjob-not-running',
  title: 'A CronJob does not run when it should',
  why: 'Nothing fails, so nobody notices that backups and reports stop.',
  fix: 'Correct schedule, time zone or startingDeadlineSeconds; then start the missed run by hand.',
  reads: ['CronJob', 'Job', 'Event'],
  run: (snapshot) => snapshot.list('CronJob').flatMap((cronJob) => draftOf(snapshot, cronJob)),
}

const WARNINGS = [
  'UnparseableSchedule',
  'UnknownTimeZone',
  'InvalidSchedule',
  'UnsupportedSchedule',
  'TooManyMissedTimes',
  'FailedNeedsStart',
  'MissSchedule',
  'UnexpectedJob',
]

interface Verdict {
  severity: Severity
  summary: string
  cause: string
  remedy: string
}

function draftOf(snapshot: Snapshot, cronJob: KubeObject): Draft[] {
  if (cronJob.spec?.suspend || cronJob.metadata.deletionTimestamp) return []
  const text = String(cronJob.spec?.schedule ?? '')
  // an object of an older cluster may still carry its zone here
  const schedule = parseSchedule(text.replace(/^(?:CRON_)?TZ=\S{1,60}\s+/, ''))
  const [event] = eventsAbout(snapshot, cronJob, { reason: WARNINGS })
  const verdict =
    invalid(cronJob, schedule, snapshot.now.getTime(), event?.reason) ??
    (schedule ? missed(snapshot, cronJob, schedule, event) : undefined)
  if (!verdict) return []
  return [
    {
      object: refOf(cronJob),
      ...verdict,
      evidence: [
        evidence(
          'spec',
          cronJob,
          `schedule ${text}${cronJob.spec?.timeZone ? `, timeZone ${cronJob.spec.timeZone}` : ''}, startingDeadlineSeconds ${cronJob.spec?.startingDeadlineSeconds ?? 'not set'}`,
        ),
        evidence('status', cronJob, `lastScheduleTime ${cronJob.status?.lastScheduleTime ?? 'never'}`),
        ...(event ? [evidence('event', cronJob, eventText(event))] : []),
      ],
    },
  ]
}

function invalid(
  cronJob: KubeObject,
  schedule: Schedule | undefined,
  now: number,
  reason: string | undefined,
): Verdict | undefined {
  const { schedule: text = '', timeZone: zone } = cronJob.spec ?? {}
  if (reason === 'UnknownTimeZone' || (zone && !isTimeZone(zone))) {
    return {
      severity: 'warning',
      summary: 'never runs: its time zone is unknown',
      cause: `timeZone "${zone}" is no time zone that the controller knows`,
      remedy: 'Correct spec.timeZone, for example Europe/Berlin.',
    }
  }
  if (!schedule && !String(text).startsWith('@every')) {
    return {
      severity: 'warning',
      summary: 'never runs: its schedule is invalid',
      cause: `"${text}" is no cron schedule of five fields`,
      remedy: 'Correct spec.schedule.',
    }
  }
  if (schedule && nextTime(schedule, now) === undefined) {
    return {
      severity: 'warning',
      summary: 'never runs: its schedule names a date that does not exist',
      cause: `"${text}" never comes`,
      remedy: 'Correct spec.schedule.',
    }
  }
  return undefined
}

/** Two runs in a row are overdue, and none is active that would explain it. */
function missed(
  snapshot: Snapshot,
  cronJob: KubeObject,
  schedule: Schedule,
  event: KubeObject | undefined,
): Verdict | undefined {
  const interval = intervalOf(schedule, snapshot.now.getTime())
  const last = cronJob.status?.lastScheduleTime ?? cronJob.metadata.creationTimestamp
  const age = snapshot.ageMs(last)
  if (interval === undefined || age === undefined || activeJobs(snapshot, cronJob).length > 0) return undefined
  // another time zone shifts a daily schedule by hours, never by two whole intervals
  const shift = cronJob.spec?.timeZone ? 14 * 3600_000 : 0
  if (age < 2 * interval + shift + 5 * 60_000) return undefined
  const deadline = cronJob.spec?.startingDeadlineSeconds
  const short = typeof deadline === 'number' && deadline < 10
  return {
    // never at all, and nobody complains: more likely new, or moved here, than broken
    severity: short || event || cronJob.status?.lastScheduleTime ? 'warning' : 'info',
    summary: `has not run for ${duration(age)} though it is due every ${duration(interval)}`,
    cause: short
      ? `startingDeadlineSeconds is ${deadline}, less than the 10 s between two looks of the controller, so runs are missed`
      : event
        ? `the CronJob controller says: ${eventText(event)}`
        : 'no run was started since, and it is not suspended: the CronJob controller did not act on it',
    remedy: short
      ? 'Set startingDeadlineSeconds to 60 or more.'
      : 'Start the missed run by hand, and look whether kube-controller-manager is well.',
  }
}
