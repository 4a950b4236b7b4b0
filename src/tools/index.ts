// The tools of the agents: all read, but the one that proposes; none of them can send anything that changes.
import { getHpa, getPdbs } from './autoscalers.ts'
import { describeResource } from './describe.ts'
import { diagnoseTool } from './diagnose.ts'
import { getEvents } from './events.ts'
import { getCronjobs, getJobs } from './jobs.ts'
import { runKubectl } from './kubectl.ts'
import { getPodLogs } from './logs.ts'
import { listNamespaces } from './namespaces.ts'
import { getNodeConditions, getNodes } from './nodes.ts'
import { getContainerStatuses, getPods } from './pods.ts'
import { queryPrometheus } from './prometheus.ts'
import { proposeChange } from './propose.ts'
import { readResource } from './read-resource.ts'
import { getServices } from './services.ts'
import { getPvcs, getResourceQuotas } from './storage.ts'
import type { Tool } from './tool.ts'
import { getDaemonsets, getDeployments, getStatefulsets } from './workloads.ts'

export const TOOLS: readonly Tool[] = [
  listNamespaces,
  getPods,
  getDeployments,
  getServices,
  getPodLogs,
  getEvents,
  describeResource,
  getNodes,
  getHpa,
  getResourceQuotas,
  getPvcs,
  getJobs,
  getCronjobs,
  getDaemonsets,
  getStatefulsets,
  getPdbs,
  getNodeConditions,
  getContainerStatuses,
  runKubectl,
  diagnoseTool,
  readResource,
  queryPrometheus,
  proposeChange,
]

/** The tools that only look, by name: what skills may list. */
export const READING_TOOLS: readonly string[] = TOOLS.filter(({ effect }) => effect === 'read').map(({ name }) => name)
