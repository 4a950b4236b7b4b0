// Jobs that gave up, or fail again and again, told by the log of their last pod.
import { type KubeObject, refOf } from '../../objects/object.ts'
import type { Snapshot } from '../../objects/snapshot.ts'
import { blame } from '../blame/index.ts'
import type { Check, Draft } from '../check.ts'
import { exitMeaning } from '../look/exits.ts'
import { jobFailure, jobPods } from '../look/jobs.ts'
import { lastErrorLine, logReason, logText } from '../look/logs.ts'
import { type Container, containersOf, refsOf } from '../look/pods.ts'
import { startFault } from '../look/start-faults.ts'
import { count, duration, evidence, oneLine } from '../look/words.ts'
import { workloadOf } from '../look/workloads.ts'

export const jobFailed: Check = {
  name: 'job-failed',
  title: 'A Job failed or fails again and again',
  why: 'Its work is not done, and nothing repeats it: exports, migrations and backups are missed silently.',
  fix: 'Mend what its log complains about, then run it anew; a failed Job does not start again by itself.',
  reads: ['Job', 'CronJob', 'Pod', 'Event', 'Service', 'ConfigMap', 'Secret', 'Role', 'RoleBinding'],
  run: (snapshot) => snapshot.list('Job').flatMap((job) => draftOf(snapshot, job)),
}

function draftOf(snapshot: Snapshot, job: KubeObject): Draft[] {
  const failure = jobFailure(snapshot, job)
  if (!failure) return []
  const workload = workloadOf(snapshot, job)
  const pods = jobPods(snapshot, job)
  const told = lastRun(snapshot, pods)
  const why = told && explain(snapshot, workload, told)
  const age = snapshot.ageMs(failure.since)
  const ago = age === undefined ? '' : ` ${duration(age)} ago`
  const state = failure.final
    ? `${workload === job ? '' : `Job ${job.metadata.name} `}failed${ago} after ${count(failure.failed, 'failed pod')} (${failure.reason})`
    : `${workload === job ? '' : `Job ${job.metadata.name} `}fails again and again: ${count(failure.failed, 'failed pod')}, backoffLimit ${job.spec?.backoffLimit ?? 6}`
  const deadline =
    failure.reason === 'DeadlineExceeded'
      ? `it did not end within its activeDeadlineSeconds of ${job.spec?.activeDeadlineSeconds} s`
      : undefined
  return [
    {
      severity: failure.old ? 'info' : failure.final ? 'critical' : 'warning',
      object: refOf(workload),
      summary: state,
      cause:
        [deadline, why?.cause].filter(Boolean).join('; ') ||
        failure.message ||
        'its pods are gone, and with them their logs',
      evidence: [
        evidence('status', job, `${failure.reason}: ${failure.message}`),
        ...(told
          ? [
              evidence(
                'status',
                told.pod,
                `container ${told.container.name}: ${exitMeaning(told.container, told.container.terminated ?? told.container.last).words}`,
              ),
            ]
          : []),
        ...(told && why ? why.lines.map((line) => evidence('log', told.pod, line)) : []),
        ...(why?.evidence ?? []),
      ],
      remedy: `${why?.remedy ?? (deadline ? 'Raise activeDeadlineSeconds, or find why it takes so long.' : 'Read the log of its next run.')}${workload === job ? ' Then create the Job anew: a failed one is not repeated.' : ''}`,
      ...(why?.action
        ? { action: why.action }
        : workload.kind === 'CronJob' && failure.final
          ? { action: { verb: 'create-job', from: refOf(workload) } }
          : {}),
      ...(failure.since ? { since: failure.since } : {}),
      pods: refsOf(pods),
      dueTo: why?.dueTo ?? [],
      explains: [refOf(job)],
    },
  ]
}

// the runtime could not start it: there is no log, and the message says why
const START_FAILED = /^(?:StartError|ContainerCannotRun)$/

interface Run {
  pod: KubeObject
  container: Container
}

/** The newest pod with a container that ended badly, one with a log before one without. */
function lastRun(snapshot: Snapshot, pods: readonly KubeObject[]): Run | undefined {
  const runs = [...pods]
    .sort((a, b) => String(b.metadata.creationTimestamp).localeCompare(String(a.metadata.creationTimestamp)))
    .flatMap((pod) =>
      containersOf(pod).flatMap((container) =>
        ((container.terminated ?? container.last)?.exitCode ?? 0) !== 0 ? [{ pod, container }] : [],
      ),
    )
  return runs.find(({ pod, container }) => textOf(snapshot, { pod, container })) ?? runs[0]
}

function textOf(snapshot: Snapshot, { pod, container }: Run): string | undefined {
  return (
    logText(snapshot, pod, container.name, container.terminated === undefined) ??
    logText(snapshot, pod, container.name, true)
  )
}

function explain(snapshot: Snapshot, workload: KubeObject, run: Run) {
  const { pod, container } = run
  const ended = container.terminated ?? container.last
  const exit = exitMeaning(container, ended)
  if (START_FAILED.test(ended?.reason ?? ''))
    return { ...startFault(oneLine(ended?.message, 300), pod, container), lines: [] }
  if (ended?.reason === 'OOMKilled') return { cause: exit.words, remedy: exit.remedy, lines: [] }
  const text = textOf(snapshot, run)
  const reason = text === undefined ? undefined : logReason(text)
  if (reason) {
    const blamed = blame({ snapshot, workload, pod, container, reason, change: undefined })
    return { ...blamed, cause: `${exit.words.split(',')[0]}: ${blamed.cause}`, lines: reason.lines }
  }
  const line = text === undefined ? undefined : lastErrorLine(text)
  return {
    cause: line ? `${exit.words}; it said last: "${line}"` : exit.words,
    remedy: exit.remedy,
    lines: line ? [line] : [],
  }
}
