// The job controller: pods that run to completion, with retries, deadlines, suspension and clean-up.
import { messageOf } from '../../../core/errors.ts'
import type { KubeObject } from '../../../objects/object.ts'
import type { Controller, World } from '../../world.ts'
import { type Condition, conditionOf } from '../conditions.ts'
import { claim, MANAGER, ownerKey } from '../owners.ts'
import { createPod, isFinished, isReady, slowStart } from '../pods.ts'
import { keyedController, keyOf, splitKey } from '../queue.ts'
import { recordEvent } from '../recorder.ts'
import { deadlineIn, type Ending, endOf, isDone } from './ending.ts'
import { freeIndexes, INDEX } from './indexes.ts'
import { stamped, writeStatus } from './status.ts'
import { count, type Tally, TRACKING } from './tally.ts'

type Spec = KubeObject['spec']

// how many pods one round creates at most
const BURST = 500
const COMPONENT = { component: 'job-controller' }
// after a failed pod the next one waits 10 s, doubling up to 10 min
const FIRST_RETRY = 10_000
const LAST_RETRY = 600_000

export const jobController: Controller = keyedController('job-controller', (world) => ({
  initial: () => world.list('Job').map(keyOf),
  concerns({ object, type }) {
    if (object.kind === 'Job') return type === 'DELETED' ? [] : [keyOf(object)]
    const owner = object.kind === 'Pod' && ownerKey(object, 'Job')
    if (!owner) return []
    // a pod whose job is gone must not be held by the job's finalizer
    if (
      type !== 'DELETED' &&
      object.metadata.finalizers?.includes(TRACKING) &&
      !world.find('Job', ...splitKey(owner))
    ) {
      return [owner, `${owner}/${object.metadata.name}`]
    }
    return [owner]
  },
  reconcile(key) {
    const [namespace, name] = splitKey(key)
    const slash = name.indexOf('/')
    if (slash >= 0) return freePod(world, namespace, name.slice(slash + 1))
    const job = world.find('Job', namespace, name)
    return job ? sync(world, job) : undefined
  },
}))

function sync(world: World, job: KubeObject): number | undefined {
  const pods = claim(world, job, 'Pod')
  if (isDone(job)) {
    for (const pod of pods) if (isFinished(pod)) freePod(world, pod.metadata.namespace, pod.metadata.name)
    return expire(world, job)
  }
  if (job.metadata.deletionTimestamp) return
  // finished pods are counted once, by what the status says of those that are gone
  const tally = count(job, pods)
  const now = world.clock.now()
  const ending = endOf(job, tally, now)
  if (ending) return finish(world, job, tally, ending)
  if (job.spec?.suspend) return suspend(world, job, tally)
  const wait = manage(world, job, tally, now)
  const latest = claim(world, job, 'Pod')
  writeStatus(world, job, count(job, latest), resumed(world, job))
  for (const pod of latest) if (isFinished(pod)) freePod(world, pod.metadata.namespace, pod.metadata.name)
  const deadline = deadlineIn(job, now)
  const waits = [wait, deadline].filter((ms): ms is number => ms !== undefined)
  return waits.length > 0 ? Math.max(1, Math.min(...waits)) : undefined
}

/** Creates or deletes pods; returns in how many ms the next retry is due. */
function manage(
  world: World,
  job: KubeObject,
  { pods, active, succeeded, indexes }: Tally,
  now: number,
): number | undefined {
  const { parallelism = 1, completions } = job.spec ?? {}
  const open =
    completions === undefined
      ? succeeded > 0
        ? active.length
        : parallelism
      : Math.min(parallelism, completions - succeeded)
  const surplus = active.length - open
  if (surplus > 0) {
    for (const pod of [...active].sort(leastReadyFirst).slice(0, surplus)) remove(world, job, pod)
    return undefined
  }
  // pods that are still stopping hold their place
  const stopping = pods.filter((pod) => pod.metadata.deletionTimestamp && !isFinished(pod)).length
  const missing = open - active.length - stopping
  if (missing <= 0) return undefined
  const wait = retryIn(pods, now)
  if (wait > 0) return wait
  const free =
    completions === undefined || job.spec?.completionMode !== 'Indexed'
      ? undefined
      : freeIndexes(completions, active, indexes)
  let created = 0
  const { error } = slowStart(Math.min(missing, BURST), () => {
    const pod = createPod(world, job, job.spec?.template, (draft) => track(job, draft, free?.[created]))
    created++
    say(world, job, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`)
  })
  if (error !== undefined) {
    say(world, job, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`)
    throw error
  }
  return undefined
}

function leastReadyFirst(a: KubeObject, b: KubeObject): number {
  return Number(isReady(a)) - Number(isReady(b)) || (a.metadata.name < b.metadata.name ? -1 : 1)
}

function track(job: KubeObject, pod: KubeObject, index: number | undefined): void {
  pod.metadata.finalizers = [...new Set([...(pod.metadata.finalizers ?? []), TRACKING])]
  if (index === undefined) return
  const text = String(index)
  pod.metadata.labels = { ...pod.metadata.labels, [INDEX]: text }
  pod.metadata.annotations = { ...pod.metadata.annotations, [INDEX]: text }
  pod.metadata.generateName = `${job.metadata.name}-${text}-`
  pod.spec.hostname ??= `${job.metadata.name}-${text}`
  for (const container of [...(pod.spec.initContainers ?? []), ...(pod.spec.containers ?? [])]) {
    const fieldRef = { apiVersion: 'v1', fieldPath: `metadata.labels['${INDEX}']` }
    container.env = [...(container.env ?? []), { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef } }]
  }
}

