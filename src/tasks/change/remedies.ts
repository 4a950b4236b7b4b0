// Is a plan what code would propose now? A plan that runs by policy because it is a remedy must be one at that moment.
import { planOf } from '../../actions/compile.ts'
import { lookupOf } from '../../actions/lookup.ts'
import { Action } from '../../core/action.ts'
import { canonicalJson } from '../../core/canonical.ts'
import { actionsOfPlan, type Plan } from '../../core/plan.ts'
import { diagnose } from '../../diagnose/index.ts'
import { standingOf, WORKLOADS_TO_ZERO } from '../../incidents/quarantine.ts'
import { incidentSettings } from '../../incidents/settings.ts'
import type { Cluster } from '../../kube/clusters.ts'
import { readChecked } from './checked.ts'

/** Rejects when the cluster cannot be read: then nothing is proved. Never true of cluster-scoped objects. */
export async function isCurrentRemedy(plan: Plan, cluster: Cluster, signal: AbortSignal): Promise<boolean> {
  const { action } = plan
  const namespaces = [...new Set(plan.steps.flatMap(({ object }) => object.namespace ?? []))]
  if (!action || namespaces.length !== 1) return false
  return (await isDue(action, namespaces, cluster, signal)) && (await isMadeOfItsActions(plan, cluster, signal))
}

/**
 * Are the requests what the actions beside them compile to? An action is a claim about a plan, and no part of its digest. What a
 * compiler writes of the time may differ, nothing else.
 */
export async function isMadeOfItsActions(plan: Plan, cluster: Cluster, signal: AbortSignal): Promise<boolean> {
  const actions = actionsOfPlan(plan)
  if (actions.length === 0) return false
  const { plan: again } = await planOf(actions, plan.cluster, lookupOf(cluster, signal))
  return timeless(again) === timeless(plan)
}

const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z/g

function timeless({ steps }: Plan): string {
  return canonicalJson(steps.map(({ request, object, rule }) => ({ request, object, rule }))).replace(TIME, 'then')
}

async function isDue(action: Action, namespaces: string[], cluster: Cluster, signal: AbortSignal): Promise<boolean> {
  if (await isDueQuarantine(action, cluster, signal)) return true
  const snapshot = await readChecked(cluster, namespaces, signal)
  const wanted = canonicalJson(Action.parse(action))
  return diagnose(snapshot).findings.some(
    (finding) => finding.action !== null && canonicalJson(Action.parse(finding.action)) === wanted,
  )
}

/** What the watcher itself does to a workload that restarts and restarts and has nothing ready. */
async function isDueQuarantine(action: Action, cluster: Cluster, signal: AbortSignal): Promise<boolean> {
  const most = incidentSettings().WATCHDOG_QUARANTINE_RESTARTS
  if (action.verb !== 'quarantine' || most === 0 || !WORKLOADS_TO_ZERO.has(action.target.kind)) return false
  const { restarts, ready } = await standingOf(cluster.reader, action.target, signal)
  return ready === 0 && restarts >= most
}
