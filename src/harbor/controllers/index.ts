// The control plane of the practice cluster, in the order it starts.
import type { Controller } from '../world.ts'

export const CONTROLLERS: readonly Controller[] = []
