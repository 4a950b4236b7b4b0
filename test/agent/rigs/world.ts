// A practice cluster, a scripted model behind a real provider's client, and the agent between them.
import { join } from 'node:path'
import type { ChatCompletionRequest } from '@copilotkit/aimock'
import type { Agent, AgentContext } from '../../../src/agent/contract.ts'
import { createModelAgent } from '../../../src/agent/model/index.ts'
import { AgentSettings } from '../../../src/agent/settings.ts'
import { Answer } from '../../../src/core/answer.ts'
import { startHarbor } from '../../../src/harbor/index.ts'
import { type Clusters, clusterAt, clustersOf } from '../../../src/kube/clusters.ts'
import { openModels } from '../../../src/llm/index.ts'
import { loadFiles } from '../../../src/objects/files.ts'
import { newestTime } from '../../../src/objects/snapshot.ts'
import { createSkills } from '../../../src/skills/index.ts'
import { READING_TOOLS } from '../../../src/tools/index.ts'
import { ToolSettings } from '../../../src/tools/settings.ts'
import {
  type FakeModel,
  type Reply,
  type Script,
  settingsFor,
  startModel,
  type Wire,
  wholeText,
} from '../../fakes/model/model.ts'

const SHOP = join(import.meta.dirname, '../../../src/cli/practice/shop.yaml')

export interface World {
  clusters: Clusters
  now: Date
  model: FakeModel
  agent: Agent
  progress: string[]
  calls: { tool: string; agent: string; args: string; ok: boolean }[]
  ask(question: string, more?: Partial<AgentContext>): Promise<Answer>
  close(): Promise<void>
}

export interface WorldOptions {
  wire?: Wire
  llm?: Record<string, unknown>
  agent?: Record<string, unknown>
  dirs?: string[]
  files?: string[]
  tools?: Record<string, unknown>
  prometheus?: string
}

export async function openWorld(script: Script, options: WorldOptions = {}): Promise<World> {
  const load = await loadFiles(options.files ?? [SHOP])
  const now = newestTime(load.objects) ?? new Date()
  const harbor = await startHarbor({ load, controllers: false, now })
  const clusters = clustersOf([clusterAt('prod-eu', harbor.url)])
  const model = await startModel(script)
  const agent = agentAt(model.url, options)
  const progress: string[] = []
  const calls: World['calls'] = []
  return {
    clusters,
    now,
    model,
    agent,
    progress,
    calls,
    async ask(question, more = {}) {
      const answer = await agent(question, {
        clusters,
        subject: {},
        now: () => now,
        signal: AbortSignal.timeout(20_000),
        progress: (line) => progress.push(line),
        onCall: (call) => calls.push(call),
        ...more,
      })
      return Answer.parse(answer)
    },
    async close() {
      await model.stop()
      await harbor.close()
    },
  }
}

/** The agent as `serve` builds it, led to a model at this address. */
export function agentAt(url: string, options: WorldOptions = {}): Agent {
  return createModelAgent({
    models: openModels(settingsFor(options.wire ?? 'openai', url, options.llm)),
    skills: createSkills({ dirs: options.dirs ?? [], tools: READING_TOOLS }),
    settings: AgentSettings.parse(options.agent ?? {}),
    tools: ToolSettings.parse(options.tools ?? {}),
    prometheus: options.prometheus,
  })
}

/** A call of one of the agents' tools, as scripts write it. */
export function answerCall(args: Record<string, unknown>) {
  return { calls: [{ name: 'give_answer', args: { answer: 'Done.', claims: [], confidence: 'high', ...args } }] }
}

export function isSupervisor(request: ChatCompletionRequest): boolean {
  return wholeText(request).includes('give_answer')
}

/** The last thing that was said to the model is what a tool gave back. */
export function hasResult(request: ChatCompletionRequest): boolean {
  return request.messages.at(-1)?.role === 'tool'
}

/** A supervisor that asks one sub-agent once and then answers; `agent` speaks for the sub-agent. */
export function delegating(skill: string, agent: (request: ChatCompletionRequest) => Reply): Script {
  return (request) => {
    if (!isSupervisor(request)) return agent(request)
    if (hasResult(request)) return answerCall({})
    return { calls: [{ name: `delegate_to_${skill}`, args: { instruction: 'look' } }] }
  }
}
