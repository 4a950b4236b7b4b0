// Memory per thread: follow-ups, restarts, killed runs, long threads, outcomes of plans.
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { ChatCompletionRequest } from '@copilotkit/aimock'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { RedisCheckpoints } from '../../src/agent/model/checkpoints.ts'
import { addNote } from '../../src/agent/notes.ts'
import { silentLogger } from '../../src/log.ts'
import { connectStore } from '../../src/store/redis.ts'
import type { Store } from '../../src/store/store.ts'
import { type Reply, type Script, textOf, wholeText } from '../fakes/model/model.ts'
import { eventually, type RedisServer, startRedis, temporaryFolder } from '../store/redis-server.ts'
import { agentAt, answerCall, isSupervisor, openWorld, type World } from './rigs/world.ts'

const THREAD = 'slack/T1/C1/1700000000.000100'
const QUESTION = 'why is checkout failing in shop'

let redis: RedisServer
let store: Store
let world: World
let script: Script

beforeAll(async () => {
  redis = await startRedis()
  store = await connectStore({ url: redis.url, dataDir: temporaryFolder(), log: silentLogger })
})
afterAll(async () => {
  await store.close()
  await redis.stop()
})
beforeEach(async () => {
  await store.redis.flushall()
  world = await openWorld((request, count) => script(request, count))
})
afterEach(() => world.close())

const lastUser = (request: ChatCompletionRequest) => textOf(request.messages.findLast(({ role }) => role === 'user'))

it('knows in the next question what was said before, also in another process', async () => {
  script = (request) =>
    answerCall({
      answer: request.messages.some((message) => textOf(message).includes('it was the flux capacitor'))
        ? 'Still the flux capacitor.'
        : 'it was the flux capacitor',
    })
  await world.ask(QUESTION, { store, thread: THREAD, run: 'm1' })
  const other = agentAt(world.model.url)
  const answer = await other('why does it still fail in shop', {
    clusters: world.clusters,
    subject: { cluster: 'prod-eu', namespace: 'shop' },
    now: () => world.now,
    signal: AbortSignal.timeout(10_000),
    progress: () => undefined,
    store,
    thread: THREAD,
    run: 'm2',
  })
  expect(answer.text).toContain('Still the flux capacitor.')
  const elsewhere = await world.ask(QUESTION, { store, thread: `${THREAD}/other`, run: 'm3' })
  expect(elsewhere.text).not.toContain('Still')
})

