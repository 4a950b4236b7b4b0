// Jobs and CronJobs: failed for good, retried with success, piling up, never running.
import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../src/objects/object.ts'
import { ago, diagnoseWorld, object, owned, podOf, rootNames, roots, wordsOf } from './build.ts'

const template = {
  metadata: { labels: { app: 'export' } },
  spec: { containers: [{ name: 'export', image: 'export:1' }], restartPolicy: 'Never' },
}

function failedPod(job: KubeObject, name: string, exitCode = 2): KubeObject {
  const pod = podOf(job, name, template)
  pod.status = {
    phase: 'Failed',
    containerStatuses: [{ name: 'export', state: { terminated: { exitCode, reason: 'Error', finishedAt: ago(12) } } }],
  }
  return pod
}

function job(name: string, fields: Record<string, unknown> = {}, minutes = 20): KubeObject {
  const { status, spec, ...rest } = fields as { status?: object; spec?: object }
  return object('batch/v1', 'Job', name, {
    spec: { backoffLimit: 2, template, ...spec },
    status,
    ...rest,
    metadata: { creationTimestamp: ago(minutes), ...(rest as { metadata?: object }).metadata },
  })
}

const failed = (minutes = 11, reason = 'BackoffLimitExceeded') => ({
  failed: 3,
  startTime: ago(minutes + 9),
  conditions: [
    {
      type: 'Failed',
      status: 'True',
      reason,
      message: 'Job has reached the specified backoff limit',
      lastTransitionTime: ago(minutes),
    },
  ],
})
const complete = { succeeded: 1, conditions: [{ type: 'Complete', status: 'True' }] }

describe('a Job', () => {
  test('that gave up is told by the log of its last pod', () => {
    const made = job('export', { status: failed() })
    const diagnosis = diagnoseWorld(
      [made, failedPod(made, 'export-a')],
      [
        {
          namespace: 'shop',
          pod: 'export-a',
          container: 'export',
          previous: false,
          text: 'ERROR connect ledger-db.fin.example.org:3333: i/o timeout',
        },
      ],
    )
    expect(rootNames(diagnosis)).toEqual(['Job/export job-failed'])
    expect(wordsOf(roots(diagnosis)[0])).toMatch(/ledger-db.*timeout/s)
  })

  test('that took too long', () => {
    const made = job('export', { status: failed(5, 'DeadlineExceeded'), spec: { activeDeadlineSeconds: 600 } })
    expect(wordsOf(roots(diagnoseWorld([made]))[0])).toMatch(/activeDeadlineSeconds of 600/)
  })

  test('that fails and is tried again', () => {
    const made = job('export', { status: { failed: 2, active: 1, startTime: ago(10) }, spec: { backoffLimit: 6 } })
    expect(roots(diagnoseWorld([made, failedPod(made, 'export-a', 1)])).map(({ severity }) => severity)).toEqual([
      'warning',
    ])
  })

  test('that failed once and then succeeded, is suspended, or failed last month, is no trouble', () => {
    const retried = job('retried', { status: { ...complete, failed: 1 } })
    const suspended = job('suspended', { spec: { suspend: true }, status: { failed: 2 } })
    const old = job('old', { status: failed(60 * 24 * 30) }, 60 * 24 * 31)
    expect(diagnoseWorld([retried, failedPod(retried, 'retried-a'), suspended, old]).healthy).toBe(true)
  })
})

describe('a CronJob', () => {
  function cron(
    name: string,
    schedule: string,
    spec: object = {},
    status: object = { lastScheduleTime: ago(4) },
  ): KubeObject {
    return object('batch/v1', 'CronJob', name, {
      spec: { schedule, concurrencyPolicy: 'Allow', jobTemplate: { spec: { template } }, ...spec },
      status,
    })
  }
  function runs(owner: KubeObject, count: number, minutes: number): KubeObject[] {
    return Array.from({ length: count }, (_, index) => {
      const at = ago(minutes * (index + 1))
      return job(`${owner.metadata.name}-${index}`, {
        status: { active: 1, startTime: at },
        metadata: { ...owned(owner), creationTimestamp: at },
      })
    })
  }

  test('whose runs had piled up when it was suspended is no alarm, and what is left is told', () => {
    const owner = cron('reindex', '*/10 * * * *', { suspend: true })
    const { findings } = diagnoseWorld([owner, ...runs(owner, 5, 90)])
    expect(findings.map(({ severity, summary }) => `${severity} ${summary}`)).toEqual([
      'info shop/reindex: 5 runs are still active; it is suspended, so no further ones come',
    ])
    const careful = cron('reindex', '*/10 * * * *', { suspend: true, concurrencyPolicy: 'Forbid' })
    expect(diagnoseWorld([careful, ...runs(careful, 1, 90)]).findings).toEqual([])
  })

  test('whose runs pile up', () => {
    const owner = cron('reindex', '*/5 * * * *')
    const diagnosis = diagnoseWorld([owner, ...runs(owner, 6, 5)])
    expect(rootNames(diagnosis)).toEqual(['CronJob/reindex cronjob-piles-up'])
    expect(roots(diagnosis)[0]?.action).toMatchObject({ verb: 'suspend' })
  })

  test('that is blocked by a run that does not end', () => {
    const owner = cron('report', '*/10 * * * *', { concurrencyPolicy: 'Forbid' })
    expect(wordsOf(roots(diagnoseWorld([owner, ...runs(owner, 1, 180)]))[0])).toMatch(/Forbid/)
  })

  test('with one run under way is well', () => {
    const owner = cron('reindex', '*/5 * * * *')
    expect(diagnoseWorld([owner, ...runs(owner, 1, 4)]).findings).toEqual([])
  })

  test('whose failed run was made up for is well, one that keeps failing is not', () => {
    const owner = cron('backup', '0 * * * *', {}, { lastScheduleTime: ago(20), lastSuccessfulTime: ago(10) })
    const bad = job('backup-1', { status: failed(70), metadata: owned(owner) }, 80)
    expect(diagnoseWorld([owner, bad]).healthy).toBe(true)
    const sick = cron('dump', '0 * * * *', {}, { lastScheduleTime: ago(20) })
    expect(rootNames(diagnoseWorld([sick, job('dump-1', { status: failed(15), metadata: owned(sick) })]))).toEqual([
      'CronJob/dump job-failed',
    ])
  })

  test('that has not run when it should', () => {
    expect(
      wordsOf(roots(diagnoseWorld([cron('hourly', '0 * * * *', {}, { lastScheduleTime: ago(60 * 9) })]))[0]),
    ).toMatch(/has not run for 9 h/)
  })

  test('with a date that never comes, a bad schedule, an unknown time zone', () => {
    expect(wordsOf(roots(diagnoseWorld([cron('never', '0 0 31 2 *')]))[0])).toMatch(/never comes/)
    expect(wordsOf(roots(diagnoseWorld([cron('bad', '61 * * * *')]))[0])).toMatch(/no cron schedule/)
    expect(wordsOf(roots(diagnoseWorld([cron('zone', '0 2 * * *', { timeZone: 'Europe/Berlinn' })]))[0])).toMatch(
      /no time zone/,
    )
  })

  test('that is suspended, or due once a year, is well', () => {
    const yearly = cron('yearly', '0 0 1 1 *', {}, {})
    expect(diagnoseWorld([cron('off', '* * * * *', { suspend: true }, {}), yearly]).findings).toEqual([])
  })
})
