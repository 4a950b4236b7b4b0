// The tools of one task behind one door: it knows who may call what, counts, remembers, cuts, redacts and wraps. Agents never call a tool directly.
import { z } from 'zod'
import { messageOf, NotPermittedError } from '../core/errors.ts'
import { redact } from '../core/redact.ts'
import { TOOLS } from './index.ts'
import { printResult } from './print.ts'
import type { Proposal, Tool, ToolContext } from './tool.ts'

export interface ToolLimits {
  /** calls of one task */
  calls: number
  /** characters of one result that a model sees at once */
  characters: number
}

/** One call as evidence names it: `c3`. */
export interface CallRecord {
  id: string
  agent: string
  tool: string
  /** redacted */
  args: string
  ok: boolean
  /** redacted; the beginning of the result, or the error */
  result: string
}

export interface Toolbox {
  /** what the named tools look like to a model; unknown names are left out */
  describe(names: readonly string[]): { name: string; description: string; schema: Record<string, unknown> }[]
  /**
   * The text a model reads; never throws but for an aborted task. `agent`: one conversation, which has read what it asked before;
   * `allowed` are the tools that it was given.
   */
  call(agent: string, allowed: readonly string[], tool: string, args: unknown): Promise<string>
  readonly calls: readonly CallRecord[]
  /** Calls are numbered after this from now on: a run that goes on after a crash must not give a number twice. */
  countFrom(number: number): void
  /** what `propose_change` compiled */
  readonly proposal: Proposal | undefined
}

export interface ToolboxOptions {
  context: ToolContext
  limits: ToolLimits
  /** false when the thread has made too many calls lately */
  take?(): boolean
  onCall?(call: CallRecord): void
}

/** characters of results kept for going on */
const MAX_KEPT = 2_000_000
const READ_MORE = 'read_more'
const ReadMore = z.object({
  handle: z.string().max(20),
  from: z.number().int().min(0).max(MAX_KEPT).describe('character to go on from'),
})
const RESULT_IN_RECORD = 400

