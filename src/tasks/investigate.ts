// Task `investigate`: after the diagnosis of an incident, its typed remedy is proposed and, where a model is configured, the agent looks deeper.
import type { Action } from '../core/action.ts'
import { Answer } from '../core/answer.ts'
import { messageOf } from '../core/errors.ts'
import { FIRSTMATE, personKey } from '../core/people.ts'
import { refText } from '../core/ref.ts'
import { type TaskOf, taskId } from '../core/task.ts'
import { threadKey } from '../core/thread.ts'
import { createDesk } from '../incidents/desk.ts'
import { type Incident, isMuted } from '../incidents/incident.ts'
import { createInvestigating } from '../incidents/investigating.ts'
import { standingOf, WORKLOADS_TO_ZERO } from '../incidents/quarantine.ts'
import { incidentSettings } from '../incidents/settings.ts'
import { callsOnRecord } from './calls.ts'
import { answerCard } from './cards.ts'
import type { TaskContext } from './context.ts'
import { showIncident } from './incident-show.ts'
import { intentControls } from './intents.ts'
import { readSubject, rememberSubject } from './subject.ts'

export async function investigate(
  task: TaskOf<'investigate'>,
  context: TaskContext,
  signal: AbortSignal,
): Promise<void> {
  const desk = createDesk(context.store)
  const incident = await desk.read(task.incident)
  if (!incident || incident.state !== 'open' || isMuted(incident)) return finish(task.incident, context)
  await rememberOwner(incident, context)
  const remedy = await remedyOf(incident, context, signal)
  if (remedy) await propose(task, incident, remedy, context)
  if (context.config.LLM_PROVIDER !== 'none' && !incident.secondLook) await askAgent(task, incident, context, signal)
  await finish(task.incident, context)
}

/** "logs", typed in its thread, are those of what is in trouble, unless something else was spoken of. */
async function rememberOwner({ threads, cluster, owners }: Incident, { store }: TaskContext): Promise<void> {
  const [about] = owners
  for (const thread of about ? threads : []) {
    if ((await readSubject(store, thread)).cluster === undefined)
      await rememberSubject(store, thread, { text: '', cluster, namespace: about?.namespace, about })
  }
}

/** The finding's own remedy; for a workload that cannot stand and that nothing else helps, quarantine. */
async function remedyOf(incident: Incident, context: TaskContext, signal: AbortSignal): Promise<Action | undefined> {
  if (incident.cause?.action) return incident.cause.action
  const [target] = incident.owners
  const most = incidentSettings().WATCHDOG_QUARANTINE_RESTARTS
  if (!target?.namespace || most === 0 || !WORKLOADS_TO_ZERO.has(target.kind)) return undefined
  const { restarts, ready } = await standingOf(context.clusters.get(incident.cluster).reader, target, signal)
  if (ready > 0 || restarts < most) return undefined
  return {
    verb: 'quarantine',
    target: { apiVersion: 'apps/v1', ...target },
    reason: `incident ${incident.id}: ${restarts} restarts and no ready replica`,
  }
}

/** Through the same gate as everything else: policy decides whether it asks. */
async function propose(
  task: TaskOf<'investigate'>,
  incident: Incident,
  action: Action,
  context: TaskContext,
): Promise<void> {
  // one plan of a kind for each time that it is open
  const target = 'target' in action ? refText(action.target) : ''
  const id = taskId('propose', 'incident', incident.id, String(incident.reopened), action.verb, target)
  await context.enqueue({
    kind: 'propose',
    id,
    thread: task.thread,
    asker: FIRSTMATE,
    at: new Date().toISOString(),
    cluster: incident.cluster,
    actions: [action],
    author: 'remedy',
    reason: `remedy of incident ${incident.id}`,
    incident: incident.id,
  })
}

/** The question is made of names alone: what events and logs say reaches the model only as the tools hand it out. */
async function askAgent(
  task: TaskOf<'investigate'>,
  incident: Incident,
  context: TaskContext,
  signal: AbortSignal,
): Promise<void> {
  const [object] = incident.owners
  if (!object) return
  const subject = { cluster: incident.cluster, ...(object.namespace ? { namespace: object.namespace } : {}), object }
  const question = `Why is ${refText(object)} failing? Find the root cause, with evidence.`
  const asked = { who: personKey(FIRSTMATE), thread: threadKey(task.thread), subject: task.id }
  const calls = callsOnRecord(context.audit, asked)
  try {
    const answer = Answer.parse(
      await context.agent(question, {
        clusters: context.clusters,
        subject,
        now: () => new Date(),
        signal,
        progress: () => undefined,
        // what it finds is known to who asks in the incident's thread, and a killed run goes on where it was
        store: context.store,
        thread: threadKey(task.thread),
        run: task.id,
        level: (await context.standing.read()).level,
        onCall: calls.onCall,
      }),
    )
    // an answer whose tool calls are not on record is not given
    await calls.written()
    if (answer.model === null) return
    const controls = await intentControls(context.store, task.thread, answer.offers)
    await context.outbox.put({
      kind: 'post',
      key: `investigation-${incident.reopened}`,
      thread: task.thread,
      card: answerCard(answer, controls),
      attachments: answer.attachments,
      root: false,
    })
  } catch (error) {
    // the diagnosis stands without it
    signal.throwIfAborted()
    context.log.warn({ incident: incident.id, error: messageOf(error) }, 'the investigation of an incident failed')
  }
}

async function finish(id: string, context: TaskContext): Promise<void> {
  await createDesk(context.store).change(id, (current) => ({ ...current, investigation: 'done' }))
  await createInvestigating(context.store).end(id)
  await showIncident(id, context)
}
