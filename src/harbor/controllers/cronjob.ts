// The CronJob controller: starts jobs on schedule, minds those that run, and clears away those that are done.
import { messageOf } from '../../core/errors.ts'
import { nextTime, parseSchedule } from '../../objects/cron.ts'
import type { KubeObject } from '../../objects/object.ts'
import { isStatus } from '../status.ts'
import type { Controller, World } from '../world.ts'
import { type Condition } from './conditions.ts'
import { MANAGER, ownerKey, ownerReference } from './owners.ts'
import { keyedController, keyOf, splitKey } from './queue.ts'
import { recordEvent } from './recorder.ts'

type Spec = KubeObject['spec']

const SCHEDULED = 'batch.kubernetes.io/cronjob-scheduled-timestamp'
const MAX_MISSED = 100
// it looks a little after a run is due, as the controller of a cluster does
const SLACK = 50

export const cronJobController: Controller = keyedController('cronjob-controller', (world, queue) => {
  // runs that a snapshot missed while it lay in a file are not made up for
  const start = world.clock.now()
  for (const cron of world.list('CronJob')) {
    const next = cron.spec?.suspend ? undefined : nextOf(cron, start)
    if (next !== undefined) queue.add(keyOf(cron), next - start + SLACK)
  }

  return {
    initial: () => [],
    concerns({ object, type }) {
      if (object.kind === 'CronJob') return type === 'DELETED' ? [] : [keyOf(object)]
      const owner = object.kind === 'Job' && ownerKey(object, 'CronJob')
      return owner ? [owner] : []
    },
    reconcile(key) {
      const cron = world.find('CronJob', ...splitKey(key))
      if (!cron || cron.metadata.deletionTimestamp) return undefined
      const jobs = world.ownedBy(cron.metadata.uid ?? '').filter(({ kind }) => kind === 'Job')
      const active = mind(world, cron, jobs)
      clean(world, cron, jobs)
      if (cron.spec?.suspend) return undefined
      run(world, cron, active, start)
      const next = nextOf(cron, world.clock.now())
      return next === undefined ? undefined : next - world.clock.now() + SLACK
    },
  }
})

function nextOf({ spec }: KubeObject, after: number): number | undefined {
  const schedule = parseSchedule(String(spec?.schedule ?? ''))
  return schedule && nextTime(schedule, after, spec.timeZone)
}

function say(world: World, cron: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
  recordEvent(world, cron, { component: 'cronjob-controller' }, { type, reason, message })
}

function endOf(job: KubeObject): Condition | undefined {
  return (job.status?.conditions ?? []).find(
    ({ type, status }: Condition) => (type === 'Complete' || type === 'Failed') && status === 'True',
  )
}

function referenceTo({ metadata }: KubeObject): Spec {
  const { namespace, name, uid, resourceVersion } = metadata
  return { kind: 'Job', namespace, name, uid, apiVersion: 'batch/v1', resourceVersion }
}

/** Brings the list of running jobs up to date; returns it. */
function mind(world: World, cron: KubeObject, jobs: KubeObject[]): KubeObject[] {
  const listed = new Set<string>((cron.status?.active ?? []).map(({ uid }: Spec) => uid))
  const running = jobs.filter((job) => !endOf(job))
  let lastSuccess: string | undefined = cron.status?.lastSuccessfulTime
  for (const job of jobs) {
    const end = endOf(job)
    const uid = job.metadata.uid ?? ''
    if (end?.type === 'Complete') {
      const at: string | undefined = job.status?.completionTime ?? end.lastTransitionTime
      if (at && (!lastSuccess || at > lastSuccess)) lastSuccess = at
    }
    if (end && listed.has(uid)) {
      say(world, cron, 'Normal', 'SawCompletedJob', `Saw completed job: ${job.metadata.name}, condition: ${end.type}`)
    }
    if (!end && !listed.has(uid) && !job.metadata.annotations?.[SCHEDULED]) {
      say(
        world,
        cron,
        'Warning',
        'UnexpectedJob',
        `Saw a job that the controller did not create or forgot: ${job.metadata.name}`,
      )
    }
  }
  const active = running.filter((job) => listed.has(job.metadata.uid ?? '') || job.metadata.annotations?.[SCHEDULED])
  for (const { uid, name } of cron.status?.active ?? []) {
    if (!jobs.some(({ metadata }) => metadata.uid === uid)) {
      say(world, cron, 'Normal', 'MissingJob', `Active job went missing: ${name}`)
    }
  }
  const same = active.length === listed.size && active.every(({ metadata }) => listed.has(metadata.uid ?? ''))
  if (!same || lastSuccess !== cron.status?.lastSuccessfulTime) writeStatus(world, cron, active, lastSuccess)
  return active
}

