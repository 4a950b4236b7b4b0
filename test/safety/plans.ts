// Plans against the labelled world, and what the gate is told when it judges them.
import { compilePlan } from '../../src/actions/compile.ts'
import type { Action } from '../../src/core/action.ts'
import { type Level, type Plan, planDigest } from '../../src/core/plan.ts'
import type { GateState } from '../../src/safety/gate.ts'
import { loadWorld } from './world.ts'

export const world = loadWorld()
export const target = (name: string, namespace = 'shop', kind = 'Deployment') => ({ kind, namespace, name })
export const plan = (action: Action, lookup = world) =>
  compilePlan(action, 'test', lookup, { now: new Date('2026-11-21T00:00:00Z') })

export function state(more: Partial<GateState> = {}): GateState {
  return {
    world,
    autonomy: { level: 'L1', max: 'L4', namespaces: new Map() },
    author: 'person',
    asker: 'slack:U1',
    now: new Date('2026-11-21T00:00:00Z'),
    ...more,
  }
}
export const at = (level: Level): Partial<GateState> => ({ autonomy: { level, max: 'L4', namespaces: new Map() } })

export function redigest(changed: Plan): Plan {
  return { ...changed, digest: planDigest(changed) }
}
