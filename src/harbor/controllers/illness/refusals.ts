// Refusals that a loaded snapshot shows (admission webhooks, pod security, …) and that nothing in the world would repeat by itself.
import type { KubeObject } from '../../../objects/object.ts'
import { StatusError } from '../../status.ts'
import type { World } from '../../world.ts'

export function refusalRemembered(_world: World, _owner: KubeObject): StatusError | undefined {
  return undefined
}
