// The control plane of the practice cluster, in the order it starts.
import type { Controller } from '../world.ts'
import { cronJobController } from './cronjob.ts'
import { daemonSetController } from './daemonset.ts'
import { deploymentController } from './deployment/deployment.ts'
import { disruptionController } from './disruption.ts'
import { endpointsController } from './endpoints.ts'
import { garbageCollector } from './garbage.ts'
import { autoscaler } from './hpa/hpa.ts'
import { inferHealth } from './illness/infer.ts'
import { jobController } from './job/job.ts'
import { kubelet } from './kubelet/kubelet.ts'
import { nodeHeartbeats } from './kubelet/node.ts'
import { namespaceController } from './namespace.ts'
import { quotaController } from './quota.ts'
import { replicaSetController } from './replicaset.ts'
import { scheduler } from './scheduler/scheduler.ts'
import { tokenController } from './serviceaccount-tokens.ts'
import { statefulSetController } from './statefulset.ts'
import { taintController } from './taints.ts'
import { volumeController } from './volumes/volumes.ts'

/** Looks at what was loaded before anything moves: all others start from its findings. */
const illness: Controller = {
  name: 'illness',
  start(world) {
    inferHealth(world)
    return () => undefined
  },
}

export const CONTROLLERS: readonly Controller[] = [
  illness,
  namespaceController,
  tokenController,
  deploymentController,
  replicaSetController,
  jobController,
  endpointsController,
  disruptionController,
  garbageCollector,
  quotaController,
  statefulSetController,
  daemonSetController,
  cronJobController,
  autoscaler,
  volumeController,
  taintController,
  scheduler,
  kubelet,
  nodeHeartbeats,
]
