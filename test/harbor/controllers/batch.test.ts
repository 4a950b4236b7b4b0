import { afterEach, expect, test } from 'vitest'
import { type Lab, startLab } from './lab.ts'

let lab: Lab
afterEach(() => lab?.stop())

const job = (spec: string, command = '["true"]') => `
apiVersion: batch/v1
kind: Job
metadata: {name: work, namespace: shop}
spec: {${spec} template: {spec: {restartPolicy: Never, containers: [{name: work, image: 'busybox:1.36', command: ${command}}]}}}
`
const status = () => lab.world.get('Job', 'shop', 'work').status
const conditions = () =>
  (status().conditions ?? []).map(({ type, reason }: { type: string; reason: string }) => `${type} ${reason}`)

function ran(yaml: string, seconds: number): void {
  lab = startLab()
  lab.apply(yaml)
  lab.pass(seconds)
}

test('a job completes its completions, so many at a time', () => {
  ran(job('completions: 4, parallelism: 2,'), 1)
  expect(status().active).toBe(2)
  lab.pass(10)
  expect(status()).toMatchObject({ succeeded: 4, ready: 0 })
  expect(conditions()).toEqual(['SuccessCriteriaMet CompletionsReached', 'Complete CompletionsReached'])
  expect(lab.pods('shop').every((pod) => !pod.metadata.finalizers)).toBe(true)
})

test('a job that fails is tried again with growing pauses until its backoff limit', () => {
  ran(job('backoffLimit: 2,', '[sh, -c, "echo no; exit 3"]'), 8)
  expect(status().failed).toBe(1)
  lab.pass(60)
  expect(status().failed).toBe(3)
  expect(conditions()).toEqual(['FailureTarget BackoffLimitExceeded', 'Failed BackoffLimitExceeded'])
  const [pod] = lab.pods('shop')
  expect(pod?.status.containerStatuses[0].state.terminated).toMatchObject({ exitCode: 3, reason: 'Error' })
  expect(pod && lab.log(pod, 'work')).toEqual(['no'])
})

test('a job past its deadline is stopped', () => {
  ran(job('activeDeadlineSeconds: 5,', '[sleep, "100"]'), 10)
  expect(conditions()).toEqual(['FailureTarget DeadlineExceeded', 'Failed DeadlineExceeded'])
  expect(status().active).toBeUndefined()
})

test('a finished job goes when its time to live is over', () => {
  ran(job('ttlSecondsAfterFinished: 5,'), 4)
  expect(conditions()).toContain('Complete CompletionsReached')
  lab.pass(10)
  expect(lab.world.find('Job', 'shop', 'work')).toBeUndefined()
  expect(lab.pods('shop')).toEqual([])
})

test('a suspended job has no pods until it is resumed', () => {
  ran(job('suspend: true,'), 3)
  expect(conditions()).toEqual(['Suspended JobSuspended'])
  expect(lab.pods('shop')).toEqual([])
  lab.world.modify('Job', 'shop', 'work', (draft) => void (draft.spec.suspend = false))
  lab.pass(5)
  expect(conditions()).toEqual([
    'Suspended JobResumed',
    'SuccessCriteriaMet CompletionsReached',
    'Complete CompletionsReached',
  ])
})

test('an indexed job runs every index once', () => {
  ran(job('completions: 3, parallelism: 3, completionMode: Indexed,'), 5)
  expect(status()).toMatchObject({ succeeded: 3, completedIndexes: '0-2' })
})

test('a cron job starts jobs on schedule and keeps the last three', () => {
  lab = startLab()
  lab.apply(`
apiVersion: batch/v1
kind: CronJob
metadata: {name: tick, namespace: shop}
spec:
  schedule: '*/1 * * * *'
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: work, image: busybox, command: ['true']}]}}}}
`)
  lab.pass(30)
  expect(lab.world.list('Job')).toEqual([])
  lab.pass(35)
  expect(lab.world.list('Job')).toHaveLength(1)
  lab.pass(300)
  expect(lab.world.list('Job')).toHaveLength(3)
  expect(lab.world.get('CronJob', 'shop', 'tick').status.lastScheduleTime).toBe('2026-05-04T12:06:00Z')
})

test('Forbid starts no second run beside the first', () => {
  lab = startLab()
  lab.apply(`
apiVersion: batch/v1
kind: CronJob
metadata: {name: slow, namespace: shop}
spec:
  schedule: '* * * * *'
  concurrencyPolicy: Forbid
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: work, image: busybox, command: [sleep, '600']}]}}}}
`)
  lab.pass(200)
  expect(lab.world.list('Job')).toHaveLength(1)
  expect(lab.events('slow').join()).toContain('prior execution is running and concurrency policy is Forbid')
})
