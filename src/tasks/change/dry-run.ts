// The server's dry run of a plan: would it take every request, and what would become of the objects?
import { readOne } from '../../actions/lookup.ts'
import { messageOf } from '../../core/errors.ts'
import type { Plan, Request, Step } from '../../core/plan.ts'
import { refKey } from '../../core/ref.ts'
import type { Cluster } from '../../kube/clusters.ts'
import { diffOfObjects, diffOfRequest } from './diff.ts'

const EFFECT_LINES = 40

export interface Said {
  status: number
  body: unknown
}

export interface Tried {
  ok: boolean
  /** one per step */
  lines: string[]
  /** why it is not ok */
  refusals: string[]
  /** by the step's place, what the server would make of the object where that is more than the request says */
  effects: Record<string, string[]>
  /** an admission webhook does not support dry runs */
  refusesDryRun: boolean
}

/** Tries every request in order; `dryRun` sends one without effect. A step that depends on an earlier one says so. */
export async function tryPlan(
  plan: Plan,
  dryRun: (request: Request) => Promise<Said>,
  reads: Cluster,
  signal: AbortSignal,
): Promise<Tried> {
  const tried: Tried = { ok: true, lines: [], refusals: [], effects: {}, refusesDryRun: false }
  for (const [at, step] of plan.steps.entries()) {
    const before = plan.steps.slice(0, at).findLastIndex((earlier) => leadsTo(earlier, step))
    const said = await dryRun(step.request).catch(
      (error: unknown): Said => ({ status: 0, body: { message: messageOf(error) } }),
    )
    if (said.status >= 200 && said.status < 300) {
      tried.lines.push(`${at + 1}. accepted`)
      const effect = await effectOf(step, said, reads, signal).catch(() => [])
      if (effect.length > 0) tried.effects[String(at)] = shown(effect)
    } else if ((said.status === 404 || said.status === 422) && before >= 0)
      tried.lines.push(`${at + 1}. cannot be tried before step ${before + 1} has run`)
    else if (step.rule === 'evict' && said.status === 429) tried.lines.push(`${at + 1}. would wait: ${reasonOf(said)}`)
    else {
      const refusal = `refused (${said.status || 'no answer'}): ${reasonOf(said)}`
      tried.lines.push(`${at + 1}. ${refusal}`)
      if (/does not support dry run/i.test(reasonOf(said))) tried.refusesDryRun = true
      else {
        tried.ok = false
        tried.refusals.push(`step ${at + 1} is ${refusal}`)
      }
    }
  }
  return tried
}

/** Does the second need what the first does: the same object, or the namespace that it goes to? */
function leadsTo({ object, request }: Step, later: Step): boolean {
  const isHome = object.kind === 'Namespace' && request.method === 'POST' && object.name === later.object.namespace
  return isHome || refKey(object) === refKey(later.object)
}

function shown(effect: string[]): string[] {
  const rest = effect.length - EFFECT_LINES
  return rest > 0 ? [...effect.slice(0, EFFECT_LINES), `… and ${rest} more changes by the server`] : effect
}

/** Empty when the object becomes what the request says, and no more. */
async function effectOf(step: Step, said: Said, reads: Cluster, signal: AbortSignal): Promise<string[]> {
  if (step.request.method !== 'PATCH' && step.request.method !== 'PUT') return []
  // a subresource answers with an object of its own
  if ((said.body as { kind?: unknown } | null)?.kind !== step.object.kind) return []
  const live = await readOne(reads, step.object, signal)
  const effect = live ? diffOfObjects(live, said.body) : []
  const asked = new Set(Array.isArray(step.request.body) ? diffOfRequest(step.request) : [])
  return effect.length === asked.size && effect.every((line) => asked.has(line)) ? [] : effect
}

export function reasonOf(said: Said): string {
  const message = (said.body as { message?: unknown } | null)?.message
  return typeof message === 'string' ? message.slice(0, 300) : `the server answered ${said.status} without a reason`
}
