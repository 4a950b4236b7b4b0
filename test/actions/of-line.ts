// The actions of one kubectl line against the labelled world.
import { actionsOf } from '../../src/actions/from-kubectl.ts'
import type { Action } from '../../src/core/action.ts'
import { parseCommand } from '../../src/kube/kubectl/grammar.ts'
import { loadWorld } from '../safety/world.ts'

export const world = loadWorld()

export async function actions(line: string): Promise<Action[]> {
  const command = parseCommand(line)
  if (!command.ok) throw new Error(command.reason)
  return actionsOf(command, world)
}
