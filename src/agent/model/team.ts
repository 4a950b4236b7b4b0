// The supervisor and its sub-agents as LangChain agents. Each sees only the tools it was given; every tool call goes through the toolbox.
import type { BaseChatModel } from '@langchain/core/language_models/chat_models'
import { AIMessage, type BaseMessage, ToolMessage } from '@langchain/core/messages'
import type { RunnableConfig } from '@langchain/core/runnables'
import { DynamicStructuredTool } from '@langchain/core/tools'
import type { BaseCheckpointSaver } from '@langchain/langgraph-checkpoint'
import { createAgent } from 'langchain'
import { z } from 'zod'
import { messageOf } from '../../core/errors.ts'
import { redact } from '../../core/redact.ts'
import { textOf } from '../../llm/sound.ts'
import type { Skill } from '../../skills/skill.ts'
import { READING_TOOLS } from '../../tools/index.ts'
import type { ToolScope } from '../../tools/tool.ts'
import type { Toolbox } from '../../tools/toolbox.ts'
import { GIVE_ANSWER, ModelAnswer, PROPOSE } from './answer.ts'
import { subagentPrompt, supervisorPrompt } from './prompts.ts'

export interface TeamOptions {
  models: { supervisor: BaseChatModel; worker: BaseChatModel }
  skills: readonly Skill[]
  toolbox: Toolbox
  scope: ToolScope
  mayPropose: boolean
  signal: AbortSignal
  checkpointer: BaseCheckpointSaver | undefined
  progress(line: string): void
  /** what sub-agents reported, as it comes */
  reports: string[]
}

// a model call and its tools are two steps
const SUBAGENT_STEPS = 24
const DOCUMENTATION = 4000
const REPORT = 4000
const SUPERVISOR = 'supervisor'

export type Supervisor = ReturnType<typeof createSupervisor>

export function createSupervisor(options: TeamOptions) {
  const { skills, toolbox, mayPropose } = options
  const names = new Set<string>()
  const delegates = skills.flatMap((skill) => {
    const name = delegateName(skill)
    if (names.has(name)) return []
    names.add(name)
    return [delegate(name, skill, options)]
  })
  return createAgent({
    name: SUPERVISOR,
    model: options.models.supervisor,
    tools: [...delegates, ending(options), ...(mayPropose ? toolsFor(SUPERVISOR, [PROPOSE], toolbox) : [])],
    systemPrompt: supervisorPrompt({ mayPropose }),
    ...(options.checkpointer ? { checkpointer: options.checkpointer } : {}),
  })
}

function delegateName(skill: Skill): string {
  return `delegate_to_${skill.name}`.slice(0, 64)
}

const Instruction: Record<string, unknown> = {
  type: 'object',
  properties: { instruction: { type: 'string' } },
  required: ['instruction'],
}

function delegate(name: string, skill: Skill, options: TeamOptions): DynamicStructuredTool {
  let asked = 0
  const about = (skill.when_to_use ?? skill.description).replace(/\s+/g, ' ').slice(0, 240)
  return new DynamicStructuredTool({
    name,
    description: about || `The ${skill.name} sub-agent.`,
    schema: Instruction,
    async func(input, _manager, config) {
      const instruction = String((input as { instruction?: unknown }).instruction ?? '').slice(0, 4000)
      // asked again it begins anew: what the first one has read it has not
      const who = ++asked === 1 ? skill.name : `${skill.name} ${asked}`
      const report = await investigate(who, skill, instruction, options, config ?? {})
      options.reports.push(`${skill.name}: ${report}`)
      return report
    },
  })
}