/** A new pod waits the longer the more pods have failed in a row. */
function retryIn(pods: KubeObject[], now: number): number {
  const failed = pods.filter(({ status }) => status?.phase === 'Failed')
  if (failed.length === 0) return 0
  const last = Math.max(...failed.map(finishedAt))
  const delay = Math.min(LAST_RETRY, FIRST_RETRY * 2 ** Math.min(failed.length - 1, 10))
  return last + delay - now
}

function finishedAt(pod: KubeObject): number {
  const times = (pod.status?.containerStatuses ?? []).map(({ state }: Spec) =>
    Date.parse(state?.terminated?.finishedAt ?? ''),
  )
  return Math.max(0, ...times.filter((time: number) => !Number.isNaN(time)))
}

function suspend(world: World, job: KubeObject, tally: Tally): undefined {
  for (const pod of tally.active) remove(world, job, pod)
  const known = conditionOf(job.status?.conditions, 'Suspended')
  const pods = claim(world, job, 'Pod')
  if (known?.status === 'True') {
    writeStatus(world, job, count(job, pods), job.status?.conditions ?? [])
    return undefined
  }
  say(world, job, 'Normal', 'Suspended', 'Job suspended')
  const next = stamped(world, { type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended' })
  const rest = (job.status?.conditions ?? []).filter(({ type }: Condition) => type !== 'Suspended')
  writeStatus(world, job, count(job, pods), [...rest, next])
  return undefined
}

function resumed(world: World, job: KubeObject): Condition[] {
  const conditions: Condition[] = job.status?.conditions ?? []
  if (conditionOf(conditions, 'Suspended')?.status !== 'True') return conditions
  say(world, job, 'Normal', 'Resumed', 'Job resumed')
  const next = stamped(world, { type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed' })
  return conditions.map((condition) => (condition.type === 'Suspended' ? next : condition))
}

/** First the target is named, then, when no pod runs any more, the end. */
function finish(world: World, job: KubeObject, tally: Tally, ending: Ending): number | undefined {
  for (const pod of tally.active) remove(world, job, pod)
  const pods = claim(world, job, 'Pod')
  const failing = ending.type === 'Failed'
  const marker = failing ? 'FailureTarget' : 'SuccessCriteriaMet'
  const conditions: Condition[] = [...(job.status?.conditions ?? [])]
  const { reason, message } = ending
  if (!conditionOf(conditions, marker))
    conditions.push(stamped(world, { type: marker, status: 'True', reason, message }))
  const running = pods.some((pod) => !isFinished(pod))
  if (!running) conditions.push(stamped(world, { type: ending.type, status: 'True', reason, message }))
  // pods stopped because the job ends count as failed
  const after = count(job, pods)
  if (failing) after.failed += tally.active.filter((pod) => !world.byUid(pod.metadata.uid ?? '')).length
  writeStatus(world, job, after, conditions, !running && !failing)
  for (const pod of pods) if (isFinished(pod)) freePod(world, pod.metadata.namespace, pod.metadata.name)
  if (running) return undefined
  if (failing) say(world, job, 'Warning', reason, message)
  else say(world, job, 'Normal', 'Completed', 'Job completed')
  return undefined
}

function remove(world: World, job: KubeObject, pod: KubeObject): void {
  const { namespace, name } = pod.metadata
  world.delete('Pod', namespace, name, { manager: MANAGER })
  say(world, job, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`)
}

/** Lets a counted pod go: without the job's finalizer it may be deleted. */
function freePod(world: World, namespace: string | undefined, name: string): undefined {
  const pod = world.find('Pod', namespace, name)
  if (!pod?.metadata.finalizers?.includes(TRACKING)) return undefined
  world.modify(
    'Pod',
    namespace,
    name,
    (draft) => {
      const rest = (draft.metadata.finalizers ?? []).filter((finalizer) => finalizer !== TRACKING)
      if (rest.length > 0) draft.metadata.finalizers = rest
      else delete draft.metadata.finalizers
    },
    { manager: MANAGER },
  )
  return undefined
}

/** ttlSecondsAfterFinished; returns the ms until then. */
function expire(world: World, job: KubeObject): number | undefined {
  const ttl = job.spec?.ttlSecondsAfterFinished
  if (ttl === undefined || job.metadata.deletionTimestamp) return undefined
  const times = (job.status?.conditions ?? [])
    .filter(({ type }: Condition) => type === 'Complete' || type === 'Failed')
    .map(({ lastTransitionTime }: Condition) => Date.parse(lastTransitionTime ?? ''))
  const at = Math.max(0, ...times.filter((time: number) => !Number.isNaN(time))) + ttl * 1000
  if (at > world.clock.now()) return at - world.clock.now()
  world.delete('Job', job.metadata.namespace, job.metadata.name, { propagationPolicy: 'Foreground', manager: MANAGER })
  return undefined
}

function say(world: World, job: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
  recordEvent(world, job, COMPONENT, { type, reason, message })
}
