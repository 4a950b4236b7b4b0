// Task `execute`: what was approved, and nothing else, is what runs. One attempt; every check that fails means that nothing (more) is sent.
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../core/errors.ts'
import { personKey } from '../core/people.ts'
import { actionsOfPlan, type Precondition, type Step } from '../core/plan.ts'
import { refKey } from '../core/ref.ts'
import { type TaskOf, taskId } from '../core/task.ts'
import { threadKey } from '../core/thread.ts'
import { createWriter, OutcomeUnknownError, type Writer } from '../kube/write.ts'
import { type Approval, isLate } from '../safety/approval.ts'
import { spend } from '../safety/budget.ts'
import { createCounters } from '../safety/counters.ts'
import type { ExecuteContext } from './change/context.ts'
import { reasonOf, type Said } from './change/dry-run.ts'
import { tellThread } from './change/outcome.ts'
import { type Refused, recheck } from './change/recheck.ts'
import { aboutPlan } from './change/record.ts'
import { endRivals } from './change/rivals.ts'
import { showPlan } from './change/show.ts'
import { changedSince } from './change/unchanged.ts'

const PDB_RETRY_MS = 2000
const RENEW_MS = 4000
const SERVER_ERROR = 500
// shorter than the claim: nothing of ours may still be on its way when somebody else looks at what has happened
const SEND_TIMEOUT_MS = 10_000

export async function execute(task: TaskOf<'execute'>, context: ExecuteContext, signal: AbortSignal): Promise<void> {
  const { approvals } = context
  const claimed = await approvals.claim(task.approval)
  if (claimed.refused || !claimed.token) {
    context.log.info({ approval: task.approval, refused: claimed.refused }, 'a plan was not taken')
    if (claimed.refused === 'expired') await approvals.expire(task.approval)
    await showPlan(task.approval, context)
    return
  }
  const run: Run = {
    approval: claimed.approval,
    token: claimed.token,
    progress: [],
    context,
    signal,
    sendBy: 0,
    begun: false,
  }
  await showPlan(task.approval, context)
  const end = await attempt(run).catch(
    (error: unknown): End =>
      error instanceof Abandoned ? { abandoned: error.message } : failedAt(run, messageOf(error)),
  )
  if ('abandoned' in end) {
    // whether the last request took effect is not known: the record stays as it is, its claim lapses, and `settle` looks at the cluster
    context.log.warn({ approval: task.approval, why: end.abandoned }, 'a plan was left for settling')
    return
  }
  await close(run, end, task)
}

interface Run {
  approval: Approval
  token: string
  progress: Approval['progress']
  context: ExecuteContext
  signal: AbortSignal
  /** until when a request may leave: whatever leaves later could still be on its way when the claim has lapsed */
  sendBy: number
  /** a request has left: the deadline is for plans that have not started */
  begun: boolean
}

type End = { done: string } | Refused | { abandoned: string }

class Abandoned extends Error {
  override name = 'Abandoned'
}

async function attempt(run: Run): Promise<End> {
  const writer = createWriter(run.context.writers.get(run.approval.plan.cluster))
  const refused = await holdingClaim(run, async () => {
    const found = await recheck(run.approval, run.context, run.signal, (request) =>
      writer.send(request, { dryRun: true, signal: run.signal, timeoutMs: SEND_TIMEOUT_MS }),
    )
    if (found) await audit(run, 'refused', { why: found.failed })
    return found
  })
  if (refused) return refused
  await spend(createCounters(run.context.store), run.approval.plan, {
    asker: personKey(run.approval.requester),
    thread: threadKey(run.approval.thread),
  })
  return sendAll(run, writer)
}

/** Looking takes its time with a large plan: the claim is kept meanwhile, and nothing goes on without it. */
async function holdingClaim<T>(run: Run, work: () => Promise<T>): Promise<T> {
  const heart = setInterval(() => void renew(run).catch(() => undefined), RENEW_MS)
  const result = await work().finally(() => clearInterval(heart))
  await renew(run)
  return result
}

