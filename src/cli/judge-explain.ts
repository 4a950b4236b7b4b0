// One command explained: the verdict of `safety/` beside the requests that `actions/` would make of it.
import type { Lookup } from '../actions/action.ts'
import { stepsOf } from '../actions/compile.ts'
import { actionsOf, compiles } from '../actions/from-kubectl.ts'
import { messageOf } from '../core/errors.ts'
import type { Level, Request, Risk, Tier, Verdict } from '../core/plan.ts'
import { refText } from '../core/ref.ts'
import type { Command } from '../kube/kubectl/grammar-command.ts'
import { operandsOf } from '../kube/kubectl/grammar-operands.ts'
import { kindByName, kindOf, pathOf } from '../objects/kinds.ts'
import type { Snapshot } from '../objects/snapshot.ts'
import { verdictAt } from '../safety/autonomy.ts'
import { judgeCommand } from '../safety/judge.ts'
import { type Protection, protectedNamespaces } from '../safety/protect.ts'
import { effectsOfRequest } from '../safety/requests.ts'
import { riskOf, tierOf, worst } from '../safety/tier.ts'

export interface Explained {
  verdict: Verdict
  /** does the command compile to requests at all? */
  executable: boolean
  /** null for a hard denial */
  tier: Tier | null
  risk: Risk
  reasons: string[]
  requests: { method: string; path: string }[]
}

export interface ExplainOptions {
  level: Level
  protection: Protection
  snapshot?: Snapshot
}

export async function explain(line: string, options: ExplainOptions): Promise<Explained> {
  const { command, ...judged } = judgeCommand(line, options)
  const not = { ...judged, executable: false, requests: [] }
  if (judged.tier === null || !command) return not
  const isDryRun = command.dryRun !== 'none'
  if (judged.tier === 0 && !isDryRun) {
    const requests = command.program === 'kubectl' ? readsOf(command) : []
    return { ...judged, executable: command.program === 'kubectl', requests }
  }
  try {
    const requests = await requestsOf(command, options.snapshot)
    if (isDryRun) return { ...judged, executable: true, requests: requests.map(asDryRun) }
    return { ...harder(judged, requests, options), executable: true, requests: requests.map(bare) }
  } catch (error) {
    return { ...not, reasons: [...judged.reasons, messageOf(error)] }
  }
}

async function requestsOf(command: Command, snapshot: Snapshot | undefined): Promise<Request[]> {
  if (!snapshot) return outline(command)
  const lookup = knownPartOf(snapshot)
  const actions = await actionsOf(command, lookup)
  return (await stepsOf(actions, lookup)).map((step) => step.request)
}

/** What could not be read may be there all the same: that is said, instead of that it is not there. */
function knownPartOf(snapshot: Snapshot): Lookup {
  return {
    find(ref) {
      const found = snapshot.find(ref)
      if (!found && !snapshot.wasRead(ref.kind))
        throw new Error(`${refText(ref)} may not be read, so that nothing can be said of its requests`)
      return found
    },
    list: (kind, namespace) => snapshot.list(kind, namespace),
  }
}

type Judged = Pick<Explained, 'verdict' | 'tier' | 'risk' | 'reasons'>

/** The requests are judged too: what they do counts, should it be more than what the line says (a rollback to a privileged template). */
function harder(judged: Judged, requests: readonly Request[], { level, protection, snapshot }: ExplainOptions): Judged {
  if (!snapshot || requests.length === 0) return judged
  const names = protectedNamespaces(protection)
  const effects = requests.flatMap((request) => effectsOfRequest(request, snapshot))
  const found = worst(effects.map((effect) => tierOf(effect, names, snapshot)))
  if (found.denied) return { verdict: 'deny', tier: null, risk: 'CRITICAL', reasons: [found.reason] }
  if (judged.tier === null || found.tier <= judged.tier) return judged
  return {
    verdict: verdictAt(level, found.tier),
    tier: found.tier,
    risk: riskOf(found.tier),
    reasons: [found.reason, ...judged.reasons],
  }
}

// without state there is no uid to bind to: method and path are all that can be said
function outline(command: Command): Request[] {
  if (!compiles(command)) throw new Error(`${command.program} ${command.verb} compiles to no exact request`)
  const { verb } = command
  const method =
    verb === 'delete' ? 'DELETE' : ['create', 'run', 'expose', 'autoscale'].includes(verb) ? 'POST' : 'PATCH'
  const namespace = command.namespace ?? 'default'
  if (method === 'POST') return []
  return operandsOf(command).resources.flatMap(({ type, name }): Request[] => {
    const kind = kindByName(type)
    return kind && name !== undefined ? [{ method, path: pathOf(kind, namespace, name) }] : []
  })
}

/** What a read would ask for: the paths of the objects it names. */
function readsOf(command: Command): { method: string; path: string }[] {
  const raw = command.flags.get('raw')?.at(-1)
  if (raw !== undefined) return [{ method: 'GET', path: raw }]
  const namespace = command.allNamespaces ? undefined : (command.namespace ?? 'default')
  if (command.verb === 'events') {
    const events = kindOf('Event', 'v1')
    return events ? [{ method: 'GET', path: pathOf(events, namespace) }] : []
  }
  return operandsOf(command).resources.flatMap(({ type, name }) => {
    const kind = kindByName(type)
    if (!kind) return []
    const subresource = command.verb === 'logs' && kind.kind === 'Pod' && name !== undefined ? 'log' : undefined
    return [
      {
        method: 'GET',
        path: pathOf(kind, name === undefined ? namespace : (namespace ?? 'default'), name, subresource),
      },
    ]
  })
}

function bare({ method, path }: Request): { method: string; path: string } {
  return { method, path }
}

function asDryRun({ method, path }: Request): { method: string; path: string } {
  return { method, path: `${path}${path.includes('?') ? '&' : '?'}dryRun=All` }
}