function writeStatus(
  world: World,
  cron: KubeObject,
  active: KubeObject[],
  lastSuccess?: string,
  lastSchedule?: string,
): void {
  const { namespace, name } = cron.metadata
  world.modify(
    'CronJob',
    namespace,
    name,
    (draft) => {
      const status = { ...draft.status }
      if (active.length > 0) status.active = active.map(referenceTo)
      else delete status.active
      if (lastSuccess) status.lastSuccessfulTime = lastSuccess
      if (lastSchedule) status.lastScheduleTime = lastSchedule
      draft.status = status
    },
    { manager: MANAGER, subresource: 'status' },
  )
}

function clean(world: World, cron: KubeObject, jobs: KubeObject[]): void {
  for (const [type, limit] of [
    ['Complete', cron.spec?.successfulJobsHistoryLimit ?? 3],
    ['Failed', cron.spec?.failedJobsHistoryLimit ?? 1],
  ] as const) {
    const ended = jobs
      .filter((job) => endOf(job)?.type === type && !job.metadata.deletionTimestamp)
      .sort((a, b) => startOf(a) - startOf(b))
    for (const { metadata } of ended.slice(0, Math.max(0, ended.length - limit))) {
      world.delete('Job', metadata.namespace, metadata.name, { propagationPolicy: 'Background', manager: MANAGER })
      say(world, cron, 'Normal', 'SuccessfulDelete', `Deleted job ${metadata.name}`)
    }
  }
}

function startOf(job: KubeObject): number {
  return Date.parse(job.status?.startTime ?? job.metadata.creationTimestamp ?? '') || 0
}

/** Starts the most recent run that is due, unless deadline or concurrency forbid it. */
function run(world: World, cron: KubeObject, active: KubeObject[], since: number): void {
  const now = world.clock.now()
  const due = lastDue(world, cron, now, since)
  if (due === undefined) return
  const deadline = cron.spec?.startingDeadlineSeconds
  if (deadline !== undefined && due + deadline * 1000 < now) {
    say(world, cron, 'Warning', 'MissSchedule', `Missed scheduled time to start a job: ${new Date(due).toUTCString()}`)
    return
  }
  const policy: string = cron.spec?.concurrencyPolicy ?? 'Allow'
  if (policy === 'Forbid' && active.length > 0) {
    say(
      world,
      cron,
      'Normal',
      'JobAlreadyActive',
      'Not starting job because prior execution is running and concurrency policy is Forbid',
    )
    return
  }
  let running = active
  if (policy === 'Replace') {
    for (const { metadata } of active) {
      world.delete('Job', metadata.namespace, metadata.name, { propagationPolicy: 'Background', manager: MANAGER })
      say(world, cron, 'Normal', 'SuccessfulDelete', `Deleted job ${metadata.name}`)
    }
    running = []
  }
  const job = create(world, cron, due)
  if (job) writeStatus(world, cron, [...running, job], undefined, world.clock.iso(due))
}

function lastDue(world: World, cron: KubeObject, now: number, since: number): number | undefined {
  const schedule = parseSchedule(String(cron.spec?.schedule ?? ''))
  if (!schedule) return undefined
  const created = Date.parse(cron.metadata.creationTimestamp ?? '') || since
  const last = Date.parse(cron.status?.lastScheduleTime ?? '') || created
  // what fell due before the practice cluster started belongs to the snapshot
  let from = Math.max(last, created < since ? since : 0)
  let due: number | undefined
  for (let missed = 0; ; missed++) {
    const next = nextTime(schedule, from, cron.spec?.timeZone)
    if (next === undefined || next > now) return due
    due = next
    from = next
    if (missed < MAX_MISSED) continue
    say(
      world,
      cron,
      'Warning',
      'TooManyMissedTimes',
      'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
    )
    from = now - 3_600_000 > from ? now - 3_600_000 : from
    missed = 0
  }
}

function create(world: World, cron: KubeObject, due: number): KubeObject | undefined {
  const { jobTemplate } = cron.spec ?? {}
  const { labels, annotations } = jobTemplate?.metadata ?? {}
  const name = `${cron.metadata.name}-${Math.floor(due / 60_000)}`
  try {
    const job = world.create(
      {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: {
          name,
          ...(cron.metadata.namespace ? { namespace: cron.metadata.namespace } : {}),
          ...(labels ? { labels: { ...labels } } : {}),
          annotations: { ...annotations, [SCHEDULED]: world.clock.iso(due) },
          ownerReferences: [ownerReference(cron)],
        },
        spec: structuredClone(jobTemplate?.spec ?? {}),
      },
      { manager: MANAGER },
    )
    say(world, cron, 'Normal', 'SuccessfulCreate', `Created job ${name}`)
    return job
  } catch (error) {
    if (isStatus(error, 409)) return undefined
    say(world, cron, 'Warning', 'FailedCreate', `Error creating job: ${messageOf(error)}`)
    throw error
  }
}
