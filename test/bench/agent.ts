// What the agent with a model adds to a question: time, prompt tokens, tokens of an investigation, memory, and what many at once do to others.
import type { ChatCompletionRequest } from '@copilotkit/aimock'
import { plainAgent } from '../../src/agent/plain/index.ts'
import { silentLogger } from '../../src/log.ts'
import { createQueue } from '../../src/queue/queue.ts'
import { connectStore } from '../../src/store/redis.ts'
import { answerCall, openWorld, type World } from '../agent/rigs/world.ts'
import { type FakeModel, type Reply, startModel, wholeText } from '../fakes/model/model.ts'
import { environmentOf, startServe } from '../flows/serve.ts'
import { eventually, startRedis, temporaryFolder } from '../store/redis-server.ts'
import { type Figure, percentile } from './figure.ts'

const QUESTION = 'why is checkout failing in shop'

export async function bench(): Promise<Figure[]> {
  return [...(await overhead()), ...(await investigation()), ...(await crowd()), ...(await memory())]
}

async function overhead(): Promise<Figure[]> {
  const world = await openWorld(() => answerCall({}))
  try {
    const both: number[] = []
    const plain: number[] = []
    for (let n = 0; n < 25; n++) {
      both.push(await timed(() => world.ask(QUESTION)))
      plain.push(await timed(() => plainAgent(QUESTION, contextOf(world))))
    }
    // the first ones load code
    const p50 = (times: number[]) => percentile(times.slice(5), 0.5)
    return [
      {
        name: 'agent overhead per question, model without latency, p50',
        value: p50(both) - p50(plain),
        target: 60,
        unit: 'ms',
      },
    ]
  } finally {
    await world.close()
  }
}

function contextOf({ clusters, now }: World) {
  return { clusters, subject: {}, now: () => now, signal: new AbortController().signal, progress: () => undefined }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

/** Two sub-agents, two looks each, then the answer. */
function script(request: ChatCompletionRequest): Reply {
  const after = request.messages.filter(({ role }) => role === 'tool').length
  if (wholeText(request).includes('give_answer')) {
    const delegate = (skill: string) => ({
      name: `delegate_to_${skill}`,
      args: { instruction: 'Why does checkout in shop fail? Prove it.' },
    })
    return after > 0
      ? answerCall({ answer: 'DATABASE_URL is missing.' })
      : { calls: [delegate('troubleshooting'), delegate('networking')] }
  }
  if (after > 0) return 'It crashes because DATABASE_URL is not set [c1].'
  return {
    calls: [
      { name: 'get_pods', args: { namespace: 'shop' } },
      { name: 'get_events', args: { namespace: 'shop' } },
    ],
  }
}

async function investigation(): Promise<Figure[]> {
  const world = await openWorld(script)
  try {
    const answer = await world.ask(QUESTION)
    const size = (test: (text: string) => boolean) => {
      const request = world.model.requests.find((one) => test(wholeText(one)))
      return request ? Math.ceil(wholeText(request).length / 4) : Number.NaN
    }
    return [
      {
        name: 'prompt tokens of the supervisor at start',
        value: size((text) => text.includes('give_answer')),
        target: 3000,
        unit: '',
      },
      {
        name: 'prompt tokens of a sub-agent at start',
        value: size((text) => text.includes('sub-agent of Firstmate')),
        target: 3000,
        unit: '',
      },
      {
        name: 'tokens of a scripted investigation (two sub-agents, 6 model calls)',
        value: answer.model?.tokens ?? Number.NaN,
        target: 20_000,
        unit: '',
      },
    ]
  } finally {
    await world.close()
  }
}

async function crowd(): Promise<Figure[]> {
  const world = await openWorld(async (request) => {
    await new Promise((resolve) => setTimeout(resolve, 100))
    return script(request)
  })
  try {
    await world.ask(QUESTION)
    const started = performance.now()
    const running = Promise.all(
      Array.from({ length: 20 }, () => world.ask(QUESTION, { signal: AbortSignal.timeout(120_000) })),
    )
    const others: number[] = []
    let done = false
    void running.then(() => {
      done = true
    })
    while (!done) others.push(await timed(() => plainAgent('list pods in shop', contextOf(world))))
    const answers = await running
    return [
      {
        name: '20 investigations at once: all answered after',
        value: (performance.now() - started) / 1000,
        target: 30,
        unit: 's',
      },
      {
        name: '20 investigations at once: without an answer of the model',
        value: answers.filter(({ text }) => !text.includes('DATABASE_URL is missing.')).length,
        target: 0,
        unit: '',
      },
      {
        name: '20 investigations at once: a plain question meanwhile, p95',
        value: percentile(others, 0.95),
        target: 2000,
        unit: 'ms',
      },
    ]
  } finally {
    await world.close()
  }
}

async function memory(): Promise<Figure[]> {
  const model = await startModel(script)
  try {
    return [
      {
        name: 'memory of role worker after an investigation',
        value: await residentMb('worker', model),
        target: 350,
        unit: 'MB',
      },
      {
        name: 'memory of all roles after an investigation',
        value: await residentMb('all', model),
        target: 450,
        unit: 'MB',
      },
    ]
  } finally {
    await model.stop()
  }
}

/** Starts `serve`, has it answer one question with the model, and reads what it holds. */
async function residentMb(roles: string, model: FakeModel): Promise<number> {
  const redis = await startRedis()
  const store = await connectStore({ url: redis.url, dataDir: temporaryFolder(), log: silentLogger })
  const queue = createQueue(store, { log: silentLogger })
  const serving = await startServe(['--practice', '--roles', roles], {
    ...(await environmentOf(redis)),
    API_PORT: '0',
    LLM_PROVIDER: 'openai',
    LLM_MODEL: 'scripted-1',
    LLM_BASE_URL: `${model.url}/v1`,
    OPENAI_API_KEY: 'test-key',
  })
  try {
    const before = model.requests.length
    const thread = { platform: 'mailbox' as const, workspace: '', channel: 'bench', thread: 'bench', direct: false }
    await queue.enqueue({
      kind: 'answer',
      id: 'answer-bench',
      thread,
      asker: { platform: 'api', workspace: '', id: 'bench' },
      at: new Date().toISOString(),
      text: QUESTION,
    })
    await eventually(() => model.requests.length >= before + 6, 60_000)
    await new Promise((resolve) => setTimeout(resolve, 500))
    return await serving.residentMb()
  } finally {
    await serving.kill()
    await queue.close()
    await store.close()
    await redis.stop()
  }
}