export function createToolbox({ context, limits, take, onCall }: ToolboxOptions): Toolbox {
  const tools = new Map(
    TOOLS.filter((tool) => tool.name !== 'query_prometheus' || context.settings.prometheus).map((tool) => [
      tool.name,
      tool,
    ]),
  )
  const calls: CallRecord[] = []
  const answers = new Map<string, { id: string; text: Promise<string>; agents: Set<string> }>()
  const kept = new Map<string, string>()
  let keptSize = 0
  /** counts against the budget */
  let made = 0
  /** names the calls; goes on after a crash where it was */
  let number = 0
  let proposal: Proposal | undefined

  /** what does not fit is kept under the call's own name */
  function cut(id: string, text: string, from = 0): string {
    const end = from + limits.characters
    if (text.length <= end) return text.slice(from)
    if (!kept.has(id)) {
      kept.set(id, text)
      keptSize += text.length
      for (const [old, value] of kept) {
        if (keptSize <= MAX_KEPT || old === id) break
        kept.delete(old)
        keptSize -= value.length
      }
    }
    return `${text.slice(from, end)}\n(cut: characters ${from}–${end} of ${text.length}; go on with ${READ_MORE} {"handle":"${id}","from":${end}}, or ask for less)`
  }

  async function run(tool: Tool, args: unknown, id: string): Promise<{ ok: boolean; text: string }> {
    const parsed = tool.parameters.safeParse(args)
    if (!parsed.success)
      return {
        ok: false,
        text: parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'arguments'}: ${message}`).join('; '),
      }
    try {
      const result = tool.result.parse(await tool.run(parsed.data, context))
      if (tool.effect === 'propose') proposal = result as Proposal
      return { ok: true, text: cut(id, redact(printResult(result))) }
    } catch (error) {
      context.signal.throwIfAborted()
      return { ok: false, text: redact(messageOf(error)).slice(0, 1000) }
    }
  }

  async function fresh(agent: string, name: string, args: unknown, shown: string): Promise<string> {
    const tool = tools.get(name)
    made++
    const id = `c${++number}`
    const record = (ok: boolean, result: string): CallRecord => {
      const call = { id, agent, tool: name, args: shown, ok, result: result.slice(0, RESULT_IN_RECORD) }
      calls.push(call)
      onCall?.(call)
      return call
    }
    if (!tool) return failure(record(false, `there is no tool ${name}`))
    const { ok, text } = await run(tool, args, id)
    const call = record(ok, text)
    return ok ? wrap(call, text) : failure({ ...call, result: text })
  }

  return {
    calls,
    countFrom(from) {
      number = Math.max(number, from)
    },
    get proposal() {
      return proposal
    },
    describe(names) {
      const shown = names
        .flatMap((name) => tools.get(name) ?? [])
        .map((tool) => ({ name: tool.name, description: tool.description, schema: schemaOf(tool.parameters) }))
      return [
        ...shown,
        { name: READ_MORE, description: 'The rest of a result that was cut.', schema: schemaOf(ReadMore) },
      ]
    },
    async call(agent, allowed, name, args) {
      context.signal.throwIfAborted()
      const shown = redact(JSON.stringify(args) ?? '').slice(0, 500)
      // whatever the model was told elsewhere, and by whatever name it asks
      if (name !== READ_MORE && !allowed.includes(name)) {
        return refused(
          agent,
          name,
          shown,
          new NotPermittedError(`not permitted: ${agent} was not given the tool ${name.slice(0, 60)}.`, 'call it'),
        )
      }
      const key = `${name} ${canonical(args)}`
      const known = answers.get(key)
      if (known) return again(known, agent)
      if (made >= limits.calls)
        return `The budget of ${limits.calls} tool calls for this question is used up: answer with what you know, and say what you could not look at.`
      if (name === READ_MORE) {
        made++
        return readMore(args, shown)
      }
      if (take && !take())
        return 'This conversation has made too many tool calls in the last minutes: answer with what you know, and say what you could not look at.'
      const text = fresh(agent, name, args, shown)
      const entry = { id: `c${number}`, text, agents: new Set([agent]) }
      answers.set(key, entry)
      const answer = await text
      // a failure may be over the next time
      if (!calls.find(({ id }) => id === entry.id)?.ok) answers.delete(key)
      return answer
    },
  }

  async function again(
    known: { id: string; text: Promise<string>; agents: Set<string> },
    agent: string,
  ): Promise<string> {
    if (known.agents.has(agent))
      return `You made this same call already, as ${known.id}: its result stands above and is not repeated.`
    known.agents.add(agent)
    return known.text
  }

  function readMore(args: unknown, shown: string): string {
    const parsed = ReadMore.safeParse(args)
    const text = parsed.success ? kept.get(parsed.data.handle) : undefined
    if (!parsed.success || text === undefined)
      return `${READ_MORE}(${shown}) failed: there is nothing more under this handle; make the call itself again with narrower arguments.`
    return `<tool_result call="${parsed.data.handle}">\n${harmless(cut(parsed.data.handle, text, parsed.data.from))}\n</tool_result>`
  }

  function refused(agent: string, tool: string, args: string, error: Error): string {
    made++
    const call: CallRecord = {
      id: `c${++number}`,
      agent,
      tool: tool.slice(0, 60),
      args,
      ok: false,
      result: error.message,
    }
    calls.push(call)
    onCall?.(call)
    return failure(call)
  }
}

/** What came back is data: the tags say where it begins and ends, and it cannot close them itself. */
function wrap(call: CallRecord, text: string): string {
  return `<tool_result call="${call.id}" tool="${call.tool}">\n${harmless(text)}\n</tool_result>`
}

function harmless(text: string): string {
  return text.replace(/<(\/?)\s{0,8}tool_result/gi, '‹$1tool_result')
}

/** What was asked and what came back. */
function failure({ id, tool, args, result }: CallRecord): string {
  return `${id}: ${tool}(${harmless(args)}) failed: ${harmless(result)}`
}

/** The same arguments in another order are the same call. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value).filter(([, item]) => item !== undefined && item !== null && item !== '')
  return `{${entries
    .map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`)
    .sort()
    .join(',')}}`
}

/** JSON Schema without what no provider needs. */
function schemaOf(schema: z.ZodObject): Record<string, unknown> {
  const {
    $schema: _,
    additionalProperties: __,
    ...rest
  } = z.toJSONSchema(schema, { io: 'input' }) as Record<string, unknown>
  return rest
}
