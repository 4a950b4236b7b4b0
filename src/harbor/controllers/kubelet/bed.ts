// What every step of a container's life works on, and what the steps have in common.
import type { KubeObject } from '../../../objects/object.ts'
import type { World } from '../../world.ts'
import { fullReference } from '../illness/image.ts'
import { recordEvent } from '../recorder.ts'
import type { ContainerRun } from './run.ts'
import { isSidecar } from './status.ts'

type Spec = KubeObject['spec']
type Status = KubeObject['status']

// how long the terminated state shows before a restart or the back-off
export const LINGER = 1000
export const FIRST_BACK_OFF = 10_000
export const LAST_BACK_OFF = 300_000
// how often a waiting container is reported about
export const REPEAT = 12_000

export interface Bed {
  world: World
  pod: KubeObject
  spec: Spec
  init: boolean
  run: ContainerRun
  /** the container's status, changed in place */
  status: Status
  /** the images the node has, by full reference */
  images: Set<string>
}

export function isDue(bed: Bed, at: number | undefined): boolean {
  return at !== undefined && at <= bed.world.clock.now()
}

export function say(bed: Bed, type: 'Normal' | 'Warning', reason: string, message: string): void {
  const { world, pod, spec, init } = bed
  const fieldPath = `spec.${init ? 'initContainers' : 'containers'}{${spec.name}}`
  recordEvent(world, pod, { component: 'kubelet', host: pod.spec.nodeName, fieldPath }, { type, reason, message })
}

export function hasImage({ images, spec }: Bed): boolean {
  const always = (spec.imagePullPolicy ?? 'IfNotPresent') === 'Always'
  return !always && images.has(fullReference(String(spec.image)))
}

export function isRestarted({ pod, spec, init }: Bed, exitCode: number): boolean {
  if (init && isSidecar(spec)) return true
  const policy: string = pod.spec?.restartPolicy ?? 'Always'
  if (policy === 'Never') return false
  return exitCode !== 0 || (policy === 'Always' && !init)
}
