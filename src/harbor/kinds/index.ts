// The kinds with rules of their own. A newcomer's kind: a file here, a line below, and its row in objects/kinds.ts.
import { autoscalerV1, horizontalPodAutoscaler } from './autoscaler.ts'
import { persistentVolumeClaim } from './claim.ts'
import { configMap } from './configmap.ts'
import { cronJob } from './cronjob.ts'
import { daemonSet } from './daemonset.ts'
import { customResourceDefinition } from './definition.ts'
import { deployment } from './deployment.ts'
import { podDisruptionBudget } from './disruptionbudget.ts'
import { endpointSlice, endpoints } from './endpoints.ts'
import { event, eventsV1 } from './event.ts'
import { ingress } from './ingress.ts'
import { job } from './job.ts'
import type { Conversion, KindRules } from './kind.ts'
import { lease } from './lease.ts'
import { limitRange } from './limitrange.ts'
import { namespace } from './namespace.ts'
import { networkPolicy } from './networkpolicy.ts'
import { node } from './node.ts'
import { otherKinds } from './others.ts'
import { pod } from './pod.ts'
import { priorityClass } from './priorityclass.ts'
import { resourceQuota } from './quota.ts'
import { rbacKinds } from './rbac.ts'
import { replicaSet } from './replicaset.ts'
import { secret } from './secret.ts'
import { service } from './service.ts'
import { serviceAccount } from './serviceaccount.ts'
import { statefulSet } from './statefulset.ts'
import { persistentVolume, storageClass } from './volume.ts'

export const KIND_RULES: readonly KindRules[] = [
  pod,
  service,
  node,
  namespace,
  event,
  configMap,
  secret,
  serviceAccount,
  endpoints,
  persistentVolumeClaim,
  persistentVolume,
  resourceQuota,
  limitRange,
  deployment,
  replicaSet,
  statefulSet,
  daemonSet,
  job,
  cronJob,
  horizontalPodAutoscaler,
  podDisruptionBudget,
  ingress,
  networkPolicy,
  endpointSlice,
  storageClass,
  lease,
  priorityClass,
  customResourceDefinition,
  ...rbacKinds,
  ...otherKinds,
]

/** Further versions of kinds that are stored in another one. */
export const CONVERSIONS: readonly (Conversion & { kind: string; stored: string })[] = [eventsV1, autoscalerV1]
