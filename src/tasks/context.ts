// What a question's handler gets: everything a change needs too, and the agent.
import type { Agent } from '../agent/contract.ts'
import type { ChangeContext } from './change/context.ts'

export interface TaskContext extends ChangeContext {
  agent: Agent
}