async function renew(run: Run): Promise<void> {
  const renewed = await run.context.approvals.renew(run.approval.id, run.token, run.progress)
  if (renewed.refused) throw new Abandoned('the claim was lost')
  run.sendBy = Date.parse(renewed.approval.claim?.until ?? '') - SEND_TIMEOUT_MS
}

async function sendAll(run: Run, writer: Writer): Promise<End> {
  const { plan } = run.approval
  const until = Date.now() + plan.executionSeconds * 1000
  for (const [at, step] of plan.steps.entries()) {
    if (Date.now() > until) return failedAt(run, `The ${plan.executionSeconds} s of this plan are over`)
    const changed = at === 0 ? undefined : await holdingClaim(run, () => changedMeanwhile(run, at))
    if (changed)
      return { ...failedAt(run, `Step ${at + 1} was not sent: ${changed} since it was planned.`), changed: true }
    const result = await sendOne(run, writer, step, at, until)
    if (!result.ok)
      return { ...failedAt(run, `Step ${at + 1} (${step.words}) failed: ${result.why}`), changed: result.changed }
  }
  const gone = run.progress.filter((one) => one.note === 'already gone').length
  return {
    done: `${plan.steps.length === 1 ? 'Done' : `All ${plan.steps.length} steps done`}${gone > 0 ? `, ${gone} already gone` : ''}.`,
  }
}

/** Earlier steps may have taken minutes. An eviction waits for its budget, and carries all that it is bound to. */
async function changedMeanwhile(run: Run, at: number): Promise<string | undefined> {
  const { plan } = run.approval
  if (plan.steps[at]?.rule === 'evict') return undefined
  return changedSince(ownPreconditions(run, at), run.context.clusters.get(plan.cluster), run.signal)
}

/** What was planned of a step's object; nothing once an earlier step has changed it, as was approved. */
function ownPreconditions({ approval: { plan } }: Run, at: number): Precondition[] {
  const [key, ...earlier] = plan.steps
    .slice(0, at + 1)
    .reverse()
    .map(({ object }) => refKey(object))
  return key === undefined || earlier.includes(key)
    ? []
    : plan.preconditions.filter(({ object }) => refKey(object) === key)
}

/** What failed, and how far it had come: a person must know what is in effect. */
function failedAt(run: Run, why: string): Refused {
  const sent = run.progress.filter((one) => one.status >= 200 && one.status < 300).length
  const rest =
    sent === 0 ? 'Nothing was changed' : `${sent} of ${run.approval.plan.steps.length} steps were done before`
  return { failed: `${why}${/[.!?]$/.test(why) ? '' : '.'} ${rest}.`, changed: false }
}

async function sendOne(
  run: Run,
  writer: Writer,
  step: Step,
  at: number,
  until: number,
): Promise<{ ok: true } | { ok: false; why: string; changed: boolean }> {
  const evicted = step.rule === 'evict'
  for (;;) {
    const stopped = await mayGoOn(run)
    if (stopped) return { ok: false, why: stopped, changed: false }
    // on record before it is sent: what cannot be recorded does not happen
    await audit(run, 'request', {
      step: at + 1,
      method: step.request.method,
      path: step.request.path,
      words: step.words,
    })
    if (Date.now() > run.sendBy)
      return { ok: false, why: 'recording it took too long, so it was not sent.', changed: false }
    run.begun = true
    const said = await writer
      .send(step.request, { dryRun: false, timeoutMs: SEND_TIMEOUT_MS })
      .catch((error: unknown) => {
        if (error instanceof OutcomeUnknownError) throw new Abandoned(error.message)
        throw error
      })
    const gone = evicted && (said.status === 404 || isOtherUid(said))
    const ok = (said.status >= 200 && said.status < 300) || gone
    const again = evicted && said.status === 429 && Date.now() + PDB_RETRY_MS < until
    if (!again)
      run.progress.push({ step: at, status: said.status, note: gone ? 'already gone' : ok ? '' : reasonOf(said) })
    // it has been sent: when that cannot be recorded any more, only a look at the cluster can tell how things stand
    await audit(run, 'result', { step: at + 1, status: said.status, ...(ok ? {} : { reason: reasonOf(said) }) }).catch(
      (error: unknown) => {
        throw new Abandoned(messageOf(error))
      },
    )
    // a server that fails in the middle may have done it all the same
    if (said.status >= SERVER_ERROR) {
      await renew(run)
      throw new Abandoned(`the server answered ${said.status}`)
    }
    if (again) {
      // a PodDisruptionBudget refused: no effect, so the very same request may be repeated until the deadline on the card
      await sleep(PDB_RETRY_MS, undefined, { signal: run.signal })
      continue
    }
    return ok ? { ok: true } : { ok: false, ...(await explain(run, at, said)) }
  }
}

