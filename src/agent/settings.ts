// What one question may cost, and whether answers are reviewed: limits in code, not in prompts.
import { z } from 'zod'
import { parseSettings, whole } from '../config.ts'

export const AgentSettings = z.object({
  /** tool calls of one question */
  AGENT_TOOL_CALLS: whole(40, 1, 500),
  /** tool calls of one thread within five minutes */
  AGENT_TOOL_CALLS_PER_5_MIN: whole(50, 1, 5000),
  /** model calls of one question, retries and sub-agents included */
  AGENT_MODEL_CALLS: whole(30, 1, 500),
  /** input and output tokens of one question */
  AGENT_TOKENS: whole(300_000, 1000, 10_000_000),
  AGENT_SECONDS: whole(180, 1, 3600),
  /** characters of one tool result that a model sees at once */
  AGENT_RESULT_CHARACTERS: whole(6000, 500, 100_000),
  /** on: every answer is scored, and thought over once more below 6 of 10 */
  AGENT_REFLECT: z.enum(['on', 'off']).default('off'),
})
export type AgentSettings = z.infer<typeof AgentSettings>

export function readAgentSettings(env: Record<string, string | undefined>): AgentSettings {
  return parseSettings(AgentSettings, env)
}
