// The control plane of the practice cluster, in the order it starts.
import type { Controller } from '../world.ts'
import { deploymentController } from './deployment/deployment.ts'
import { inferHealth } from './illness/infer.ts'
import { kubelet } from './kubelet/kubelet.ts'
import { replicaSetController } from './replicaset.ts'
import { scheduler } from './scheduler/scheduler.ts'

/** Looks at what was loaded before anything moves: all others start from its findings. */
const illness: Controller = {
  name: 'illness',
  start(world) {
    inferHealth(world)
    return () => undefined
  },
}

export const CONTROLLERS: readonly Controller[] = [illness, deploymentController, replicaSetController, scheduler, kubelet]
