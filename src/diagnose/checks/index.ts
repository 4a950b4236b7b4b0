// Every check, alphabetically: one import and one line each.
import type { Check } from '../check.ts'
import { loadBalancerPending } from './load-balancer-pending.ts'
import { schedulingCordon } from './scheduling-cordon.ts'
import { schedulingGates } from './scheduling-gates.ts'
import { schedulingLimits } from './scheduling-limits.ts'
import { schedulingNeighbours } from './scheduling-neighbours.ts'
import { schedulingNodeLabels } from './scheduling-node-labels.ts'
import { schedulingResources } from './scheduling-resources.ts'
import { schedulingSpread } from './scheduling-spread.ts'
import { schedulingTaints } from './scheduling-taints.ts'
import { schedulingVolumes } from './scheduling-volumes.ts'
import { serviceEndpoints } from './service-endpoints.ts'
import { serviceExternalName } from './service-external-name.ts'
import { serviceLoopback } from './service-loopback.ts'
import { serviceSelector } from './service-selector.ts'
import { serviceTargetPort } from './service-target-port.ts'

export const CHECKS: readonly Check[] = [
  loadBalancerPending,
  schedulingCordon,
  schedulingGates,
  schedulingLimits,
  schedulingNeighbours,
  schedulingNodeLabels,
  schedulingResources,
  schedulingSpread,
  schedulingTaints,
  schedulingVolumes,
  serviceEndpoints,
  serviceExternalName,
  serviceLoopback,
  serviceSelector,
  serviceTargetPort,
]