/** A conflict may have other reasons; this one says that the pod of the plan is gone. */
function isOtherUid(said: Said): boolean {
  return said.status === 409 && /\buid\b/i.test(reasonOf(said))
}

/** Before every request: the claim is still ours, nobody pulled the stop, the deadline of a plan that never started has not passed. */
async function mayGoOn(run: Run): Promise<string | undefined> {
  run.signal.throwIfAborted()
  const { context, approval } = run
  await renew(run)
  const { stop } = await context.standing.read()
  if (stop) return `everything is stopped by ${stop.by.name ?? personKey(stop.by)}: ${stop.reason}.`
  return !run.begun && isLate(approval, new Date()) ? 'the deadline has passed.' : undefined
}

/** 422 and 409 may mean "changed since planned" or "invalid": only the object itself can tell. */
async function explain(run: Run, at: number, said: Said): Promise<{ why: string; changed: boolean }> {
  const why = `${reasonOf(said)} (${said.status}).`
  if (said.status !== 422 && said.status !== 409 && said.status !== 404) return { why, changed: false }
  const cluster = run.context.clusters.get(run.approval.plan.cluster)
  const changed = await changedSince(ownPreconditions(run, at), cluster, run.signal).catch(() => undefined)
  return changed ? { why: `${changed} since it was planned.`, changed: true } : { why, changed: false }
}

async function close(run: Run, end: Exclude<End, { abandoned: string }>, task: TaskOf<'execute'>): Promise<void> {
  const { context, approval } = run
  const [state, outcome] = 'done' in end ? (['done', end.done] as const) : (['failed', end.failed] as const)
  const finished = await context.approvals.finish(approval.id, run.token, state, outcome, run.progress)
  if (finished.refused) {
    // the claim lapsed meanwhile: whoever settles it looks at the cluster and says how it ended
    context.log.warn({ approval: approval.id, refused: finished.refused }, 'the end of a plan came too late')
    return
  }
  await showPlan(approval.id, context)
  await tellThread(approval, `ended: ${outcome}`, context)
  if (run.progress.some(({ status }) => status >= 200 && status < 300)) await endRivals(approval, context)
  const base = { thread: approval.thread, asker: approval.requester, at: new Date().toISOString() }
  if (state === 'done') {
    await context.enqueue({
      ...base,
      kind: 'verify',
      id: taskId('verify', approval.id, '0'),
      approval: approval.id,
      since: base.at,
      look: 1,
    })
  } else if ('changed' in end && end.changed && actionsOfPlan(approval.plan).length > 0) {
    // the same wish against the world as it is now: a fresh plan, asked about again
    await context.enqueue({
      ...base,
      kind: 'propose',
      id: taskId('propose', 'again', approval.id),
      cluster: approval.plan.cluster,
      actions: actionsOfPlan(approval.plan),
      author: approval.author,
      ...(approval.said ? { said: approval.said } : {}),
      reason: approval.reason,
    })
  }
  context.log.info({ approval: approval.id, task: task.id, state }, 'a plan has run')
}

function audit(run: Run, kind: 'request' | 'result' | 'refused', data: Record<string, unknown>): Promise<void> {
  const { approval } = run
  return run.context.audit.append({
    kind,
    who: 'firstmate:executor',
    ...aboutPlan(approval),
    data,
  })
}
