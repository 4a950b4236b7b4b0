// propose_change: kubectl lines compiled to typed Actions for people to decide on. Nothing is sent; the run ends with the plan's card.
import { z } from 'zod'
import { actionsOf } from '../actions/from-kubectl.ts'
import { lookupOf, readOne } from '../actions/lookup.ts'
import { Action } from '../core/action.ts'
import { NotFoundError, NotPermittedError, UsageError } from '../core/errors.ts'
import { type ObjectRef, refKey, refText } from '../core/ref.ts'
import { parseCommand } from '../kube/kubectl/grammar.ts'
import { kindByName } from '../objects/kinds.ts'
import { judgeCommand } from '../safety/judge.ts'
import { oneNamespace, outside } from './scope.ts'
import { defineTool, type ToolContext, type ToolScope } from './tool.ts'

const MOST_ACTIONS = 50

export const proposeChange = defineTool({
  name: 'propose_change',
  description:
    'Ends the investigation with a change for people to approve: kubectl lines (scale, rollout restart|undo, set image|env|resources, patch, delete pod, cordon …) with -n. Only when the person asked for a change. Runs nothing.',
  effect: 'propose',
  parameters: z.object({
    commands: z.array(z.string().max(2000)).min(1).max(5),
    reason: z.string().max(1000).describe('why this helps, with the evidence'),
  }),
  result: z.object({ actions: z.array(Action), reason: z.string() }),
  async run({ commands, reason }, context) {
    const actions: Action[] = []
    for (const line of commands) actions.push(...(await compile(line, context)))
    for (const action of actions) checkScope(action, context.scope)
    if (actions.length > MOST_ACTIONS) throw new UsageError(`one plan has at most ${MOST_ACTIONS} actions.`)
    await checkExist(actions, context)
    return { actions, reason }
  },
})

async function compile(text: string, { scope, signal }: ToolContext): Promise<Action[]> {
  const line = /^\s*(kubectl|helm)\b/.test(text) ? text.trim() : `kubectl ${text.trim()}`
  const { verdict, tier, reasons } = judgeCommand(line, { level: 'L1' })
  if (verdict === 'deny')
    throw new NotPermittedError(`not permitted: ${line.slice(0, 120)}: ${reasons[0]}.`, 'propose this')
  if (tier === 0) throw new UsageError(`"${line.slice(0, 120)}" changes nothing: use it with run_kubectl.`)
  const parsed = parseCommand(line)
  if (!parsed.ok) throw new UsageError(`${parsed.reason}.`)
  // without -n a line means the question's namespace, not `default`
  const namespace =
    parsed.namespace ?? (scope.namespaces || scope.namespace ? oneNamespace(scope, undefined) : undefined)
  return actionsOf({ ...parsed, ...(namespace ? { namespace } : {}) }, lookupOf(scope.cluster, signal))
}

/** Made-up names are told to the model while it can still correct itself; what an earlier action makes may be named by a later one. */
async function checkExist(actions: readonly Action[], { scope, signal }: ToolContext): Promise<void> {
  if (actions.some(({ verb }) => verb === 'apply' || verb === 'create')) return
  for (const ref of actions.flatMap(refsOf))
    if (!(await readOne(scope.cluster, ref, signal))) throw new NotFoundError(`there is no ${refText(ref)}.`)
}

/** Names outside of the question are refused here already; the gate and the people judge what is left. */
function checkScope(action: Action, scope: ToolScope): void {
  if (!scope.namespaces) return
  for (const ref of refsOf(action)) {
    if (ref.namespace) {
      if (!scope.namespaces.has(ref.namespace)) throw outside(scope, refText(ref))
    } else if (!scope.named.some((known) => refKey(known) === refKey(ref))) {
      throw outside(scope, refText(ref))
    }
  }
}

function refsOf(action: Action): ObjectRef[] {
  if ('target' in action) return [action.target]
  if ('node' in action) return [{ kind: 'Node', name: action.node }]
  if (action.verb === 'create-job') return [action.from]
  if (action.verb === 'delete-namespace') return [{ kind: 'Namespace', name: action.name }]
  const { kind, metadata } = action.manifest as { kind?: string; metadata?: { name?: string; namespace?: string } }
  const namespaced = kindByName(String(kind ?? ''))?.namespaced ?? true
  const namespace = namespaced ? (metadata?.namespace ?? 'default') : undefined
  return [{ kind: String(kind ?? '?'), name: String(metadata?.name ?? '?'), ...(namespace ? { namespace } : {}) }]
}
