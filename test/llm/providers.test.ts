// Every provider through its real client against the same loopback server: what works, and every way in which a model fails.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { HumanMessage, SystemMessage } from '@langchain/core/messages'
import { afterEach, describe, expect, it } from 'vitest'
import { SettingsError, UnavailableError } from '../../src/core/errors.ts'
import { openModels, PROVIDERS } from '../../src/llm/index.ts'
import { BudgetError, createMeter } from '../../src/llm/meter.ts'
import { priceOf } from '../../src/llm/prices.ts'
import { LlmSettings } from '../../src/llm/settings.ts'
import { type FakeModel, type Script, settingsFor, startModel, WIRES } from '../fakes/model/model.ts'

const ASK = [new SystemMessage('You are terse.'), new HumanMessage('What is wrong?')]
const LOOK = {
  type: 'function' as const,
  function: {
    name: 'get_pods',
    description: 'pods',
    parameters: { type: 'object', properties: { namespace: { type: 'string' } } },
  },
}

let fake: FakeModel | undefined
afterEach(async () => {
  await fake?.stop()
  fake = undefined
})

async function open(
  wire: (typeof WIRES)[number],
  script: Script,
  settings: Record<string, unknown> = {},
  fixture = {},
) {
  fake = await startModel(script, fixture)
  const meter = createMeter({ calls: 20, tokens: 100_000 })
  const fallbacks: string[] = []
  const models = openModels(settingsFor(wire, fake.url, settings))
  const model = models.open('supervisor', {
    meter,
    signal: new AbortController().signal,
    onFallback: (name) => fallbacks.push(name),
  })
  return { model, meter, fallbacks, fake }
}

