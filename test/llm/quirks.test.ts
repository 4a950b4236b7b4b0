// What compatible servers really stream (vLLM, llama.cpp, gateways), byte by byte, through the real client: nothing that was cut, refused or numbered twice is acted on.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { SettingsError, UsageError } from '../../src/core/errors.ts'
import { openModels } from '../../src/llm/index.ts'
import { createMeter } from '../../src/llm/meter.ts'
import { environment } from '../../src/llm/settings.ts'
import { settingsFor } from '../fakes/model/model.ts'

interface Call {
  id?: string
  name: string
  args: string
}
type Said = { status: number; body: unknown; headers?: Record<string, string> } | string

let server: Server
let asked: { model: string }[]
let say: (model: string) => Said

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      const { model } = JSON.parse(body) as { model: string }
      asked.push({ model })
      const said = say(model)
      if (typeof said === 'string') response.writeHead(200, { 'content-type': 'text/event-stream' }).end(said)
      else
        response
          .writeHead(said.status, { 'content-type': 'application/json', ...said.headers })
          .end(JSON.stringify(said.body))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterAll(() => server.close())
beforeEach(() => {
  asked = []
})

function chunk(delta: object, finish: string | null = null): string {
  const choices = [{ index: 0, delta, finish_reason: finish }]
  return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices })}\n\n`
}

const END = 'data: [DONE]\n\n'

function words(content: string, finish = 'stop'): string {
  return chunk({ role: 'assistant', content }) + chunk({}, finish) + END
}

function calls(made: Call[], finish = 'tool_calls'): string {
  const deltas = made.map(({ id, name, args }, index) =>
    chunk({ role: 'assistant', tool_calls: [{ index, id, type: 'function', function: { name, arguments: args } }] }),
  )
  return deltas.join('') + chunk({}, finish) + END
}

const TOOL = {
  type: 'function' as const,
  function: { name: 'get_pods', parameters: { type: 'object', properties: {} } },
}

function open(settings: Record<string, unknown> = {}, onWriting?: (text: string) => void) {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return openModels(settingsFor('openai', url, settings))
    .open('supervisor', {
      meter: createMeter({ calls: 50, tokens: 10_000_000 }),
      signal: new AbortController().signal,
      ...(onWriting ? { onWriting: (message) => onWriting(String(message.content)) } : {}),
    })
    .bindTools([TOOL])
}

const ASK: BaseMessage[] = [new HumanMessage('Why?')]

it.each(['tool_calls', 'length'])('calls no tool with half of its arguments (finish_reason %s)', async (finish) => {
  const half = { id: 'c1', name: 'get_pods', args: '{"commands":["kubectl delete pod web-1' }
  say = () => calls([half], finish)
  const model = open({ LLM_ATTEMPTS: 2 })
  await expect(model.invoke(ASK)).rejects.toThrow(/wrote tool calls that cannot be read|cut at its limit of tokens/)
  // a limit is met again; a slip may not be made again
  expect(asked).toHaveLength(finish === 'length' ? 1 : 2)
})

it('gives out no answer that was cut at a limit, and asks the fallback', async () => {
  say = (model) => (model === 'spare-1' ? words('whole') : words('The cause is', 'length'))
  expect((await open({ LLM_FALLBACK_MODEL: 'spare-1' }).invoke(ASK)).content).toBe('whole')
  expect(asked.map(({ model }) => model)).toEqual(['scripted-1', 'spare-1'])
})

it('reads a reason that is said twice', async () => {
  say = () => chunk({ content: 'fine' }) + chunk({}, 'stop') + chunk({}, 'stop') + END
  expect((await open().invoke(ASK)).content).toBe('fine')
})

it.each([undefined, '', 'call_0'])('tells calls apart that carry the id %j every time', async (id) => {
  say = () =>
    calls([
      { ...(id === undefined ? {} : { id }), name: 'get_pods', args: '{"namespace":"shop"}' },
      { ...(id === undefined ? {} : { id }), name: 'get_pods', args: '{"namespace":"bank"}' },
    ])
  const before = [
    ...ASK,
    new AIMessage({ content: '', tool_calls: [{ id: 'call_0', name: 'get_pods', args: {} }] }),
    new ToolMessage({ tool_call_id: 'call_0', content: 'none' }),
  ]
  const { tool_calls: made = [] } = (await open().invoke(before)) as AIMessage
  expect(made.map(({ args }) => args)).toEqual([{ namespace: 'shop' }, { namespace: 'bank' }])
  const ids = ['call_0', ...made.map((call) => call.id)]
  expect(new Set(ids).size).toBe(3)
})

it('keeps an id that is its own, and drops arguments that are null', async () => {
  say = () => calls([{ id: 'functions.get_pods:7', name: 'get_pods', args: '{"namespace":"shop","name":null}' }])
  const { tool_calls: made } = (await open().invoke(ASK)) as AIMessage
  expect(made).toMatchObject([{ id: 'functions.get_pods:7', args: { namespace: 'shop' } }])
  expect(Object.keys(made?.[0]?.args ?? {})).toEqual(['namespace'])
})

it('takes no more than 32 calls of one message', async () => {
  say = () => calls(Array.from({ length: 500 }, (_, at) => ({ id: `c${at}`, name: 'get_pods', args: '{}' })))
  expect(((await open().invoke(ASK)) as AIMessage).tool_calls).toHaveLength(32)
})

it('says that a content filter objects, and does not ask the same again', async () => {
  say = () => words('', 'content_filter')
  await expect(open().invoke(ASK)).rejects.toThrow('openai (scripted-1) refuses to answer: its content filter objects.')
  say = () => ({ status: 400, body: { error: { code: 'content_filter', message: 'policy', type: null } } })
  await expect(open().invoke(ASK)).rejects.toThrow(UsageError)
  expect(asked).toHaveLength(2)
})

it('does not wait for an account without quota', async () => {
  const error = { code: 'insufficient_quota', type: 'insufficient_quota', message: 'You exceeded your current quota.' }
  say = () => ({ status: 429, body: { error } })
  const failed = open().invoke(ASK)
  await expect(failed).rejects.toThrow(SettingsError)
  await expect(failed).rejects.toThrow(/no quota left/)
  expect(asked).toHaveLength(1)
})

it('asks the fallback at once when the first one wants a long pause, and stays with it for the task', async () => {
  say = (model) =>
    model === 'spare-1'
      ? words('from the spare')
      : { status: 429, headers: { 'retry-after': '60' }, body: { error: { message: 'slow' } } }
  const model = open({ LLM_FALLBACK_MODEL: 'spare-1' })
  const began = Date.now()
  for (let n = 0; n < 3; n++) expect((await model.invoke(ASK)).content).toBe('from the spare')
  expect(Date.now() - began).toBeLessThan(5000)
  expect(asked.map(({ model: name }) => name)).toEqual(['scripted-1', 'spare-1', 'spare-1', 'spare-1'])
})

it('ends an answer that never ends', async () => {
  say = () => `${chunk({ content: 'and so on '.repeat(2000) })}`.repeat(80) + chunk({}, 'stop') + END
  await expect(open({ LLM_ATTEMPTS: 3 }).invoke(ASK)).rejects.toThrow('does not stop writing')
  expect(asked).toHaveLength(1)
})

it('reads a long answer in many chunks, in order', async () => {
  const parts = Array.from({ length: 3000 }, (_, at) => `${at} `)
  say = () => parts.map((content) => chunk({ content })).join('') + chunk({}, 'stop') + END
  expect((await open({}, () => undefined).invoke(ASK)).content).toBe(parts.join(''))
})

it('lets no client of a model send what it reads to a tracing service', () => {
  const names = ['LANGSMITH_TRACING', 'LANGSMITH_TRACING_V2', 'LANGCHAIN_TRACING', 'LANGCHAIN_TRACING_V2']
  for (const name of names) process.env[name] = 'true'
  environment()
  expect(names.filter((name) => process.env[name] !== undefined)).toEqual([])
})
