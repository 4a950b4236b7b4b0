// Whether a job is over, and why: completions, retries, the deadline, the pod failure policy.
import type { KubeObject } from '../../../objects/object.ts'
import { conditionOf } from '../conditions.ts'
import { restartsOf } from '../pods.ts'
import type { Tally } from './tally.ts'

export function isDone(job: KubeObject): boolean {
  return ['Complete', 'Failed'].some((type) => conditionOf(job.status?.conditions, type)?.status === 'True')
}

export interface Ending {
  type: 'Complete' | 'Failed'
  reason: string
  message: string
}

export function endOf(job: KubeObject, tally: Tally, now: number): Ending | undefined {
  const { completions, parallelism = 1, backoffLimit = 6, activeDeadlineSeconds } = job.spec ?? {}
  const met = conditionOf(job.status?.conditions, 'SuccessCriteriaMet')
  if (met) return { type: 'Complete', reason: met.reason ?? '', message: met.message ?? '' }
  const target = conditionOf(job.status?.conditions, 'FailureTarget')
  if (target) return { type: 'Failed', reason: target.reason ?? '', message: target.message ?? '' }
  const retries = job.spec?.template?.spec?.restartPolicy === 'OnFailure' ? sum(tally.pods.map(restartsOf)) : 0
  const failures = tally.failed + retries
  const policy = failedByPolicy(job, tally.pods)
  if (policy) return policy
  if (failures > backoffLimit) {
    return { type: 'Failed', reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' }
  }
  const left = deadlineIn(job, now)
  if (activeDeadlineSeconds !== undefined && left !== undefined && left <= 0) {
    return { type: 'Failed', reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' }
  }
  const enough =
    completions === undefined ? tally.succeeded > 0 && tally.active.length === 0 : tally.succeeded >= completions
  const none = completions === undefined && parallelism === 0
  if (!enough || none || job.spec?.suspend) return undefined
  return { type: 'Complete', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' }
}

function failedByPolicy(job: KubeObject, pods: KubeObject[]): Ending | undefined {
  for (const rule of job.spec?.podFailurePolicy?.rules ?? []) {
    if (rule.action !== 'FailJob' || !rule.onExitCodes) continue
    const { operator, values, containerName } = rule.onExitCodes
    for (const pod of pods.filter(({ status }) => status?.phase === 'Failed')) {
      for (const { name, state } of pod.status?.containerStatuses ?? []) {
        const code = state?.terminated?.exitCode ?? 0
        if (code === 0 || (containerName && containerName !== name)) continue
        if ((values ?? []).includes(code) !== (operator === 'In')) continue
        const index = job.spec.podFailurePolicy.rules.indexOf(rule)
        const message = `Container ${name} for pod ${pod.metadata.namespace}/${pod.metadata.name} failed with exit code ${code} matching FailJob rule at index ${index}`
        return { type: 'Failed', reason: 'PodFailurePolicy', message }
      }
    }
  }
  return undefined
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

export function deadlineIn(job: KubeObject, now: number): number | undefined {
  const seconds = job.spec?.activeDeadlineSeconds
  const since = Date.parse(job.status?.startTime ?? '')
  if (seconds === undefined || Number.isNaN(since) || job.spec?.suspend) return undefined
  return since + seconds * 1000 - now
}
