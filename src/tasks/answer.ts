// Task `answer`: a question becomes a message in its thread. Reads only, so it may run again after a crash: its one message has one key.
import { Answer, type AnswerInput } from '../core/answer.ts'
import type { Block, Card } from '../core/card.ts'
import { NotFoundError, NotPermittedError, UsageError } from '../core/errors.ts'
import { personKey } from '../core/people.ts'
import { redact } from '../core/redact.ts'
import { type TaskOf, taskId } from '../core/task.ts'
import { threadKey } from '../core/thread.ts'
import { callsOnRecord } from './calls.ts'
import { answerCard, progressCard } from './cards.ts'
import type { TaskContext } from './context.ts'
import { answerControls } from './intents.ts'
import { readSubject, rememberSubject } from './subject.ts'
import { finishedBlocks } from './writing.ts'

// an answer within this time needs no "working on it" before it
const QUIET_MS = 200
// the outbox knows how often what is being written may be shown on each platform
const WRITING_EVERY_MS = 1000
const BEAT_MS = 20_000

export async function answer(task: TaskOf<'answer'>, context: TaskContext, signal: AbortSignal): Promise<void> {
  const { store, outbox } = context
  const started = Date.now()
  const key = `answer-${task.id}`
  // where no model writes there is nothing to watch growing
  const growing = context.config.LLM_PROVIDER === 'none' ? {} : { growing: task.asker }
  const progress = startProgress(
    (card) => outbox.put({ kind: 'post', key, thread: task.thread, card, attachments: [], root: false, ...growing }),
    context.config.PROGRESS_EVERY,
  )
  const asked = { who: personKey(task.asker), thread: threadKey(task.thread), subject: task.id }
  await context.audit.append({ ...asked, kind: 'question', data: { text: task.text.slice(0, 2000) } })
  let result: AnswerInput
  try {
    const subject = { ...(await readSubject(store, task.thread)), ...task.scope }
    result = await reply(task, context, subject, signal, progress)
  } finally {
    await progress.stop()
  }
  const parsed = Answer.parse(result)
  await context.audit.append({
    ...asked,
    kind: 'answer',
    ...(parsed.cluster ? { cluster: parsed.cluster } : {}),
    data: {
      text: parsed.text.slice(0, 2000),
      findings: parsed.findings.length,
      model: parsed.model?.name ?? null,
      ...(parsed.review ? { review: parsed.review.score } : {}),
      ms: Date.now() - started,
    },
  })
  await rememberSubject(store, task.thread, result)
  const controls = await answerControls(store, task.thread, parsed, task.id)
  if (parsed.propose && parsed.cluster) {
    const { actions, author, reason } = parsed.propose
    await context.enqueue({
      kind: 'propose',
      id: taskId('propose', task.id),
      thread: task.thread,
      asker: task.asker,
      at: new Date().toISOString(),
      cluster: parsed.cluster,
      actions,
      author,
      reason,
      ...(author === 'person' && task.seal && redact(task.text) === task.text ? { said: task } : {}),
    })
  }
  await outbox.put({
    kind: 'post',
    key,
    thread: task.thread,
    card: answerCard(parsed, controls),
    attachments: parsed.attachments,
    root: false,
  })
  if (task.message) await outbox.put({ kind: 'react', key: `end-${task.id}`, on: task.message, sign: 'done' })
  context.metrics.observe(
    'answer_seconds',
    'From the start of the task to the answer in the outbox',
    (Date.now() - started) / 1000,
  )
}

/** What a person asked for cannot always be had: that is an answer too, not a failure. Anything else is retried by the queue. */
async function reply(
  task: TaskOf<'answer'>,
  context: TaskContext,
  subject: NonNullable<TaskOf<'answer'>['scope']>,
  signal: AbortSignal,
  progress: Progress,
): Promise<AnswerInput> {
  const calls = callsOnRecord(context.audit, {
    who: personKey(task.asker),
    thread: threadKey(task.thread),
    subject: task.id,
  })
  try {
    const result = await context.agent(task.text, {
      clusters: context.clusters,
      subject,
      now: () => new Date(),
      signal,
      progress: progress.say,
      writing: progress.writing,
      first: (found) => progress.first(answerCard(Answer.parse(found))),
      store: context.store,
      thread: threadKey(task.thread),
      run: task.id,
      level: (await context.standing.read()).level,
      onCall: calls.onCall,
    })
    await calls.written()
    return result
  } catch (error) {
    if (error instanceof UsageError || error instanceof NotFoundError) return { tone: 'ask', text: error.message }
    if (error instanceof NotPermittedError)
      return {
        tone: 'stop',
        text: `I am ${error.message}. Ask an administrator of the cluster for that right, or for a narrower scope.`,
      }
    throw error
  }
}

interface Progress {
  say(line: string): void
  /** the card of what code found, shown at once; lines of progress stand below it from then on */
  first(card: Card): void
  /** the answer's words so far, below what was found */
  writing(text: string): void
  /** no line is put after this resolves, so the answer cannot be overwritten by one */
  stop(): Promise<void>
}

/** `everyMs` between two lines: edits of one message are limited by the platforms (chat/contract: Pace), and an early one would hold up the answer. */
function startProgress(put: (card: Card) => Promise<unknown>, everyMs: number): Progress {
  let line = 'Looking…'
  let found: Card | undefined
  let written: Block[] = []
  let last = 0
  let putting: Promise<unknown> = Promise.resolve()
  const began = Date.now()
  const show = (waited = '') => {
    last = Date.now()
    // progress is a courtesy: an answer does not fail because it could not be announced
    const card = progressCard(`${line}${waited}`)
    const whole = { ...card, ...found, blocks: [...(found?.blocks ?? []), ...written, ...card.blocks] }
    putting = putting.then(() => put(whole)).catch(() => undefined)
  }
  const timer = setTimeout(show, QUIET_MS)
  // a long silence reads as a failure, and a stream in which nothing happens is ended by the platform
  const beat = setInterval(() => {
    if (last > 0 && Date.now() - last >= Math.max(everyMs, BEAT_MS))
      show(` · ${Math.round((Date.now() - began) / 1000)} s`)
  }, BEAT_MS / 2)
  let stopped = false
  return {
    say(text) {
      line = text
      if (!stopped && last > 0 && Date.now() - last >= everyMs) show()
    },
    first(card) {
      found = card
      clearTimeout(timer)
      if (!stopped) show()
    },
    writing(text) {
      if (stopped || last === 0 || Date.now() - last < WRITING_EVERY_MS) return
      const now = finishedBlocks(text)
      if (now.length === written.length) return
      written = now
      show()
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      clearInterval(beat)
      await putting
    },
  }
}