for (const wire of WIRES) {
  describe(wire, () => {
    it('streams an answer and counts its tokens', async () => {
      const { model, meter, fake } = await open(wire, () => 'The image tag does not exist, so the pull fails.')
      const answer = await model.invoke(ASK)
      expect(answer.content).toContain('The image tag does not exist, so the pull fails.')
      expect(meter.spent.calls).toBe(1)
      expect(meter.spent.inputTokens).toBeGreaterThan(0)
      expect(meter.spent.outputTokens).toBeGreaterThan(0)
      expect(fake.requests[0]?.model).toBe('scripted-1')
    })

    it('reads tool calls made at once', async () => {
      const { model, fake } = await open(wire, () => ({
        calls: [
          { name: 'get_pods', args: { namespace: 'shop' } },
          { name: 'get_pods', args: { namespace: 'bank' } },
        ],
      }))
      const answer = await model.bindTools([LOOK]).invoke(ASK)
      expect(answer.tool_calls.map(({ name, args }: { name: string; args: unknown }) => [name, args])).toEqual([
        ['get_pods', { namespace: 'shop' }],
        ['get_pods', { namespace: 'bank' }],
      ])
      expect(new Set(answer.tool_calls.map(({ id }: { id: string }) => id)).size).toBe(2)
      expect(JSON.stringify(fake.requests[0]?.tools)).toContain('get_pods')
    })

    it('waits and asks again when told to slow down', async () => {
      const { model, fake } = await open(wire, (_, count) => (count < 3 ? { status: 429, retryAfter: 0 } : 'ok, here'))
      expect((await model.invoke(ASK)).content).toContain('ok, here')
      expect(fake.requests).toHaveLength(3)
    })

    it('waits as long as it is told to', async () => {
      // Google says it in the body, everybody else in a header
      const body = { error: { code: 429, message: 'slow', details: [{ '@type': 'RetryInfo', retryDelay: '1s' }] } }
      const times: number[] = []
      const server = createServer((_, response) => {
        times.push(Date.now())
        response.writeHead(429, {
          'content-type': 'application/json',
          ...(wire === 'gemini' ? {} : { 'retry-after': '1' }),
        })
        response.end(JSON.stringify(body))
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const model = openModels(settingsFor(wire, url, { LLM_ATTEMPTS: 2 })).open('worker', {
        meter: createMeter({ calls: 9, tokens: 1000 }),
        signal: new AbortController().signal,
      })
      await expect(model.invoke(ASK)).rejects.toThrow('asks us to slow down (429)')
      server.close()
      const [first = 0, second = 0] = times
      expect(times).toHaveLength(2)
      expect(second - first).toBeGreaterThanOrEqual(990)
    })

    it('says who asks to slow down when it never stops', async () => {
      const { model, fake } = await open(wire, () => ({ status: 429, retryAfter: 0 }))
      await expect(model.invoke(ASK)).rejects.toThrow(`${wire} (scripted-1) asks us to slow down (429).`)
      expect(fake.requests).toHaveLength(3)
    })

    it('names a refused key and does not ask again', async () => {
      const { model, fake } = await open(wire, () => ({ status: 401 }))
      const asked = model.invoke(ASK)
      await expect(asked).rejects.toThrow(SettingsError)
      await expect(asked).rejects.toThrow(/refuses our key \(401\)/)
      expect(fake.requests).toHaveLength(1)
    })

    it('tries again after a server error', async () => {
      const { model } = await open(wire, (_, count) => (count === 1 ? { status: 503 } : 'back again'))
      expect((await model.invoke(ASK)).content).toContain('back again')
    })

    it('gives up on a model that is too slow', async () => {
      const { model } = await open(
        wire,
        async () => {
          await new Promise((resolve) => setTimeout(resolve, 600))
          return 'late'
        },
        { LLM_TIMEOUT_MS: 100, LLM_ATTEMPTS: 1 },
      )
      const asked = model.invoke(ASK)
      await expect(asked).rejects.toThrow(UnavailableError)
      await expect(asked).rejects.toThrow(/in time|within 0.1 s/)
    })

    it('gives up on an answer that comes to a standstill, and lets go of the connection', async () => {
      const server = createServer((_, response) => {
        response.writeHead(200, { 'content-type': wire === 'ollama' ? 'application/x-ndjson' : 'text/event-stream' })
        response.flushHeaders()
      })
      const closed = new Promise((resolve) => server.on('connection', (socket) => socket.once('close', resolve)))
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const models = openModels(settingsFor(wire, url, { LLM_TIMEOUT_MS: 150, LLM_ATTEMPTS: 1 }))
      const model = models.open('worker', {
        meter: createMeter({ calls: 9, tokens: 1000 }),
        signal: new AbortController().signal,
      })
      await expect(model.invoke(ASK)).rejects.toThrow(/within 0.15 s|in time/)
      await closed
      server.close()
    })

    it('takes half an answer for none', async () => {
      const text = 'This answer is long enough to be streamed in many chunks before the connection is gone. '.repeat(4)
      const { model } = await open(wire, () => text, { LLM_ATTEMPTS: 1 }, { chunkSize: 10, truncateAfterChunks: 4 })
      await expect(model.invoke(ASK)).rejects.toThrow(UnavailableError)
    })

    it('asks again when a tool call cannot be read', async () => {
      const { model, fake } = await open(wire, (_, count) =>
        count === 1
          ? { calls: [{ name: 'get_pods', args: {}, raw: '{"namespace": "sh' }] }
          : { calls: [{ name: 'get_pods', args: { namespace: 'shop' } }] },
      )
      const answer = await model.bindTools([LOOK]).invoke(ASK)
      const [call] = answer.tool_calls as { args: Record<string, unknown> }[]
      // a wire that carries arguments as objects may repair them; what is left must be an object either way
      expect(typeof call?.args).toBe('object')
      if (fake.requests.length > 1) expect(call?.args).toEqual({ namespace: 'shop' })
    })

    it('turns to the fallback model', async () => {
      const { model, fallbacks, fake } = await open(
        wire,
        (request) => (request.model === 'spare-1' ? 'from the spare' : { status: 500 }),
        { LLM_FALLBACK_MODEL: 'spare-1', LLM_ATTEMPTS: 2 },
      )
      expect((await model.invoke(ASK)).content).toContain('from the spare')
      expect(fallbacks).toEqual([`${wire} spare-1`])
      expect(fake.requests.map(({ model: name }) => name)).toEqual(['scripted-1', 'scripted-1', 'spare-1'])
    })

    it('stops at the budget without asking', async () => {
      const { fake } = await open(wire, () => 'fine')
      const models = openModels(settingsFor(wire, fake.url))
      const model = models.open('worker', {
        meter: createMeter({ calls: 1, tokens: 1000 }),
        signal: new AbortController().signal,
      })
      await model.invoke(ASK)
      await expect(model.invoke(ASK)).rejects.toThrow(BudgetError)
      expect(fake.requests).toHaveLength(1)
    })

    it('stops at once when the task is cancelled', async () => {
      fake = await startModel(async () => {
        await new Promise((resolve) => setTimeout(resolve, 2000))
        return 'late'
      })
      const cancel = new AbortController()
      const model = openModels(settingsFor(wire, fake.url)).open('worker', {
        meter: createMeter({ calls: 9, tokens: 1000 }),
        signal: cancel.signal,
      })
      const started = Date.now()
      setTimeout(() => cancel.abort(new Error('cancelled')), 50)
      await expect(model.invoke(ASK)).rejects.toThrow()
      expect(Date.now() - started).toBeLessThan(1500)
    })
  })
}

it("turns to another provider's model, at that provider's own address", async () => {
  const spare = await startModel(() => 'from ollama')
  try {
    const { model, fallbacks } = await open('openai', () => ({ status: 500 }), {
      LLM_FALLBACK_MODEL: 'ollama:spare:7b',
      OLLAMA_BASE_URL: spare.url,
      LLM_ATTEMPTS: 1,
    })
    expect((await model.invoke(ASK)).content).toContain('from ollama')
    expect(fallbacks).toEqual(['ollama spare:7b'])
    expect(spare.requests[0]?.model).toBe('spare:7b')
  } finally {
    await spare.stop()
  }
})

it('lets one call of Ollama end without ending another', async () => {
  const { model, fake } = await open('ollama', async (_, count) => {
    await new Promise((resolve) => setTimeout(resolve, count === 1 ? 3000 : 300))
    return 'still here'
  })
  const cancel = new AbortController()
  const given = model.invoke(ASK, { signal: cancel.signal })
  const other = model.invoke(ASK)
  setTimeout(() => cancel.abort(new Error('given up')), 100)
  await expect(given).rejects.toThrow()
  expect((await other).content).toContain('still here')
  expect(fake.requests).toHaveLength(2)
})

describe('the defaults', () => {
  it.each(['openai', 'gemini', 'anthropic', 'ollama'])('of %s have a model for each role, and its price', (name) => {
    const provider = PROVIDERS.find((one) => one.name === name)
    for (const role of ['supervisor', 'worker', 'judge'] as const) {
      const model = provider?.models?.[role] ?? ''
      expect(priceOf(name, model, LlmSettings.parse({})), model).toBeDefined()
    }
  })

  it('of a price count for the family, not for another model with a longer name', () => {
    const settings = LlmSettings.parse({})
    expect(priceOf('openai', 'gpt-5.4-2026-03-05', settings)).toEqual({ input: 2.5, output: 15 })
    expect(priceOf('openai', 'gpt-5.4-mini-2026-03-17', settings)).toEqual({ input: 0.75, output: 4.5 })
    expect(priceOf('openai', 'gpt-5.4-pro', settings)).toBeUndefined()
    expect(priceOf('openai', 'gpt-5.41', settings)).toBeUndefined()
    expect(priceOf('openai', 'own-model', LlmSettings.parse({ LLM_PRICE_INPUT: 1 }))).toEqual({ input: 1, output: 0 })
  })

  it('send no limit of tokens unless one is set, where the provider allows that', async () => {
    for (const wire of ['openai', 'azure', 'gemini', 'ollama'] as const) {
      const { model, fake: far } = await open(wire, () => 'fine')
      await model.invoke(ASK)
      expect(JSON.stringify(far.requests[0])).not.toMatch(/max_?(completion_?|output_?)?tokens|num_predict/i)
      await far.stop()
      fake = undefined
    }
  })
})