/** Runs one sub-agent to its report. Its failure is a report too: the others, and the findings, still stand. */
async function investigate(
  who: string,
  skill: Skill,
  instruction: string,
  options: TeamOptions,
  config: RunnableConfig,
): Promise<string> {
  const { toolbox, signal, progress } = options
  const title = skill.display_name ?? skill.name
  progress(`${title}: ${redact(instruction).replace(/\s+/g, ' ').slice(0, 100)}`)
  const from = toolbox.calls.length
  // a skill narrows: what it lists, out of what reads; never more
  const allowed = (skill.tools ?? READING_TOOLS).filter((name) => READING_TOOLS.includes(name))
  const agent = createAgent({
    name: skill.name,
    model: skill.model === 'supervisor' ? options.models.supervisor : options.models.worker,
    tools: toolsFor(who, allowed, toolbox, (called) => progress(`${title}: ${called.replaceAll('_', ' ')}`)),
    systemPrompt: subagentPrompt(skill, options.scope, skill.documentation.slice(0, DOCUMENTATION)),
  })
  let said: string
  let calls: string[]
  try {
    // the config carries the checkpoint: after a crash this sub-agent goes on where it was
    const state = (await agent.invoke(
      { messages: [{ role: 'user', content: redact(instruction) }] },
      { ...config, recursionLimit: SUBAGENT_STEPS, signal },
    )) as { messages: BaseMessage[] }
    const last = state.messages.at(-1)
    said = (last && textOf(last).trim()) || 'no report'
    calls = callsIn(state.messages)
  } catch (error) {
    signal.throwIfAborted()
    said = `could not finish: ${redact(messageOf(error)).slice(0, 400)}`
    calls = toolbox.calls
      .slice(from)
      .flatMap(({ agent: by, id, tool, args }) => (by === who ? [`${id} ${tool} ${args}`.slice(0, 160)] : []))
  }
  return `<report agent="${skill.name}">\n${redact(said)
    .replace(/<\/?report/gi, '‹report')
    .slice(0, REPORT)}\n</report>\nCalls it made: ${calls.join('; ') || 'none'}`
}

/** From the conversation and not from the toolbox: calls made before a crash are in it too. */
function callsIn(messages: readonly BaseMessage[]): string[] {
  const made = messages.flatMap((message) => (AIMessage.isInstance(message) ? (message.tool_calls ?? []) : []))
  return messages.flatMap((message) => {
    if (!ToolMessage.isInstance(message)) return []
    const id = /^(?:<tool_result call="(c\d{1,6})" tool=|(c\d{1,6}): )/.exec(textOf(message))
    const args = made.find((call) => call.id === message.tool_call_id)?.args
    return id ? [`${id[1] ?? id[2]} ${message.name} ${redact(JSON.stringify(args) ?? '')}`.slice(0, 160)] : []
  })
}

/** The run ends with this; arguments that do not fit go back to the model. */
function ending({ progress }: TeamOptions): DynamicStructuredTool {
  const {
    $schema: _,
    additionalProperties: __,
    ...schema
  } = z.toJSONSchema(ModelAnswer, { io: 'input' }) as Record<string, unknown>
  return new DynamicStructuredTool({
    name: GIVE_ANSWER,
    description: 'Ends the investigation with the answer.',
    schema,
    returnDirect: true,
    async func(input) {
      progress('Writing the answer')
      return JSON.stringify(ModelAnswer.parse(input))
    },
  })
}

function toolsFor(
  agent: string,
  allowed: readonly string[],
  toolbox: Toolbox,
  onCall?: (name: string) => void,
): DynamicStructuredTool[] {
  // the supervisor has nothing that could be cut
  const described = toolbox.describe(allowed).filter(({ name }) => agent !== SUPERVISOR || name === PROPOSE)
  return described.map(
    ({ name, description, schema }) =>
      new DynamicStructuredTool({
        name,
        description,
        schema,
        returnDirect: name === PROPOSE,
        async func(input) {
          onCall?.(name)
          const text = await toolbox.call(agent, allowed, name, input)
          if (name !== PROPOSE) return text
          // thrown, so that the run does not end with a change that does not compile
          if (!toolbox.proposal) throw new Error(text)
          return JSON.stringify(toolbox.proposal)
        },
      }),
  )
}