it('keeps questions and answers of a run, not its tool traffic', async () => {
  script = (request) => {
    if (!isSupervisor(request))
      return request.messages.at(-1)?.role === 'tool'
        ? 'report'
        : { calls: [{ name: 'get_pods', args: { namespace: 'shop' } }] }
    if (request.messages.at(-1)?.role === 'tool') return answerCall({ answer: 'first answer' })
    return { calls: [{ name: 'delegate_to_troubleshooting', args: { instruction: 'look' } }] }
  }
  await world.ask(QUESTION, { store, thread: THREAD, run: 'm1' })
  script = () => answerCall({ answer: 'second answer' })
  await world.ask(QUESTION, { store, thread: THREAD, run: 'm2' })
  const request = world.model.requests.at(-1)
  expect(request?.messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user'])
  expect(textOf(request?.messages[1])).toBe(QUESTION)
  expect(textOf(request?.messages[2])).toBe('first answer')
})

it('tells the model what became of plans and what was answered without it', async () => {
  script = () => answerCall({})
  await world.ask('list pods in shop', { store, thread: THREAD })
  await addNote(store, THREAD, 'plan 7f3a91 (roll back checkout) was approved by mira; healthy after 42 s')
  await world.ask(QUESTION, { store, thread: THREAD, run: 'm2' })
  const [request] = world.model.requests
  expect(request && lastUser(request)).toMatch(
    /Lately in this thread:\n<lately>\n- .*asked "list pods in shop".*\n- .*plan 7f3a91 .* healthy after 42 s/,
  )
})

it('tells without a model what became of the plan', async () => {
  script = () => 'never'
  const ask = (question: string) => world.ask(question, { store, thread: THREAD, run: question })
  expect((await ask('was it approved?')).text).toContain('No plan of this conversation')
  await addNote(
    store,
    THREAD,
    'Plan 7f3a91 (Deployment shop/checkout: back to revision 13) was rejected by mira: not before the sale',
  )
  for (const question of [
    'was it approved?',
    'why was the plan rejected?',
    'what became of the rollback',
    'did it help?',
  ]) {
    const answer = await ask(question)
    expect(answer.text).toContain('was rejected by mira: not before the sale')
    expect(answer.model).toBeNull()
  }
})

it('keeps the verdict of a review for the next turn', async () => {
  script = (request) =>
    wholeText(request).includes('"score"')
      ? { calls: [{ name: 'score', args: { score: 4, feedback: 'Name the revision.' } }] }
      : answerCall({ answer: 'Something.' })
  await world.ask(QUESTION, { store, thread: THREAD, run: 'm1', reflect: true })
  const before = world.model.requests.length
  await world.ask('why is checkout still failing in shop', { store, thread: THREAD, run: 'm2' })
  const [next] = world.model.requests.slice(before)
  expect(next && lastUser(next)).toContain('was reviewed: 4 of 10. Name the revision.')
})

it('summarises a thread of 200 messages and stays small', async () => {
  let summaries = 0
  script = (request) => {
    if (wholeText(request).includes('Summarise this conversation')) {
      summaries++
      return `Summary ${summaries}: checkout of shop was discussed.`
    }
    return answerCall({ answer: `Answer ${'with many words '.repeat(60)}` })
  }
  for (let turn = 0; turn < 100; turn++)
    await world.ask(`${QUESTION} (${turn})`, { store, thread: THREAD, run: `m${turn}` })
  const last = world.model.requests.at(-1)
  expect(last?.messages.length).toBeLessThan(32)
  expect(wholeText(last as ChatCompletionRequest).length).toBeLessThan(60_000)
  expect(summaries).toBeGreaterThan(5)
  expect(summaries).toBeLessThan(30)
  expect(JSON.stringify(last?.messages)).toContain('checkout of shop was discussed')
  // what is kept does not grow with the thread either
  let kept = 0
  for await (const _ of new RedisCheckpoints(store).list({ configurable: { thread_id: THREAD } })) kept++
  expect(kept).toBe(1)
}, 120_000)

it('folds a long thread by code when the model cannot summarise', async () => {
  script = (request) =>
    wholeText(request).includes('Summarise this conversation')
      ? { status: 400 }
      : answerCall({ answer: 'the third tooth of the gear' })
  for (let turn = 0; turn < 15; turn++)
    await world.ask(`${QUESTION} (${turn})`, { store, thread: THREAD, run: `m${turn}` })
  expect(JSON.stringify(world.model.requests.at(-1)?.messages[1])).toContain('→ the third tooth of the gear')
})

it('survives a run that never ended: the next question starts clean', async () => {
  script = () => ({ status: 400 })
  await world.ask(QUESTION, { store, thread: THREAD, run: 'm1' })
  // nor does it leave its steps behind
  expect(await store.redis.hlen(store.key(`checkpoint:steps:${encodeURIComponent(THREAD)}:`))).toBe(1)
  script = () => answerCall({ answer: 'fine now' })
  expect((await world.ask(QUESTION, { store, thread: THREAD, run: 'm2' })).text).toContain('fine now')
})

it('does not ask again for a task that was finished', async () => {
  script = () => answerCall({ answer: 'once' })
  await world.ask(QUESTION, { store, thread: THREAD, run: 'm1' })
  const asked = world.model.requests.length
  expect((await world.ask(QUESTION, { store, thread: THREAD, run: 'm1' })).text).toContain('once')
  expect(world.model.requests.length).toBe(asked)
})

// supervisor delegates (1), sub-agent calls a tool (2), reports (3), supervisor answers (4)
function step(request: ChatCompletionRequest): { name: string; reply: Reply } {
  const after = request.messages.at(-1)?.role === 'tool'
  if (isSupervisor(request)) {
    return after
      ? {
          name: 'answer',
          reply: answerCall({
            answer: 'proven',
            claims: [
              { claim: 'crashing', calls: [/Calls it made: (c\d+)/.exec(textOf(request.messages.at(-1)))?.[1] ?? ''] },
            ],
          }),
        }
      : { name: 'delegate', reply: { calls: [{ name: 'delegate_to_troubleshooting', args: { instruction: 'look' } }] } }
  }
  return after
    ? { name: 'report', reply: 'It crashes [c1].' }
    : { name: 'look', reply: { calls: [{ name: 'get_pods', args: { namespace: 'shop' } }] } }
}

/** One question in a process of its own, always as the same run. */
function start() {
  return startWorker({
    model: world.model.url,
    cluster: String(world.clusters.default.connection.server),
    redis: redis.url,
    run: 'm1',
    thread: THREAD,
    question: QUESTION,
    now: world.now.toISOString(),
  })
}

for (const killAt of ['delegate', 'look', 'report', 'answer']) {
  it(`goes on after kill -9 while the model is asked for: ${killAt}`, async () => {
    const asked: string[] = []
    const killed = Promise.withResolvers<void>()
    script = async (request) => {
      const { name, reply } = step(request)
      asked.push(name)
      // the request hangs until the process is gone
      if (name === killAt) await killed.promise
      return reply
    }
    const first = start()
    await eventually(() => asked.includes(killAt), 20_000)
    first.child.kill('SIGKILL')
    killed.resolve()
    const second = start()
    const answer = JSON.parse(await second.output) as { text: string }
    expect(answer.text).toContain('proven')
    expect(answer.text).toMatch(/crashing \(c\d/)
    // what was answered before is not asked again; only the request in flight is
    const order = ['delegate', 'look', 'report', 'answer']
    expect(asked).toEqual([...order.slice(0, order.indexOf(killAt) + 1), ...order.slice(order.indexOf(killAt))])
  }, 60_000)
}

it('goes on after kill -9 with two sub-agents: the one that had reported is not asked again', async () => {
  const asked: string[] = []
  const killed = Promise.withResolvers<void>()
  script = async (request) => {
    const after = request.messages.at(-1)?.role === 'tool'
    if (isSupervisor(request)) {
      const reports = request.messages.filter(({ role }) => role === 'tool').map(textOf)
      asked.push(after ? 'answer' : 'delegate')
      const ids = reports.map((report) => /Calls it made: (c\d+)/.exec(report)?.[1] ?? '')
      return after
        ? answerCall({
            answer: `of ${new Set(ids).size} calls`,
            claims: ids.map((id) => ({ claim: 'seen', calls: [id] })),
          })
        : {
            calls: ['troubleshooting', 'networking'].map((skill) => ({
              name: `delegate_to_${skill}`,
              args: { instruction: 'look' },
            })),
          }
    }
    const name = wholeText(request).includes('Networking sub-agent') ? 'networking' : 'troubleshooting'
    asked.push(`${name} ${after ? 'report' : 'look'}`)
    if (after && name === 'networking') await killed.promise
    if (after) return `${name} looked.`
    return { calls: [{ name: name === 'networking' ? 'get_services' : 'get_pods', args: { namespace: 'shop' } }] }
  }
  const first = start()
  await eventually(() => asked.includes('networking report') && asked.includes('troubleshooting report'), 20_000)
  // the first report is on its way into the memory
  await new Promise((resolve) => setTimeout(resolve, 500))
  first.child.kill('SIGKILL')
  killed.resolve()
  const answer = JSON.parse(await start().output) as { text: string }
  // two calls, two numbers: none was given twice
  expect(answer.text).toContain('of 2 calls')
  expect(answer.text).not.toContain('no call named')
  const times = (name: string) => asked.filter((one) => one === name).length
  expect(times('delegate')).toBe(1)
  expect(times('troubleshooting report')).toBe(1)
  expect(times('networking look')).toBe(1)
  expect(times('networking report')).toBe(2)
}, 60_000)

function startWorker(args: Record<string, string>): { child: ChildProcess; output: Promise<string> } {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'rigs/worker.ts'), JSON.stringify(args)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const output = new Promise<string>((resolve) => {
    let text = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    child.once('close', () => resolve(text))
  })
  return { child, output }
}
